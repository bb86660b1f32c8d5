/**
 * A text as the server's searches see it, in src/server/platform/postgres/search/fold.sql: in lower case, without the
 * marks of Latin, Greek, Cyrillic, Hebrew and Arabic letters, and without invisible characters. Marks of other scripts
 * stay, because there they make another word.
 */
export const fold = (text: string): string =>
  text
    .normalize("NFKD")
    .toLowerCase()
    .replace(MARKS, "")
    .replace(LETTERS, (letter) => PLAIN[letter] ?? letter)
    .normalize("NFC");

const MARKS = new RegExp(
  `[${[
    "\\u00ad\\u0300-\\u036f\\u0483-\\u0487\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7\\u0610-\\u061a\\u0640\\u064b-\\u065f",
    "\\u0670\\u06d6-\\u06dc\\u06df-\\u06e4\\u06e7\\u06e8\\u06ea-\\u06ed\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u200b-\\u200f\\u2060-\\u2064",
    "\\u20d0-\\u20ff\\ufe00-\\ufe0f\\ufe20-\\ufe2f\\ufeff",
  ].join("")}]`,
  "g",
);

/** Letters of Latin, Greek and Cyrillic that the server reads as others, and that are no letter with a mark. */
const PLAIN: Record<string, string> = {
  ...{ ß: "ss", æ: "ae", œ: "oe", þ: "th", ø: "o", ð: "d", đ: "d", ħ: "h", ı: "i", ł: "l", ŋ: "n", ŧ: "t", ς: "σ" },
  ...{ ʻ: "'", ʼ: "'", "‘": "'", "’": "'", "‐": "-" },
};
const LETTERS = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "g");

/** Two spaces stand before each word, so that a search can find where a word begins. */
const withGaps = (text: string) => `  ${fold(text).replaceAll("  ", " ").replaceAll(" ", "  ")}`;

/** Whether the server would find the text by this search. One or two letters find only the beginnings of words. */
export function isFound(text: string, search: string): boolean {
  const sought = withGaps(search);
  return withGaps(text).includes(sought.length < 5 ? sought : sought.slice(2));
}
