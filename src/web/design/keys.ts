const APPLE = /mac|iphone|ipad/i.test(navigator.platform);

const APPLE_NAMES: Record<string, string> = { Mod: "⌘", Alt: "⌥", Shift: "⇧", Enter: "⏎" };
const NAMES: Record<string, string> = { Mod: "Ctrl" };
const ARROWS: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };

/** Keys as they stand on this machine's keyboard: `Mod+K` is `⌘K` or `Ctrl+K`. */
export function keysText(keys: string): string {
  const names = APPLE ? APPLE_NAMES : NAMES;
  return keys
    .split("+")
    .map((key) => names[key] ?? ARROWS[key] ?? (key.length === 1 ? key.toUpperCase() : key))
    .join(APPLE ? "" : "+");
}

/** These keys of a Latin keyboard have a letter on another one. */
const SIGNS: Record<string, string> = { Comma: ",", Slash: "/" };

/** What the key is on a Latin keyboard, where the one in use writes another script: Ctrl+K is the same key to a Russian. */
export function latinKey({ key, code }: KeyboardEvent): string {
  const isForeign = key.length === 1 && /\p{L}/u.test(key) && !/\p{Script=Latin}/u.test(key);
  return isForeign ? (/^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? SIGNS[code] ?? key) : key;
}

/** Characters are being composed: keys belong to the input method, the Enter that ends it in Safari too. */
export const isComposing = (event: KeyboardEvent) => event.isComposing || event.keyCode === 229;

/** Whether an event is these keys: `Mod+K`, `Alt+ArrowUp`, `?`. `Mod` is ⌘ on Apple's machines, else Ctrl. */
export function matchesKeys(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split("+");
  const key = parts.pop() ?? "";
  const mod = parts.includes("Mod");
  const [wanted, other] = APPLE ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey];
  if (wanted !== mod || other || event.altKey !== parts.includes("Alt")) return false;
  // A sign that needs Shift on one keyboard needs none on another.
  const isSign = key.length === 1 && !/\p{L}/u.test(key);
  if (!isSign && event.shiftKey !== parts.includes("Shift")) return false;
  return latinKey(event).toLowerCase() === key.toLowerCase();
}
