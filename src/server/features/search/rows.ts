import type { MessageFile } from "../../../protocol/files.ts";
import { type Token, tokensOf } from "../../../text/lexemes.ts";
import { hasLink, type Stems } from "../../../text/search-match.ts";

/**
 * A run of this many messages has one row of the index when all of them are there. Its lexemes are stored once then, so the
 * index takes less room, and a search reads a sixteenth of the rows. The positions of a lexeme are those of the messages that
 * have it.
 */
export const RUN = 16;
/** A row takes at most so many bytes, because a page of PostgreSQL has 8 kB. Long messages fill several rows. */
const ROW_BYTES_MAX = 6_000;
/** PostgreSQL needs this for a lexeme beside its text, and for each of its positions. */
const LEXEME_BYTES = 6;
const POSITION_BYTES = 2;

/** A message, as the index reads it. */
export interface IndexedMessage {
  seq: number;
  senderId: number;
  ms: number;
  content: string;
  files: readonly Pick<MessageFile, "name" | "alt" | "type">[];
}

/** A row of the index. */
export interface FoundRow {
  seq: number;
  lastSeq: number;
  firstMs: number;
  ms: number;
  /** The messages that have each lexeme, counted from 1. A pair has none, to take less room. */
  lexemes: Map<string, number[]>;
}

/** Marks stems, so that no word of a text is found by the stem of another language. */
export const stemLexeme = (stem: string) => `~${stem}`;
export const senderLexeme = (userId: number) => `u:${userId}`;
export const hasLexeme = (has: "file" | "image" | "link") => `h:${has}`;

/** Words of at most so many units are short: the commonest ones are among them. */
const SHORT_MAX = 4;
/** The alphabet of pairs. */
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/**
 * Two short words side by side, as a lexeme of three bytes. Without it, a phrase of common words would be looked for in nearly
 * all messages. Other pairs may have the same lexeme.
 */
function pairLexeme(one: string, other: string): string {
  let hash = 0x811c9dc5;
  for (const text of [one, " ", other])
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  return `^${DIGITS[hash & 63]}${DIGITS[(hash >>> 6) & 63]}`;
}

/** The pair of two words. `undefined`: one of them is long, so it is rarer, and the index has no such pair. */
export const pairOfShort = (one: string, other: string): string | undefined =>
  one.length > SHORT_MAX || other.length > SHORT_MAX ? undefined : pairLexeme(one, other);

/** The first message of the run of a message. */
export const runStart = (seq: number) => seq - ((seq - 1) % RUN);

/**
 * The rows of a complete run, made of those of its messages in the order of their `seq`: one, unless the messages are long.
 * @param own the rows of the messages, which this changes
 */
export function joined(own: readonly FoundRow[]): FoundRow[] {
  const rows: FoundRow[] = [];
  let bytes = 0;
  for (const row of own) {
    const last = rows.at(-1);
    const position = row.seq - (last?.seq ?? row.seq) + 1;
    let more = 0;
    for (const [lexeme, { length }] of row.lexemes) {
      const own = length * POSITION_BYTES;
      more += last?.lexemes.has(lexeme) ? own : Buffer.byteLength(lexeme) + LEXEME_BYTES + own;
    }
    if (!last || bytes + more > ROW_BYTES_MAX) {
      rows.push(row);
      bytes = more;
      continue;
    }
    for (const [lexeme, positions] of row.lexemes) {
      const there = last.lexemes.get(lexeme);
      if (!there) last.lexemes.set(lexeme, positions.length > 0 ? [position] : positions);
      else if (positions.length > 0) there.push(position);
    }
    Object.assign(last, { lastSeq: row.lastSeq, ms: row.ms });
    bytes += more;
  }
  return rows;
}

export function rowOf({ seq, senderId, ms, content, files }: IndexedMessage, stems?: Stems): FoundRow {
  const lexemes = new Map<string, number[]>();
  const add = (lexeme: string) => void lexemes.set(lexeme, [1]);
  const addText = (text: string) => {
    const tokens = tokensOf(text);
    for (const pair of pairsOf(tokens)) lexemes.set(pair, []);
    for (const { lexeme, kind } of tokens) {
      add(lexeme);
      if (stems && kind === "part") for (const stem of stems(lexeme)) add(stemLexeme(stem));
    }
  };
  addText(content);
  add(senderLexeme(senderId));
  if (hasLink(content)) add(hasLexeme("link"));
  for (const { name, alt, type } of files) {
    addText(name);
    if (alt !== undefined) addText(alt);
    add(hasLexeme("file"));
    if (type.startsWith("image/")) add(hasLexeme("image"));
  }
  return { seq, lastSeq: seq, firstMs: ms, ms, lexemes };
}

/** The pairs of a text: each short word that ends at a place, with each that begins there. */
function* pairsOf(tokens: readonly Token[]): Generator<string> {
  const ending = new Map<number, string[]>();
  const words = tokens.filter(
    ({ kind, lexeme }) => (kind === "part" || kind === "whole") && lexeme.length <= SHORT_MAX,
  );
  for (const { lexeme, next } of words.toSorted((a, b) => a.next - b.next)) {
    const there = ending.get(next);
    if (there) there.push(lexeme);
    else ending.set(next, [lexeme]);
  }
  for (const { lexeme, at } of words) for (const before of ending.get(at) ?? []) yield pairLexeme(before, lexeme);
}

/** Lexemes as PostgreSQL reads a `tsvector` from text. The positions of a lexeme say in which messages of the row it is. */
export const vectorLiteral = (lexemes: ReadonlyMap<string, readonly number[]>) =>
  [...lexemes]
    .map(([lexeme, positions]) => quoted(lexeme) + (positions.length > 0 ? `:${positions.join(",")}` : ""))
    .join(" ");

/** A lexeme in a `tsvector` or a `tsquery`. */
export const quoted = (lexeme: string) =>
  `'${lexeme.includes("'") || lexeme.includes("\\") ? lexeme.replace(/['\\]/g, "$&$&") : lexeme}'`;
