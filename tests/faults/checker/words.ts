const LETTERS = "abcdefghij";
/** More messages than a person writes in a run. */
const TEXTS_MOST = 100_000;

/** A word that only one text of one person has, of letters alone, so that a search finds this text and no other. */
export const wordOf = (person: number, text: number) =>
  `zq${String(person * TEXTS_MOST + text).replace(/\d/g, (digit) => LETTERS[Number(digit)] ?? "")}`;

/** The words of this kind in a text. */
export const wordsIn = (text: string): string[] => text.match(/\bzq[a-j]+\b/g) ?? [];
