/*
 * The colour of a server, as the pages use it. Both conversions are those of CSS Color 4, between sRGB and OKLCH, whose
 * lightness is the one that people see.
 */

/** The parts of a colour that the tokens take. Its lightness is theirs, so that all text is easy to read. */
export interface Tint {
  /** In degrees. */
  hue: number;
  /** A factor for the chroma of the tokens: 0 for grey, 1 for a colour like the default, `VIVID` at most. */
  chroma: number;
}

/** A colour below this chroma is nearly grey, and its hue means little. */
const FULL_CHROMA = 0.05;
/** The chroma of a colour that is as vivid as the default. */
const USUAL_CHROMA = 0.1;
/** The highest factor. With more, the lightness of some hues is not theirs any more. */
export const VIVID = 1.6;

/** The teal of a server without a colour. tokens.css has the same. */
const DEFAULT: Tint = { hue: 188, chroma: 1 };

/** `#0f766e`, in any letter case. */
export const HEX = /^#[\da-f]{6}$/i;

/** @param hex as HEX has it; null for the default */
export function tintOf(hex: string | null): Tint {
  if (hex === null) return DEFAULT;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    linear(Number.parseInt(hex.slice(at, at + 2), 16) / 255),
  );
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const b = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  const hue = Math.round((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
  const chroma = Math.hypot(a, b);
  const factor = chroma < FULL_CHROMA ? chroma / FULL_CHROMA : Math.min(VIVID, Math.max(1, chroma / USUAL_CHROMA));
  return { hue, chroma: Math.round(factor * 100) / 100 };
}

/**
 * The style that gives a page the hue of a colour, over the default of the tokens; nothing for no colour.
 * @param hex as HEX has it
 */
export function tintStyle(hex: string | null): string {
  if (hex === null) return "";
  const { hue, chroma } = tintOf(hex);
  return `html:root{--server-hue:${hue};--server-chroma:${chroma}}`;
}

/** The colours of the browser's own bars around a page: those of its ground, or a soft tint of the server's colour. */
export function barColors(hex: string | null): { light: string; dark: string } {
  if (hex === null) return { light: hexOf(0.965, 0.006, 95), dark: hexOf(0.16, 0.008, 265) };
  const { hue, chroma } = tintOf(hex);
  return { light: hexOf(0.93, 0.035 * chroma, hue), dark: hexOf(0.24, 0.035 * chroma, hue) };
}

/** Gives the icon the server's colour, in the shades that it has by itself. */
export function tintedIcon(svg: string, hex: string): string {
  const { hue, chroma } = tintOf(hex);
  return svg
    .replace('fill="#006d66"', `fill="${hexOf(0.47, 0.095 * chroma, hue)}"`)
    .replace('fill="#7cc5bd"', `fill="${hexOf(0.78, 0.085 * chroma, hue)}"`);
}

/** The colour `oklch(lightness chroma hue)` as hex. A part that no screen shows is cut, as browsers do. */
export function hexOf(lightness: number, chroma: number, hue: number): string {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const parts = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return `#${parts
    .map((part) =>
      Math.round(shown(part) * 255)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);

function shown(part: number): number {
  const encoded = part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055;
  return Math.min(1, Math.max(0, encoded));
}
