import { fold } from "./fold.ts";

/** The longest lexeme in code units: at most 255 bytes of UTF-8. Longer words are found by their beginning. */
export const LEXEME_MAX = 64;
/** A word with more changes between letters and digits is a key, such as `3f2a9c1d`. It is not split. */
const SPLITS_MAX = 3;
/** A word with more parts than this is no name such as `getUserName`, but Base64 or the like. A longer word is none either. */
const PARTS_MAX = 8;
const SPLIT_WORD_MAX = 200;

/** A part of a text by which searches find it. */
export interface Token {
  /** The part as the index has it: in lower case, and without marks. */
  lexeme: string;
  /** `part`: a word, or a part of one. `whole`: a word that was split. `gram`: two letters. `last`: the last letter. */
  kind: "part" | "whole" | "gram" | "last";
  /** The place of the part among those of the text, and the place after it. */
  at: number;
  next: number;
  /** Its range in the text, in UTF-16 units. */
  start: number;
  end: number;
}

/** Invisible characters do not end a word, and are left out of it. */
const INVISIBLE =
  "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff\\u{e0000}-\\u{e0fff}";
/** Scripts without spaces between words, and Hangul, whose words have endings. */
const GRAM_SCRIPTS = ["Han", "Hira", "Kana", "Hang", "Thai", "Laoo", "Khmr", "Mymr"]
  .map((script) => `\\p{scx=${script}}`)
  .join("");
const JOINED = `[\\p{M}\\uff9e\\uff9f${INVISIBLE}]*`;
const GRAM_LETTER = `(?=[\\p{L}\\p{N}])[${GRAM_SCRIPTS}]${JOINED}`;

const ASCII = /^[\0-\x7f]*$/;
const NO_ASCII_LETTERS = /[^a-z0-9]+/g;
/** A run of letters of those scripts, a word of others, or a picture. */
const ANY_WORD = new RegExp(
  `((?:${GRAM_LETTER})+)|(?:(?!${GRAM_LETTER})[\\p{L}\\p{N}]${JOINED})+|\\p{Extended_Pictographic}|\\p{RI}{2}`,
  "gu",
);
/** Letters that folding leaves as they are. */
const GRAM_WHOLE = /^[\u4e00-\u9fa5\u3041-\u3096\u30a1-\u30fa]+$/;
const GRAM = new RegExp(GRAM_LETTER, "gu");
const NO_WORD = new RegExp(`[^\\p{L}\\p{N}\\p{M}\\p{Extended_Pictographic}\\p{RI}]|[${INVISIBLE}]`, "gu");
/** A mention is found by its person, not by their number. */
const MENTION = /<(?:@\d{1,9}|!all|!here)>/g;

type LexemeOf = (word: string) => string;

/** The same for one text, whose words it remembers: most come again, and the letters and pictures of some scripts are few. */
function remembering(): LexemeOf {
  const known = new Map<string, string>();
  return (word) => {
    const there = known.get(word);
    if (there !== undefined) return there;
    const lexeme = lexemeOf(word);
    known.set(word, lexeme);
    return lexeme;
  };
}

/** A word as the index has it. */
function lexemeOf(word: string): string {
  const cut = word.length > LEXEME_MAX * 4 ? word.slice(0, LEXEME_MAX * 4) : word;
  if (ASCII.test(cut)) return cut.toLowerCase().slice(0, LEXEME_MAX);
  if (GRAM_WHOLE.test(cut)) return cut;
  const folded = fold(cut.replace(NO_WORD, "")).replace(NO_WORD, "");
  return folded.length > LEXEME_MAX ? folded.slice(0, LEXEME_MAX).toWellFormed().replace("\ufffd", "") : folded;
}

/**
 * The ASCII letters and digits of a text, as the index has them, one behind the other. Every lexeme that has only such letters
 * and digits is a part of it.
 */
export const lettersOf = (text: string): string =>
  ASCII.test(text) ? text.toLowerCase() : fold(text).replace(NO_ASCII_LETTERS, "");

/** A word with its marks: in lower case, in the plain form of each letter, without invisible characters. */
export const keptOf = (word: string): string => word.normalize("NFKC").toLowerCase().replace(NO_WORD, "");

/**
 * The parts of a text by which searches find it, in their order. Words are split where letters and digits meet and at the
 * humps of `getUserName`. The whole word is there too. Scripts without spaces give every two neighbouring letters. It
 * takes time in proportion to the length.
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const bare = text.includes("<") ? text.replace(MENTION, (mention) => " ".repeat(mention.length)) : text;
  let at = 0;
  if (ASCII.test(bare)) {
    for (let start = 0; start < bare.length; start++) {
      if (kindOf(bare.charCodeAt(start)) === OTHER) continue;
      let end = start + 1;
      while (end < bare.length && kindOf(bare.charCodeAt(end)) !== OTHER) end++;
      at = addWord(tokens, bare, start, end, at, lexemeOf);
      start = end;
    }
    return tokens;
  }
  const known = remembering();
  ANY_WORD.lastIndex = 0;
  for (let found = ANY_WORD.exec(bare); found; found = ANY_WORD.exec(bare)) {
    const [word, grams] = found;
    if (grams !== undefined) at = addGrams(tokens, word, found.index, at, known);
    else at = addWord(tokens, bare, found.index, found.index + word.length, at, known);
  }
  return tokens;
}

function addWord(tokens: Token[], text: string, start: number, end: number, at: number, inIndex: LexemeOf): number {
  let next = at;
  const add = (from: number, to: number) => {
    const lexeme = inIndex(text.slice(from, to));
    if (lexeme === "") return;
    tokens.push({ lexeme, kind: "part", at: next, next: next + 1, start: from, end: to });
    next++;
  };
  let from = start;
  for (const to of bordersOf(text, start, end)) {
    add(from, to);
    from = to;
  }
  add(from, end);
  if (next > at + 1) tokens.push({ lexeme: inIndex(text.slice(start, end)), kind: "whole", at, next, start, end });
  return next;
}

const OTHER = 0;
const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
/** A mark or an invisible character, which belongs to the letter before it. */
const JOINS = 4;
const ASCII_KINDS = Uint8Array.from({ length: 128 }, (_, code) =>
  code >= 97 && code <= 122 ? LOWER : code >= 65 && code <= 90 ? UPPER : code >= 48 && code <= 57 ? DIGIT : OTHER,
);

function kindOf(code: number): number {
  if (code < 128) return ASCII_KINDS[code] ?? OTHER;
  const letter = String.fromCodePoint(code);
  if (/\p{Lu}/u.test(letter)) return UPPER;
  if (/\p{N}/u.test(letter)) return DIGIT;
  return /\p{L}/u.test(letter) ? LOWER : JOINS;
}

/** The places at which a word is split. */
function bordersOf(text: string, start: number, end: number): number[] {
  const borders: number[] = [];
  if (end - start === 1 || end - start > SPLIT_WORD_MAX) return borders;
  let splits = 1;
  let before = OTHER;
  let letterAt = start;
  let isHump = false;
  for (let at = start; at < end; at++) {
    const code = text.codePointAt(at) ?? 0;
    const kind = kindOf(code);
    if (kind !== JOINS) {
      if (before !== OTHER && (kind === DIGIT) !== (before === DIGIT)) {
        borders.push(at);
        splits++;
      } else if (kind === UPPER && before === LOWER) borders.push(at);
      // The last capital of `HTTPServer` begins the next part.
      else if (kind === LOWER && before === UPPER && isHump) borders.push(letterAt);
      isHump = kind === UPPER && before === UPPER;
      before = kind;
      letterAt = at;
    }
    if (code > 0xffff) at++;
  }
  return splits > SPLITS_MAX || borders.length >= PARTS_MAX ? [] : borders;
}

function addGrams(tokens: Token[], run: string, start: number, at: number, inIndex: LexemeOf): number {
  let before: { letter: string; start: number } | undefined;
  let next = at;
  let end = start;
  GRAM.lastIndex = 0;
  for (let found = GRAM.exec(run); found; found = GRAM.exec(run)) {
    const [written] = found;
    const letter = inIndex(written);
    if (letter === "") continue;
    const from = start + found.index;
    end = from + written.length;
    if (before) {
      const lexeme = before.letter + letter;
      tokens.push({ lexeme, kind: "gram", at: next - 1, next: next + 1, start: before.start, end });
    }
    before = { letter, start: from };
    next++;
  }
  if (before) {
    const { letter: lexeme, start: from } = before;
    tokens.push({ lexeme, kind: "last", at: next - 1, next, start: from, end });
  }
  return next;
}
