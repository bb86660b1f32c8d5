/**
 * Prints the SQL of `confab_fold_letters` (src/server/platform/postgres/search/fold-letters.sql), which maps each
 * letter to the one that searches compare. It follows Unicode's own case folding, never a locale's. A letter with a
 * stroke becomes the plain letter.
 */
const CROSSED: Record<string, string> = {
  ł: "l",
  ø: "o",
  đ: "d",
  ħ: "h",
  ŧ: "t",
  ð: "d",
  ŋ: "n",
  "’": "'",
  "‘": "'",
  ʼ: "'",
  ʻ: "'",
  "‐": "-",
};

const isOne = (text: string) => [...text].length === 1;
const isStable = (text: string) => text.normalize("NFKD") === text;

/** The lower case of the upper case unites forms of one letter: ς and σ, ı and i. */
function foldedLetter(letter: string): string {
  const upper = letter.toUpperCase();
  const lower = (isOne(upper) ? upper : letter).toLowerCase();
  const one = isOne(lower) && isStable(lower) ? lower : letter;
  return CROSSED[one] ?? one;
}

/**
 * Pairs of a letter and its folded letter. ASCII is left out, because `lower` of the C locale folds it. Letters that
 * decompose are left out, too.
 */
function foldedLetters(): [string, string][] {
  const pairs: [string, string][] = [];
  for (let point = 0x80; point <= 0x10_ffff; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const letter = String.fromCodePoint(point);
    if (isStable(letter) && foldedLetter(letter) !== letter) pairs.push([letter, foldedLetter(letter)]);
  }
  return pairs;
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

const pairs = foldedLetters();
const from = pairs.map(([letter]) => letter).join("");
const to = pairs.map(([, folded]) => folded).join("");
const rest = `regexp_replace(p_text COLLATE "C", ${literal(`[^${from}]+`)}, '', 'g')`;
process.stdout.write(`CREATE OR REPLACE FUNCTION confab_fold_letters(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(p_text, ${rest}, translate(${rest}, ${literal(from)}, ${literal(to)}));
`);
