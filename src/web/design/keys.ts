const APPLE = /mac|iphone|ipad/i.test(navigator.platform);

const APPLE_NAMES: Record<string, string> = { Mod: "⌘", Alt: "⌥", Shift: "⇧", Enter: "⏎" };
const NAMES: Record<string, string> = { Mod: "Ctrl" };
const ARROWS: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };

/** `Mod+K` in its parts. A plus sign at the end is a key itself. */
const partsOf = (keys: string) => keys.split(/\+(?=.)/);

/** Writes keys as on this machine's keyboard: `Mod+K` is `⌘K` or `Ctrl+K`. */
export function keysText(keys: string): string {
  const names = APPLE ? APPLE_NAMES : NAMES;
  return partsOf(keys)
    .map((key) => names[key] ?? ARROWS[key] ?? (key.length === 1 ? key.toUpperCase() : key))
    .join(APPLE ? "" : "+");
}

/** On other keyboards, these keys of a Latin one may have letters. */
const SIGNS: Record<string, string> = { Comma: ",", Slash: "/" };

/**
 * The key in the same place of a Latin keyboard, if the current one writes another script. So Ctrl+K works on a Russian
 * keyboard.
 */
function latinKey({ key, code }: KeyboardEvent): string {
  const isForeign = key.length === 1 && /\p{L}/u.test(key) && !/\p{Script=Latin}/u.test(key);
  return isForeign ? (/^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? SIGNS[code] ?? key) : key;
}

/**
 * Whether an input method is composing characters. Its keys belong to it, and in Safari so does the Enter that ends it.
 */
export const isComposing = (event: KeyboardEvent) => event.isComposing || event.keyCode === 229;

/** Whether an event matches keys: `Mod+K`, `Alt+ArrowUp`, `?`. `Mod` is ⌘ on Apple's machines, and otherwise Ctrl. */
export function matchesKeys(event: KeyboardEvent, keys: string): boolean {
  const parts = partsOf(keys);
  const key = parts.pop() ?? "";
  const mod = parts.includes("Mod");
  const [wanted, other] = APPLE ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey];
  if (wanted !== mod || other || event.altKey !== parts.includes("Alt")) return false;
  // Shift makes signs of digits, and on some keyboards digits of signs.
  if (/^\d$/.test(key)) return event.code === `Digit${key}` && event.shiftKey === parts.includes("Shift");
  // A sign may need Shift on one keyboard and not on another.
  const isSign = key.length === 1 && !/\p{L}/u.test(key);
  if (!isSign && event.shiftKey !== parts.includes("Shift")) return false;
  return latinKey(event).toLowerCase() === key.toLowerCase();
}
