/**
 * Where words begin and end. A mark opens before a word and closes after one, so that `5*3*2` and `snake_case` keep
 * their signs.
 */
type Side = "space" | "word" | "loose" | "open" | "close" | "sign" | "other";

/**
 * Scripts without a space between words. Korean has spaces, but its particles follow a word without one. Marks may stand
 * beside any letter of these, and beside emoji of more than one character.
 */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Hangul}\p{scx=Yi}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}]|[\u20e3\ufe00-\ufe0f]/u;
const WORD = /[\p{L}\p{N}\p{M}]/u;
const OPENING = /[\p{Ps}\p{Pi}]/u;
const CLOSING = /[\p{Pe}\p{Pf}]/u;
/** Signs of formulas and paths. A mark never touches one from outside: `/_a_/`, `x^*a*`. */
const SIGN = /[\p{Sm}\p{Sk}\p{Sc}/\\]/u;

/** These stand between a mark and the text that it marks, as in `**_a_**` and `\*\*a`. */
const BETWEEN = "*_~|\\";
/** More signs in between are not passed. */
const BETWEEN_MAX = 8;

const isSpace = (character: string) => character === "" || /\s/.test(character);

function sideOf(character: string): Side {
  if (isSpace(character)) return "space";
  if (WORD.test(character)) return UNSPACED.test(character) ? "loose" : "word";
  if (OPENING.test(character)) return "open";
  if (CLOSING.test(character)) return "close";
  if (SIGN.test(character)) return "sign";
  return /\p{P}/u.test(character) ? "other" : "loose";
}

/** Whether a character belongs to a word that has spaces around it. */
export const isWord = (character: string) => sideOf(character) === "word";

/** Whether letters before this place belong to the same word. */
export const isInWord = (text: string, at: number) => sideOf(before(text, at)) === "word";

/** The character before a place, whole also if it has two code units. */
export function before(text: string, at: number): string {
  const last = text.charAt(at - 1);
  return at > 1 && /[\udc00-\udfff]/.test(last) ? text.slice(at - 2, at) : last;
}

/** The character at a place. */
const after = (text: string, at: number) => {
  const point = text.codePointAt(at);
  return point === undefined ? "" : String.fromCodePoint(point);
};

/** Whether a mark from `start` to `end` can open, and whether it can close. */
export function sidesOf(text: string, start: number, end: number, isEscaped: boolean) {
  const first = isEscaped ? start - 1 : start;
  const left = sideOf(before(text, leftOf(text, first)));
  const right = sideOf(after(text, rightOf(text, end)));
  return {
    opens: !isSpace(after(text, end)) && right !== "space" && right !== "close" && opensAfter(left, right, isEscaped),
    closes:
      !isSpace(before(text, first)) && left !== "space" && left !== "open" && right !== "word" && right !== "sign",
  };
}

/** Passes other marks. A backslash is passed only before one of them: elsewhere it is part of a path. */
function leftOf(text: string, start: number): number {
  let at = start;
  for (let n = 0; n < BETWEEN_MAX && at > 0; n++) {
    const character = text.charAt(at - 1);
    if (character === "\\" ? at === start : !BETWEEN.includes(character)) break;
    at--;
  }
  return at;
}

function rightOf(text: string, end: number): number {
  let at = end;
  while (at < Math.min(end + BETWEEN_MAX, text.length) && BETWEEN.includes(text.charAt(at))) at++;
  return at;
}

function opensAfter(left: Side, right: Side, isEscaped: boolean): boolean {
  if (left === "space" || left === "open") return true;
  // A backslash in the middle is no escape but part of a path or a formula.
  if (isEscaped || left === "word" || left === "sign") return false;
  return left === "loose" || right === "word" || right === "loose" || right === "open";
}
