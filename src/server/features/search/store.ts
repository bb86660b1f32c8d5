import type { ConversationKind } from "../../../protocol/conversations.ts";
import type { Message } from "../../../protocol/messages.ts";
import { messageOf } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { foundUsers } from "../../platform/postgres/search.ts";
import { filesOf } from "./files.ts";
import { SEARCH } from "./follower.ts";
import { type LexemeQuery, lexemesOf, positionsIn } from "./lexeme-query.ts";
import { BEGIN, BEHIND_IN_ONE, NAMED_PLACES, RARE, READ, type ReadRow, WALK, WINDOW } from "./statements.ts";

/** A row of the index, or messages that the index does not have yet. */
export interface Candidate {
  conversationId: string;
  seq: number;
  lastSeq: number;
  firstMs: number;
  ms: number;
  /** The messages that may match, counted from 1. `undefined`: any of them. */
  positions?: readonly number[] | undefined;
}

/** The place of a message among all. */
export interface Place {
  ms: number;
  conversationId: string;
  seq: number;
}

/** The times of messages, in ms since 1970: `from` ≤ time < `to`. */
export interface Span {
  from: number;
  to: number;
}

/** The years that PostgreSQL's moments and ISO 8601 share, in ms since 1970. */
export const ALWAYS: Span = { from: 0, to: 253_402_300_800_000 };

/** A message that is to be compared with the query, and its conversation. */
export interface ReadMessage extends Place {
  senderId: number;
  senderName: string;
  senderEmail: string;
  content: string;
  files: { name: string; type: string; alt?: string | undefined }[];
  message: Message;
  kind: ConversationKind;
  name: string | null;
  parentId: string | null;
  rootSeq: number | null;
  /** The other person of a 1-on-1. */
  otherId: number | null;
}

/** How many rows of the index were read, how many of them are runs, and the messages of all. */
export interface Counts {
  looked: number;
  runs: number;
  messages: number;
  /** The rows, and the runs, that have the lexemes in whatever messages. */
  near: number;
  nearRuns: number;
}

/** Rows of the index: those that may have what is sought. */
export interface Rows {
  counts: Counts;
  found: Candidate[];
}

/** The first window of a search, and the messages that the index lacked at that moment. */
export interface Beginning extends Rows {
  places: string[];
  behind: Behind[];
  /** The part of the span that was read. `undefined`: the places are too many for one statement. */
  window: Span | undefined;
  /** When the nearest row was sent, and the rows in a ms there. `undefined`: there is none. */
  nearest: { ms: number; rate: number } | undefined;
}

/** A conversation whose newest messages the index does not have. */
export interface Behind {
  conversationId: string;
  indexedSeq: number;
  lastSeq: number;
}

/** A range of messages to read. */
export interface MessageRange {
  conversationId: string;
  seq: number;
  lastSeq: number;
}

/** Reads the index, and the messages that it points to. */
export class SearchStore {
  constructor(private readonly db: Database) {}

  /** The most rows of one statement. */
  get pieceRows(): number {
    return this.db.pieceRows;
  }

  /** Whether the index may be read in one statement that a time limit bounds. */
  get searchesByIndex(): boolean {
    return this.db.searchesByIndex;
  }

  /** The conversations of which the user is a member, with names. Threads are not among them. */
  namedPlacesOf(userId: number): Promise<{ id: string; name: string | null; otherId: number | null }[]> {
    return this.db.query(NAMED_PLACES, [userId]);
  }

  /** The people with this in their name or e-mail address. `undefined`: they are too many. */
  people(written: string): Promise<number[] | undefined> {
    return foundUsers(this.db, written, PEOPLE_MOST);
  }

  /**
   * The nearest rows of the user's places. The same statement says which messages the index lacks: of another moment, messages
   * that the follower indexes in between would be in neither of them.
   * @param among only these places
   * @param rows so many are wanted
   */
  async begin(
    { userId, among }: { userId: number; among: readonly string[] | undefined },
    { from, to }: Span,
    isOldest: boolean,
    sought: LexemeQuery,
    { rows, most, behind }: { rows: number; most: number; behind: number },
  ): Promise<Beginning> {
    const [row] = await this.db.bulk<
      RowsRow & {
        ids: string | null;
        start: number | null;
        rate: number | null;
        edge: number | null;
        whole: boolean;
        behind: string;
      }
    >(isOldest ? BEGIN.oldest : BEGIN.newest, [
      ...[userId, among ?? null, from, to, sought.query, lexemesOf(sought)],
      ...[most, rows, PLACES_AT_ONCE, sought.lookUp, SEARCH, behind],
    ]);
    const { start, rate, edge } = row ?? {};
    return {
      ...rowsIn(row, sought),
      places: row?.ids?.split(" ") ?? [],
      behind: row ? JSON.parse(row.behind) : [],
      window: !row?.whole
        ? undefined
        : edge == null
          ? { from, to }
          : isOldest
            ? { from, to: edge }
            : { from: edge, to },
      nearest: start == null || rate == null ? undefined : { ms: start, rate },
    };
  }

  /**
   * The rows that have messages of a span: at most `most` are read. A run that began in the span and ended after it is
   * among them.
   */
  async window(places: readonly string[], { from, to }: Span, sought: LexemeQuery, most: number): Promise<Rows> {
    const found: Candidate[] = [];
    const counts = { looked: 0, runs: 0, messages: 0, near: 0, nearRuns: 0 };
    for (let i = 0; i < places.length && counts.looked < most; i += PLACES_AT_ONCE) {
      const [row] = await this.db.bulk<RowsRow>(WINDOW, [
        ...[places.slice(i, i + PLACES_AT_ONCE), from, to],
        ...[sought.query, lexemesOf(sought), most, sought.lookUp],
      ]);
      const rows = rowsIn(row, sought);
      found.push(...rows.found);
      addCounts(counts, rows.counts);
    }
    return { counts, found };
  }

  /** The rows of one conversation from the row of message `seq` on, and the last message that they have. */
  async walk(conversationId: string, seq: number, isOldest: boolean, sought: LexemeQuery, most: number) {
    const [row] = await this.db.bulk<RowsRow & { edge: number | null; edge_ms: number | null }>(
      isOldest ? WALK.up : WALK.down,
      [conversationId, seq, sought.query, lexemesOf(sought), most],
    );
    const edge: Place | undefined =
      row?.edge == null || row.edge_ms === null ? undefined : { ms: row.edge_ms, conversationId, seq: row.edge };
    return { ...rowsIn(row, sought), edge };
  }

  /**
   * The rows in a span that have rare words, in the order of the search: at most `kept` of them.
   * @param most so many rows are looked at: of anybody, or with `isOwn` of these places
   * @returns `undefined`: the words are not rare
   */
  async rare(
    places: readonly string[],
    { from, to }: Span,
    isOldest: boolean,
    sought: LexemeQuery,
    { isOwn, most, kept }: { isOwn: boolean; most: number; kept: number },
  ): Promise<Rows | undefined> {
    const [row] = await this.db.bulk<RowsRow & { is_all: boolean }>(RARE, [
      ...[sought.lookUp, sought.query, lexemesOf(sought), places, from, to, isOldest],
      ...[isOwn, most, kept],
    ]);
    return row?.is_all ? rowsIn(row, sought) : undefined;
  }

  /** Whether the index lacks messages of one conversation or thread: at most one entry. */
  behind(conversationId: string): Promise<Behind[]> {
    return this.db.bulk<Behind>(BEHIND_IN_ONE, [conversationId, SEARCH]);
  }

  /**
   * The messages of ranges within a span that may match, without deleted ones. The user may read them now.
   * @param sought Its patterns and phrases leave out most other messages.
   */
  async read(
    userId: number,
    ranges: readonly MessageRange[],
    { from, to }: Span,
    senders: readonly number[] | undefined,
    { patterns, phrases }: LexemeQuery,
  ): Promise<ReadMessage[]> {
    const rows = await this.db.bulk<ReadRow>(READ, [
      userId,
      ranges.map(({ conversationId }) => conversationId),
      ranges.map(({ seq }) => seq),
      ranges.map(({ lastSeq }) => lastSeq),
      ...[from, to, senders ?? null, patterns, phrases],
    ]);
    return rows.map(readMessageOf);
  }
}

function readMessageOf(row: ReadRow): ReadMessage {
  const { kind, name, parentId, rootSeq, otherId } = row;
  return {
    ms: row.created_ms,
    conversationId: row.conversation_id,
    seq: row.seq,
    senderId: row.sender_id,
    senderName: row.sender_name,
    senderEmail: row.sender_email,
    content: row.content,
    files: filesOf(row.fields?.["files"]),
    message: messageOf(row),
    ...{ kind, name, parentId, rootSeq, otherId },
  };
}

interface RowsRow {
  looked: number;
  runs?: number;
  messages?: number;
  near?: number;
  near_runs?: number;
  rows: string;
}

function rowsIn(row: RowsRow | undefined, { groups }: LexemeQuery): Rows {
  const found: [string, number, number, number, number, string | null][] = row ? JSON.parse(row.rows) : [];
  const { looked = 0, runs = 0, messages = 0, near = 0, near_runs: nearRuns = 0 } = row ?? {};
  return {
    counts: { looked, runs, messages, near, nearRuns },
    found: found.map(([conversationId, seq, lastSeq, firstMs, ms, vector]) => {
      const positions = vector === null ? undefined : positionsIn(vector, groups);
      return { conversationId, seq, lastSeq, firstMs, ms, positions };
    }),
  };
}

export function addCounts(sum: Counts, more: Counts): void {
  sum.looked += more.looked;
  sum.runs += more.runs;
  sum.messages += more.messages;
  sum.near += more.near;
  sum.nearRuns += more.nearRuns;
}

const PEOPLE_MOST = 200;
/** The places of one statement. */
const PLACES_AT_ONCE = 1_000;
