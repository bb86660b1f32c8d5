import { codePoints } from "./content.ts";
import { INVISIBLE, line } from "./text.ts";

/** Whose rule for names a server has: `letters` is the contract's, `any` takes whatever can be seen. */
export type NameRule = "letters" | "any";

const NAME_MAX = 100;

/** A letter with what stands above and below it: no script needs more, and more would paint over other rows. */
const LETTER = String.raw`\p{L}[\p{Mn}\p{Mc}]{0,6}`;
/** Scripts in which letters are joined, or kept apart, by a mark that can't be seen. */
const JOINING = ["Arabic", "Syriac", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu"]
  .concat(["Kannada", "Malayalam", "Sinhala", "Khmer", "Myanmar"])
  .map((script) => String.raw`\p{Script=${script}}`)
  .join("");
const JOINER = String.raw`(?<=[${JOINING}])[\u200c\u200d](?=[${JOINING}])`;
/** What stands between letters: `O'Brien`, `Mary-Jane`, `J. R.`, `J.-P.`, `van 't Hoff`, `de' Medici`, `Gal·la`. Never twice the same. */
const BETWEEN = String.raw`[.·・]?[ \-‐]?['’]?|['’] |${JOINER}`;
/** A dot ends it at most, as in `King Jr.`. */
const LETTERS = new RegExp(`^${LETTER}(?:(?:${BETWEEN})${LETTER})*\\.?$`, "u");

/** Joiners go between letters where they belong; nothing else that can't be seen goes anywhere. */
const UNSEEN = /(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/u;
/** One of these is a name by itself. */
const SYLLABLE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\uac00-\ud7a3]/u;

/** Marks that turn the direction of what stands beside them. */
const DIRECTION = /[\u061c\u200e\u200f]/;

const isOfLetters = (name: string) => LETTERS.test(name) && !UNSEEN.test(name);
/** Letters and their marks; a dot or a hyphen makes no name longer. */
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
    .refine((name) => name === "" || (!INVISIBLE.test(name) && !DIRECTION.test(name)), {
      error: "This field contains invalid characters.",
    })
    .meta({ description: "Any visible characters. Trimmed, in NFC.", minLength: min, maxLength: NAME_MAX });

const LETTERS_ONLY = { first: ofLetters("First name"), last: ofLetters("Last name") };
const ANYTHING = {
  first: anything(1),
  last: anything(0).meta({ description: "Empty where a person has one name only. Trimmed, in NFC." }),
};

/** The fields of a person's two names, by the rule of the server. */
export function namesBy(rule: NameRule) {
  const { first, last } = rule === "any" ? ANYTHING : LETTERS_ONLY;
  return { first_name: first.meta({ examples: ["Ann"] }), last_name: last.meta({ examples: ["Example"] }) };
}

/** Both names as people read them. People with one name have an empty last name. */
export const fullNameOf = (first: string, last: string): string => `${first} ${last}`.trimEnd();

/** The `display_name` of a group without a name. @param firstNames of its first three members, in the order of joining */
export const groupTitle = (firstNames: readonly string[]): string => `Group with ${firstNames.slice(0, 3).join(", ")}`;
