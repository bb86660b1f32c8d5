import { sql } from "drizzle-orm";
import type { Stems } from "../../../text/search-match.ts";
import type { ChangeRange, EndedEarly } from "../../followers/follower.ts";
import type { Transaction } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { arrayParam, ms, textsParam } from "../../platform/postgres/values.ts";
import { filesOf } from "./files.ts";
import { type FoundRow, type IndexedMessage, joined, RUN, rowOf, runStart, vectorLiteral } from "./rows.ts";

/** Sends and everybody else have their turn after this many ms. */
const STRETCH_MS = 1;

/** A range of messages whose rows are written anew. */
interface Piece {
  conversationId: string;
  placeId: string;
  first: number;
  last: number;
  /** They are a complete run, and may have one row. */
  isRun: boolean;
}

interface TouchedRow {
  /** The place of its range among the others. */
  n: number;
  id: string;
  place: string;
  is_thread: boolean;
  last_seq: number;
  seq: number;
  version: number;
  bytes: number;
}

/**
 * Writes the rows of the messages that some ranges of changes touch. Each row is made from the messages as they are now,
 * so a repeat writes the same.
 * @param bytesMax ends early after about so many bytes of text, because long texts take long
 */
export async function writeRows(
  tx: Transaction,
  ranges: readonly ChangeRange[],
  stems?: Stems,
  bytesMax = Number.POSITIVE_INFINITY,
): Promise<EndedEarly | undefined> {
  if (ranges.length === 0) return undefined;
  const touched = await rowsOf<TouchedRow>(
    tx,
    sql`SELECT asked.n::integer AS n, asked.id, coalesce(c.parent_id, c.id) AS place, c.parent_id IS NOT NULL AS is_thread,
        c.last_seq::double precision AS last_seq, touched.seq::double precision AS seq,
        touched.version::double precision AS version, touched.bytes
      FROM unnest(
        ${arrayParam(ranges.map(({ conversationId }) => conversationId))}::uuid[],
        ${arrayParam(ranges.map(({ after }) => after))}::bigint[],
        ${arrayParam(ranges.map(({ upTo }) => upTo))}::bigint[]
      ) WITH ORDINALITY AS asked (id, after, up_to, n)
      CROSS JOIN LATERAL (
        SELECT *, greatest(asked.after, pruned_version) AS after FROM conversations WHERE id = asked.id OFFSET 0
      ) c
      CROSS JOIN LATERAL (
        -- Between two rows of "changes" every version is a message, so the nearest one before says which seq a version has.
        SELECT coalesce(
          (SELECT last_seq + (c.after - version) FROM changes
           WHERE conversation_id = asked.id AND version <= c.after ORDER BY version DESC LIMIT 1),
          c.pruned_seq + (c.after - c.pruned_version)
        ) AS seq
      ) base
      CROSS JOIN LATERAL (
        SELECT * FROM (
          SELECT seq, version, octet_length(content) AS bytes FROM messages
          WHERE conversation_id = asked.id AND seq > base.seq AND seq <= base.seq + (asked.up_to - c.after)
            AND version <= asked.up_to
          UNION ALL
          -- Marks such as reactions alter no word.
          SELECT ch.message_seq, ch.version, coalesce(octet_length(m.content), 0) FROM changes ch
          LEFT JOIN messages m ON m.conversation_id = ch.conversation_id AND m.seq = ch.message_seq
          WHERE ch.conversation_id = asked.id AND ch.version > c.after AND ch.version <= asked.up_to
            AND ch.message_seq IS NOT NULL AND (ch.payload ->> 'kind') IS NULL
        ) u OFFSET 0
      ) touched
      ORDER BY asked.n, touched.version`,
  );
  const count = fittingIn(touched, bytesMax);
  const ended = endedAt(ranges, touched, count);
  const pieces = piecesOf(touched.slice(0, count));
  if (pieces.length === 0) return ended;
  const messages = await readMessages(tx, pieces);
  const rows: (Piece & { row: FoundRow })[] = [];
  let breathed = performance.now();
  for (const [i, piece] of pieces.entries()) {
    const own: FoundRow[] = [];
    for (const message of messages.get(i) ?? []) {
      own.push(rowOf(message, stems));
      if (performance.now() - breathed < STRETCH_MS) continue;
      await new Promise(setImmediate);
      breathed = performance.now();
    }
    for (const row of piece.isRun ? joined(own) : own) rows.push({ ...piece, row });
  }
  const columns = columnsOf(pieces);
  await tx.execute(sql`
    DELETE FROM found WHERE ctid = ANY (ARRAY(
      SELECT f.ctid FROM unnest(${columns[0]}::uuid[], ${columns[1]}::bigint[], ${columns[2]}::bigint[]) AS asked (id, first, last)
      CROSS JOIN LATERAL (
        SELECT ctid FROM found WHERE conversation_id = asked.id AND seq >= asked.first AND seq <= asked.last OFFSET 0
      ) f))`);
  if (rows.length === 0) return ended;
  await tx.execute(sql`
    INSERT INTO found (conversation_id, seq, last_seq, place_id, first_at, at, v)
    SELECT id, seq, last_seq, place, to_timestamp(first_ms / 1000), to_timestamp(ms / 1000), v::tsvector
    FROM unnest(
      ${arrayParam(rows.map(({ conversationId }) => conversationId))}::uuid[],
      ${arrayParam(rows.map(({ row }) => row.seq))}::bigint[],
      ${arrayParam(rows.map(({ row }) => row.lastSeq))}::bigint[],
      ${arrayParam(rows.map(({ placeId }) => placeId))}::uuid[],
      ${arrayParam(rows.map(({ row }) => row.firstMs))}::double precision[],
      ${arrayParam(rows.map(({ row }) => row.ms))}::double precision[],
      ${textsParam(rows.map(({ row }) => vectorLiteral(row.lexemes)))}::text[]
    ) AS made (id, seq, last_seq, place, first_ms, ms, v)`);
  return ended;
}

/**
 * The first messages that have so many bytes together: one at least, and all of a complete run, which is written as a whole.
 * Were a run of long texts cut, it would be written anew for each of its messages.
 */
function fittingIn(touched: readonly TouchedRow[], bytesMax: number): number {
  let bytes = 0;
  for (const [i, row] of touched.entries()) {
    const before = touched[i - 1];
    if (before && bytes >= bytesMax && nameOf(pieceOf(row)) !== nameOf(pieceOf(before))) return i;
    bytes += row.bytes;
  }
  return touched.length;
}

/** Where the ranges end of which a message is left out. */
function endedAt(
  ranges: readonly ChangeRange[],
  touched: readonly TouchedRow[],
  count: number,
): EndedEarly | undefined {
  const next = touched[count];
  if (!next) return undefined;
  return new Map(
    ranges
      .slice(next.n - 1)
      .map(({ conversationId, after }, i) => [conversationId, i === 0 ? next.version - 1 : after]),
  );
}

const piecesOf = (touched: readonly TouchedRow[]): Piece[] => [
  ...new Map(touched.map(pieceOf).map((piece) => [nameOf(piece), piece])).values(),
];

/** Complete runs as a whole, other messages one by one. The messages of a thread are few, and never a run. */
function pieceOf({ id, place, is_thread, last_seq, seq }: TouchedRow): Piece {
  const start = runStart(seq);
  const isRun = !is_thread && last_seq >= start + RUN - 1;
  const first = isRun ? start : seq;
  const last = isRun ? start + RUN - 1 : seq;
  return { conversationId: id, placeId: place, first, last, isRun };
}

const nameOf = ({ conversationId, first }: Piece) => `${conversationId} ${first}`;

interface ReadRow {
  n: number;
  seq: number;
  sender_id: number;
  ms: number;
  content: string;
  files: string | null;
}

/** The messages of each piece by its position, without deleted ones. */
async function readMessages(tx: Transaction, pieces: readonly Piece[]): Promise<Map<number, IndexedMessage[]>> {
  const columns = columnsOf(pieces);
  const rows = await rowsOf<ReadRow>(
    tx,
    sql`SELECT asked.n::integer AS n, m.seq::double precision AS seq, m.sender_id, ${sql.raw(ms("m.created_at"))} AS ms, m.content,
        (m.fields -> 'files')::text AS files
      FROM unnest(${columns[0]}::uuid[], ${columns[1]}::bigint[], ${columns[2]}::bigint[])
        WITH ORDINALITY AS asked (id, first, last, n)
      CROSS JOIN LATERAL (
        SELECT * FROM messages WHERE conversation_id = asked.id AND seq >= asked.first AND seq <= asked.last OFFSET 0
      ) m
      WHERE m.deleted_at IS NULL ORDER BY asked.n, m.seq`,
  );
  const byPiece = new Map<number, IndexedMessage[]>();
  for (const { n, seq, sender_id: senderId, ms: at, content, files } of rows) {
    const message = { seq, senderId, ms: at, content, files: files === null ? [] : filesOf(JSON.parse(files)) };
    const there = byPiece.get(n - 1);
    if (there) there.push(message);
    else byPiece.set(n - 1, [message]);
  }
  return byPiece;
}

const columnsOf = (pieces: readonly Piece[]) => [
  arrayParam(pieces.map(({ conversationId }) => conversationId)),
  arrayParam(pieces.map(({ first }) => first)),
  arrayParam(pieces.map(({ last }) => last)),
];
