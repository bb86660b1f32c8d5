/** The order matters, because most browsers claim to be others too. */
const BROWSERS: readonly [RegExp, string][] = [
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/(Firefox|FxiOS)\//, "Firefox"],
  [/(HeadlessChrome|Chrome|CriOS|Chromium)\//, "Chrome"],
  [/Safari\//, "Safari"],
  [/^curl\//, "curl"],
  [/^Bun\//, "Bun"],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/CrOS/, "ChromeOS"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/Linux/, "Linux"],
];

/** Returns `Firefox · Linux` from a `User-Agent`, or `undefined` for an unknown one. */
export function browserOf(userAgent: string): string | undefined {
  const name = ([, name]: readonly [RegExp, string]) => name;
  const found = [BROWSERS, SYSTEMS].flatMap((table) => table.filter(([sign]) => sign.test(userAgent)).slice(0, 1));
  return found.length === 0 ? undefined : found.map(name).join(" · ");
}

export const isPhone = (userAgent: string) => /Mobi|iPhone|Android/.test(userAgent);
