import { codePoints, isInvisible } from "./content.ts";
import { line } from "./text.ts";

/** A server's rule for names: `letters` is the contract's, `any` allows every visible character. */
export type NameRule = "letters" | "any";

const NAME_MAX = 100;

/** A letter with its marks above and below. No script needs more marks, and more would cover other rows. */
const LETTER = String.raw`\p{L}[\p{Mn}\p{Mc}]{0,6}`;
/** Scripts in which an invisible mark joins letters or keeps them apart. */
const JOINING = ["Arabic", "Syriac", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu"]
  .concat(["Kannada", "Malayalam", "Sinhala", "Khmer", "Myanmar"])
  .map((script) => String.raw`\p{Script=${script}}`)
  .join("");
const JOINER = String.raw`(?<=[${JOINING}])[\u200c\u200d](?=[${JOINING}])`;
/**
 * Signs between letters: `O'Brien`, `Mary-Jane`, `J. R.`, `J.-P.`, `van 't Hoff`, `de' Medici`, `Gal·la`. None is
 * repeated.
 */
const BETWEEN = String.raw`[.·・]?[ \-‐]?['’]?|['’] |${JOINER}`;
/** A whole name. Besides a letter only a dot may end it, as in `King Jr.`. */
const LETTERS = new RegExp(`^${LETTER}(?:(?:${BETWEEN})${LETTER})*\\.?$`, "u");

/** Invisible characters other than joiners. A name may not have them; joiners are allowed between letters only. */
const UNSEEN = /(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/u;
/** A single one of these can be a whole name. */
const SYLLABLE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\uac00-\ud7a3]/u;

/** Marks that change the direction of the text beside them. */
const DIRECTION = /[\u061c\u200e\u200f]/;

const isOfLetters = (name: string) => LETTERS.test(name) && !UNSEEN.test(name);
/** Counts letters and their marks only: a dot or a hyphen makes no name longer. */
const lengthOf = (name: string) => codePoints(name.replace(/[^\p{L}\p{M}]/gu, ""));

function ofLetters(label: string) {
  return line(1, NAME_MAX)
    .superRefine((name, context) => {
      if (name === "") return;
      const isLong = SYLLABLE.test(name) || (isOfLetters(name) ? lengthOf(name) : codePoints(name)) >= 2;
      if (!isLong) context.addIssue("Ensure this field has at least 2 characters.");
      if (!isOfLetters(name)) context.addIssue(`${label} should contain only letters.`);
    })
    .meta({
      description:
        "2 to 100 letters of any script with their combining marks; between them apostrophes, hyphens, dots and single spaces. One Han, Kana or Hangul syllable is enough. Trimmed, in NFC.",
      minLength: 1,
      maxLength: NAME_MAX,
    });
}

const anything = (min: 0 | 1) =>
  line(min, NAME_MAX)
    .refine((name) => name === "" || (!isInvisible(name) && !DIRECTION.test(name)), {
      error: "This field contains invalid characters.",
    })
    .meta({ description: "Any visible characters. Trimmed, in NFC.", minLength: min, maxLength: NAME_MAX });

const LETTERS_ONLY = { first: ofLetters("First name"), last: ofLetters("Last name") };
const ANYTHING = {
  first: anything(1),
  last: anything(0).meta({ description: "Empty where a person has one name only. Trimmed, in NFC." }),
};

/** The schemas of a person's two names, under the server's rule. */
export function namesBy(rule: NameRule) {
  const { first, last } = rule === "any" ? ANYTHING : LETTERS_ONLY;
  return { first_name: first.meta({ examples: ["Ann"] }), last_name: last.meta({ examples: ["Example"] }) };
}

/** Both names as people read them. The last name is empty when a person has one name only. */
export const fullNameOf = (first: string, last: string): string => `${first} ${last}`.trimEnd();

/** The `display_name` of a group without a name. @param firstNames of its first three members, in the order of joining */
export const groupTitle = (firstNames: readonly string[]): string => `Group with ${firstNames.slice(0, 3).join(", ")}`;
