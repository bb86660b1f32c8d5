import { isFound } from "./fold.ts";
import { keptOf, lettersOf, type Token, tokensOf } from "./lexemes.ts";
import type { Has, Piece, SearchQuery, Step, Term } from "./search-query.ts";

/** A range of a text in UTF-16 units: from its first unit to the one after its last. */
export type Range = [start: number, end: number];

/** The stems of a word. Two words with a common stem match, outside phrases. */
export type Stems = (lexeme: string) => readonly string[];

/** A message, as far as a query asks for it. */
export interface Searched {
  content: string;
  created_at: string;
  sender_id: number;
  sender_name: string;
  sender_email: string;
  deleted_at?: string | undefined;
  files?: readonly { name: string; alt?: string | undefined; type: string }[] | undefined;
}

const ASCII_LETTERS = /^[a-z0-9]+$/;

/**
 * Whether a message has all words of a query and none of the excluded ones, in its text, in the name of a file or in its
 * description. The operators are not asked.
 */
export function hasTerms(
  { terms, without }: Pick<SearchQuery, "terms" | "without">,
  { content, files = [] }: Pick<Searched, "content" | "files">,
  stems?: Stems,
): boolean {
  const texts = [content, ...files.flatMap(({ name, alt }) => (alt === undefined ? [name] : [name, alt]))];
  const read = texts.map((text) => new ReadText(text, stems));
  const isThere = (term: Term) => read.some((text) => text.rangeOf(term) !== undefined);
  return terms.every(isThere) && !without.some(isThere);
}

/** Whether a message has what `has:` asks for. */
export const hasAll = (has: readonly Has[], { content, files = [] }: Pick<Searched, "content" | "files">) =>
  has.every((one) => hasOne(one, content, files));

function hasOne(has: Has, content: string, files: readonly { type: string }[]): boolean {
  if (has === "link") return hasLink(content);
  return has === "file" ? files.length > 0 : files.some(({ type }) => type.startsWith("image/"));
}

/** Whether a text has the address of a web page. */
export const hasLink = (text: string) => /https?:\/\/[\p{L}\p{N}[]|(?<![\p{L}\p{N}])www\.[\p{L}\p{N}]/iu.test(text);

/**
 * Whether a message fits a query, as the server decides it. Stems of words are left out.
 * @param who the person who searches, and the name of the message's conversation
 */
export function matches(
  query: SearchQuery,
  message: Searched,
  { userId, conversation }: { userId?: number | undefined; conversation?: string | undefined } = {},
): boolean {
  const at = Date.parse(message.created_at);
  if (message.deleted_at !== undefined || at < (query.after ?? at) || at >= (query.before ?? Number.POSITIVE_INFINITY))
    return false;
  if (query.from.length > 0 && !query.from.some((written) => isFrom(written, message, userId))) return false;
  if (query.in.length > 0 && !query.in.some((name) => conversation !== undefined && isFound(conversation, bare(name))))
    return false;
  return hasAll(query.has, message) && hasTerms(query, message);
}

function isFrom(written: string, { sender_id, sender_name, sender_email }: Searched, userId: number | undefined) {
  const value = bare(written);
  if (value.toLowerCase() === "me") return sender_id === userId;
  if (/^\d+$/.test(value)) return sender_id === Number(value);
  return isFound(`${sender_name} ${sender_email}`, value);
}

/** A person's or a conversation's name without a sign before it. */
export const bare = (written: string) => written.replace(/^[@#]/, "").trim();

/** The ranges of a text that a query matches, in order and apart from each other. */
export function rangesIn({ terms }: Pick<SearchQuery, "terms">, text: string, stems?: Stems): Range[] {
  const read = new ReadText(text, stems);
  const found = terms.flatMap((term) => read.rangesOf(term)).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const merged: Range[] = [];
  for (const [start, end] of found) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** A short piece of a text in one line, and the ranges of the piece that the query matches. */
export interface Excerpt {
  text: string;
  matches: Range[];
}

const EXCERPT_MAX = 200;
/** How much stands before the first match, at most. */
const BEFORE_MAX = 60;

/**
 * The piece of a text around its first match.
 * @param text readable text, without marks
 */
export function excerptOf(query: Pick<SearchQuery, "terms">, text: string, stems?: Stems): Excerpt {
  const line = text.replace(/\s+/g, " ").trim();
  const ranges = rangesIn(query, line, stems);
  if (line.length <= EXCERPT_MAX) return { text: line, matches: ranges };
  const first = ranges[0]?.[0] ?? 0;
  const from = first <= BEFORE_MAX ? 0 : wordStart(line, first - BEFORE_MAX, first);
  const to = Math.min(line.length, from + EXCERPT_MAX);
  const end = to === line.length ? to : wordEnd(line, from, to);
  const [before, after] = [from > 0 ? "…" : "", end < line.length ? "…" : ""];
  const shift = before.length - from;
  return {
    text: before + line.slice(from, end) + after,
    matches: ranges.flatMap(([a, b]): Range[] =>
      b <= from || a >= end ? [] : [[Math.max(a, from) + shift, Math.min(b, end) + shift]],
    ),
  };
}

/** The first beginning of a word from `at` on. A text without spaces is cut between two characters. */
function wordStart(line: string, at: number, most: number): number {
  const space = line.indexOf(" ", at);
  return space >= 0 && space < most ? space + 1 : boundary(line, at);
}

function wordEnd(line: string, from: number, at: number): number {
  const space = line.lastIndexOf(" ", at);
  return space > from + EXCERPT_MAX / 2 ? space : boundary(line, at);
}

const boundary = (line: string, at: number) => (/[\udc00-\udfff]/.test(line.charAt(at)) ? at - 1 : at);

interface End {
  place: number;
  end: number;
}
const NOWHERE: readonly End[] = [];

/** A text that is read once, and only when a term may be in it. */
class ReadText {
  private byPlace: Token[][] | undefined;
  private letters: string | undefined;

  constructor(
    private readonly text: string,
    private readonly stems: Stems | undefined,
  ) {}

  rangeOf(term: Term): Range | undefined {
    return this.rangesOf(term, 1)[0];
  }

  /**
   * The ranges of a term, `most` at most. All places at which it may begin are followed at once, piece by piece: one after
   * the other, a phrase of equal words would take the product of its length and the text's for each of them.
   */
  rangesOf({ pieces, isPhrase }: Term, most = Number.POSITIVE_INFINITY): Range[] {
    const found: Range[] = [];
    if (!this.mayHave(pieces)) return found;
    const places = this.places();
    /** Where the range begins whose next piece may be at a place, or nothing. A range that begins later is within it. */
    let begun = places.map((tokens) => tokens[0]?.start);
    for (const [i, piece] of pieces.entries()) {
      const isLast = i === pieces.length - 1;
      const next: typeof begun = isLast ? [] : new Array(places.length + 1);
      for (let at = 0; at < places.length && found.length < most; at++) {
        const start = begun[at];
        if (start === undefined) continue;
        for (const { place, end } of this.endsOf(piece, at, isPhrase))
          if (isLast) found.push([start, end]);
          else if (start < (next[place] ?? Number.POSITIVE_INFINITY)) next[place] = start;
      }
      begun = next;
    }
    return found;
  }

  /** Only a text that may have all pieces is split into its parts, which takes many times as long. */
  private mayHave(pieces: readonly Piece[]): boolean {
    if (this.stems) return true;
    return pieces.every(({ steps: [step] }) => {
      if (step === undefined || !ASCII_LETTERS.test(step.lexeme)) return true;
      this.letters ??= lettersOf(this.text);
      return this.letters.includes(step.lexeme);
    });
  }

  private places(): Token[][] {
    if (this.byPlace) return this.byPlace;
    const byPlace: Token[][] = [];
    for (const token of tokensOf(this.text)) {
      const there = byPlace[token.at];
      if (there) there.push(token);
      else byPlace[token.at] = [token];
    }
    this.byPlace = byPlace;
    return byPlace;
  }

  /** The places after a piece at this place, and where the piece ends there: by its parts, and as a whole. */
  private endsOf({ steps, whole }: Piece, at: number, isPhrase: boolean): readonly End[] {
    const first = steps[0] && this.tokenAt(at, steps[0], isPhrase);
    const asWhole = whole && this.tokenAt(at, whole, isPhrase);
    if (!first && !asWhole) return NOWHERE;
    const ends: End[] = asWhole ? [{ place: asWhole.next, end: asWhole.end }] : [];
    let [place, end] = [at, -1];
    for (const step of steps) {
      const token = this.tokenAt(place, step, isPhrase);
      if (!token) return ends;
      place = step.overlaps ? place + 1 : token.next;
      end = token.end;
    }
    return [...ends, { place, end }];
  }

  private tokenAt(at: number, step: Step, isPhrase: boolean): Token | undefined {
    return this.places()[at]?.find((token) => this.fits(token, step, isPhrase));
  }

  private fits({ lexeme, start, end }: Token, step: Step, isPhrase: boolean): boolean {
    const isSame = step.isPrefix ? lexeme.startsWith(step.lexeme) : lexeme === step.lexeme;
    if (!isSame) return !isPhrase && this.stems !== undefined && haveStem(this.stems, lexeme, step.lexeme);
    if (!isPhrase || step.kept === undefined) return true;
    // In a phrase the marks of a letter count.
    return keptOf(this.text.slice(start, end)) === step.kept;
  }
}

function haveStem(stems: Stems, one: string, other: string): boolean {
  const theirs = stems(other);
  return stems(one).some((stem) => theirs.includes(stem));
}
