import { LEXEME_MAX } from "../../../text/lexemes.ts";
import type { Stems } from "../../../text/search-match.ts";
import type { Has, Piece, Step, Term } from "../../../text/search-query.ts";
import { hasLexeme, pairOfShort, quoted, senderLexeme, stemLexeme } from "./rows.ts";

/** Beginnings of words shorter than this are of too many words to be looked up. */
const LOOKED_UP_MIN = 3;
/** More senders than this are compared message by message. */
const SENDERS_MAX = 50;

interface Sought {
  terms: readonly Term[];
  has: readonly Has[];
  senders: readonly number[] | undefined;
  stems: Stems | undefined;
}

/** The questions to the index. Each message that it finds is compared with the query afterwards. */
export interface LexemeQuery {
  /** The lexemes that one message of a row must have, as a `tsquery`. Null: any row may have the message. */
  query: string | null;
  /** The lexemes that a row must have, in any of its messages: for the index of lexemes. Short beginnings are left out. */
  lookUp: string | null;
  /** A message has at least one lexeme of each group. Beginnings of words are left out. */
  groups: readonly (readonly string[])[];
  /** Texts in ASCII are like each of these, in lower case. */
  patterns: readonly string[];
  /** And they match each of these regular expressions, unless a word has a border within. */
  phrases: readonly string[];
}

export function lexemeQuery(sought: Sought): LexemeQuery {
  const { terms, has, senders, stems } = sought;
  // Words that match by their stems may be written otherwise.
  const written = terms.filter((term) => term.isPhrase || !stems);
  const words = terms.flatMap((term) =>
    term.pieces.flatMap((piece) => groupsOf(piece, term.isPhrase ? undefined : stems)),
  );
  const groups = [...words, ...has.map((one) => [hasLexeme(one)])];
  const people = senders && senders.length <= SENDERS_MAX ? senders.map(senderLexeme) : [];
  if (people.length > 0) groups.push(people);
  return {
    query: queryOf(sought, people, false),
    lookUp: queryOf(sought, people, true),
    groups: [...new Map(groups.map((group) => [group.join(" "), group])).values()],
    patterns: [...new Set(written.map(patternOf))],
    phrases: [...new Set(written.filter(({ pieces }) => pieces.length > 1).map(phraseOf))],
  };
}

/** All words are to be at one position, so in one message. Pairs have no positions. */
function queryOf({ terms, has, stems }: Sought, people: readonly string[], isLookUp: boolean): string | null {
  const parts = terms.flatMap(({ pieces, isPhrase }) =>
    pieces.flatMap((piece) => ofPiece(piece, isPhrase ? undefined : stems, isLookUp) ?? []),
  );
  parts.push(...has.map((one) => quoted(hasLexeme(one))));
  if (people.length > 0) parts.push(either(people.map(quoted)));
  // A word that matches by its stem makes another pair.
  const written = terms.filter(({ isPhrase }) => isPhrase || !stems);
  const pairs = written.flatMap(({ pieces }) => pieces.slice(1).flatMap((piece, i) => pairOf(pieces[i], piece) ?? []));
  return parts.length === 0 ? null : [`(${all(parts, isLookUp)})`, ...new Set(pairs)].join(" & ");
}

function ofPiece({ steps, whole }: Piece, stems: Stems | undefined, isLookUp: boolean): string | undefined {
  const found = steps.filter((step) => !isLookUp || isLong(step)).map((step) => ofStep(step, stems));
  if (found.length === 0) return undefined;
  return whole ? either([`(${all(found, isLookUp)})`, ofStep(whole, stems)]) : all(found, isLookUp);
}

/** Two words side by side. A word that can be written as a whole makes another pair. */
function pairOf(one: Piece | undefined, other: Piece): string | undefined {
  const [before, after] = [one?.steps.at(-1), other.steps[0]];
  const isAnother = !before || !after || one?.whole || other.whole;
  if (isAnother || before.isPrefix || after.isPrefix || !before.isWord || !after.isWord) return undefined;
  const pair = pairOfShort(before.lexeme, after.lexeme);
  return pair && quoted(pair);
}

const isLong = ({ lexeme, isPrefix }: Step) => !isPrefix || lexeme.length >= LOOKED_UP_MIN || /[^\0-\x7f]/.test(lexeme);

const ofStep = (step: Step, stems: Stems | undefined): string =>
  step.isPrefix ? `${quoted(step.lexeme)}:*` : either(formsOf(step, stems).map(quoted));

/** A word, and the lexemes of its other forms. */
function formsOf({ lexeme }: Step, stems: Stems | undefined): string[] {
  const own = stems?.(lexeme) ?? [];
  return [...new Set([lexeme, ...own.flatMap((stem) => [stem, stemLexeme(stem)])])];
}

function groupsOf({ steps, whole }: Piece, stems: Stems | undefined): string[][] {
  const [first] = steps;
  if (!whole) return steps.filter(({ isPrefix }) => !isPrefix).map((step) => formsOf(step, stems));
  if (!first || first.isPrefix || whole.isPrefix) return [];
  return [[...formsOf(first, stems), ...formsOf(whole, stems)]];
}

/** The words of a term in their order. The whole of a word begins as its first part does. */
const patternOf = ({ pieces }: Term): string =>
  `%${pieces.map(({ steps: [step] }) => (step?.lexeme ?? "").replace(/[\\%_]/g, "\\$&")).join("%")}%`;

/** Whole words side by side. A border within a word is a place where it may be split (`lexemes.ts`). */
function phraseOf({ pieces }: Term): string {
  const steps = pieces.flatMap((piece) => piece.steps.map((step, i) => ({ ...step, isFirst: i === 0 })));
  const written = steps.map(({ lexeme, isFirst }, i) => {
    const word = lexeme.replace(/[^\p{L}\p{N}]/gu, ".");
    const before = steps[i - 1];
    // The rest of a word that was cut.
    if (before && before.lexeme.length >= LEXEME_MAX) return `.*${word}`;
    return i === 0 ? `(?:^|[^a-z0-9])${word}` : `(?:${GAP})${isFirst ? "+" : "*"}${word}`;
  });
  const isCut = steps.at(-1)?.isPrefix || (steps.at(-1)?.lexeme.length ?? 0) >= LEXEME_MAX;
  return written.join("") + (isCut ? "" : "(?:[^a-z0-9]|$)");
}

const GAP = "<@[0-9]{1,9}>|<!all>|<!here>|[^a-z0-9]";

/** Lexemes at one position are in one message. */
const all = (parts: readonly string[], isAnywhere: boolean) => [...new Set(parts)].join(isAnywhere ? " & " : " <0> ");

const either = (alternatives: readonly string[]) =>
  alternatives.length === 1 ? (alternatives[0] ?? "") : `(${alternatives.join(" | ")})`;

/** All lexemes of the groups. Null: there is none. */
export const lexemesOf = ({ groups }: LexemeQuery) => (groups.length === 0 ? null : [...new Set(groups.flat())]);

/** A lexeme of a `tsvector` and its positions, as PostgreSQL writes them. */
const ENTRY = /'((?:[^'\\]|''|\\\\)*)':([\dA,]+)/g;

/** The positions at which each group has a lexeme. */
export function positionsIn(vector: string, groups: LexemeQuery["groups"]): number[] {
  const entries = new Map<string, number[]>();
  for (const [, lexeme = "", positions = ""] of vector.matchAll(ENTRY))
    entries.set(
      lexeme.replace(/''|\\\\/g, ([sign = ""]) => sign),
      positions.replaceAll("A", "").split(",").map(Number),
    );
  const [first = new Set<number>(), ...others] = groups.map(
    (group) => new Set(group.flatMap((lexeme) => entries.get(lexeme) ?? [])),
  );
  return [...first].filter((position) => others.every((other) => other.has(position)));
}
