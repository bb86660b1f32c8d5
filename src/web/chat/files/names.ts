/** These signs turn the direction of a text: with one of them, `gpj.exe` could look like `exe.jpg`. */
const TURNS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
/** Signs at the end of a name that stay when there is no room for all: the ending, and a bit before it. */
const END = 9;

/** A file's name as it is read. */
export const shownName = (name: string) => name.replace(TURNS, "");

/** The part of a name that may be cut, and the rest. */
export function partsOfName(name: string): [start: string, end: string] {
  const shown = [...shownName(name)];
  const at = shown.length > 2 * END ? shown.length - END : shown.length;
  return [shown.slice(0, at).join(""), shown.slice(at).join("")];
}

/** `PDF`: what people call the kind of a file. */
export const endingOf = (name: string) => /\.([\p{L}\p{N}]{1,5})$/u.exec(shownName(name))?.[1]?.toUpperCase();
