import { isDuplicate, Texts, type TimedQuery } from "../platform/postgres/database.ts";
import { ms } from "../platform/postgres/values.ts";

/** A send that asks for nothing beside its message. */
export interface PlainSend {
  draft: { id: string; conversationId: string; senderId: number; content: string; clientId: string | undefined };
  /** The draft's fields as JSON. */
  fields: string | null;
}

/** A message that was written: the columns that its draft does not have. */
export interface Written {
  seq: number;
  version: number;
  sender_name: string;
  sender_email: string;
  created_ms: number;
}

/**
 * Appends plain sends when nothing stands in the way of any of them, or writes nothing. The conversations are free, and none is
 * a thread. The senders are active members. Nothing was sent before.
 * @returns the messages, in the order of the sends; `undefined`: nothing was written
 */
export async function appendPlain(
  query: TimedQuery,
  sends: readonly PlainSend[],
  timeoutMs: number,
): Promise<Written[] | undefined> {
  const [only, more] = sends;
  if (!only || more) return appendBatch(query, sends, timeoutMs);
  const { id, conversationId, senderId, content, clientId } = only.draft;
  const parameters = [conversationId, senderId, id, clientId ?? null, content, only.fields];
  try {
    const rows = await query<Written>(APPEND_ONE, parameters, timeoutMs);
    return rows.length === 0 ? undefined : rows;
  } catch (error) {
    if (isDuplicate(error)) return undefined;
    throw error;
  }
}

/** The answer of `confab_append_plain` (sql/append-plain.sql). */
interface PlainRow {
  places: { seqs: number[]; versions: number[]; times: number[] };
  senders: { names: string[]; emails: string[] };
}

async function appendBatch(query: TimedQuery, sends: readonly PlainSend[], timeoutMs: number) {
  const drafts = sends.map((send) => send.draft);
  const conversations = [...new Set(drafts.map((draft) => draft.conversationId))].sort();
  const places = new Map(conversations.map((id, i) => [id, i]));
  const counts = conversations.map(() => 0);
  const authors = new Map<number, number>();
  const author = { of: [] as number[], ids: [] as number[], nth: [] as number[] };
  const at = drafts.map(({ conversationId, senderId }) => {
    const place = places.get(conversationId) ?? 0;
    const nth = (counts[place] ?? 0) + 1;
    counts[place] = nth;
    // Ids of users are below 2^32.
    const key = place * 2 ** 32 + senderId;
    let known = authors.get(key);
    if (known === undefined) {
      known = author.ids.push(senderId) - 1;
      author.of.push(place + 1);
      authors.set(key, known);
    }
    author.nth[known] = nth;
    return { place, nth, author: known };
  });
  const parameters = [
    conversations,
    counts,
    author.of,
    author.ids,
    author.nth,
    at.map(({ place }) => place + 1),
    at.map(({ nth }) => nth),
    at.map((send) => send.author + 1),
    drafts.map((draft) => draft.id),
    drafts.map((draft) => draft.clientId ?? null),
    new Texts(drafts.map((draft) => draft.content)),
    // Most batches have no fields, and null for the whole batch costs nothing.
    sends.some(({ fields }) => fields !== null) ? sends.map(({ fields }) => fields) : null,
  ];
  const [row] = await query<PlainRow>(APPEND_BATCH, parameters, timeoutMs);
  return row && at.map((send) => writtenOf(row, send));
}

function writtenOf({ places, senders }: PlainRow, at: { place: number; nth: number; author: number }): Written {
  const { place, nth, author } = at;
  return {
    seq: (places.seqs[place] ?? 0) + nth,
    version: (places.versions[place] ?? 0) + nth,
    sender_name: senders.names[author] ?? "",
    sender_email: senders.emails[author] ?? "",
    created_ms: places.times[place] ?? 0,
  };
}

const APPEND_BATCH = `SELECT places, senders
  FROM confab_append_plain(
    $1::uuid[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
    $9::uuid[], $10::text[], $11::text[], $12::text[]::jsonb[]
  )`;

/**
 * The same for a single send. Most batches of a server that is not busy are one, and a function of PostgreSQL costs a
 * fifth of such a message. Each step takes its rows from the step before, so all of them write or none does.
 * MUST lock the conversation first. Its newest row gives the numbers. `read` changes the newest row of the membership. Both hold
 * also for rows that were committed after this statement began. The unique index finds a message with this client_id that the
 * statement can't see, and refuses the whole.
 */
const APPEND_ONE = `WITH locked AS (
    SELECT c.id, c.last_seq + 1 AS seq, c.last_version + 1 AS version, clock_timestamp()::timestamptz(3) AS at
    FROM conversations c WHERE c.id = $1::uuid AND c.parent_id IS NULL AND ($4::text IS NULL OR NOT EXISTS (
      SELECT FROM messages m WHERE m.conversation_id = $1::uuid AND m.sender_id = $2::integer AND m.client_id = $4::text
    )) FOR NO KEY UPDATE OF c SKIP LOCKED
  ), read AS (
    UPDATE participants p SET read_seq = l.seq
    FROM locked l, users u
    WHERE p.conversation_id = l.id AND p.user_id = $2::integer AND u.id = $2::integer AND u.is_active
    RETURNING l.id, l.seq, l.version, l.at, rtrim(u.first_name || ' ' || u.last_name) AS sender_name,
      u.email AS sender_email
  ), moved AS (
    UPDATE conversations c
    SET last_seq = r.seq, last_version = r.version, updated_at = r.at, oldest_at = coalesce(c.oldest_at, r.at)
    FROM read r WHERE c.id = r.id
  ), inserted AS (
    INSERT INTO messages (
      conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at, fields
    ) SELECT r.id, r.seq, r.version, $3::uuid, $2::integer, r.sender_name, r.sender_email, $4::text, $5::text, r.at,
      $6::text::jsonb
    FROM read r
  )
  SELECT r.seq, r.version, r.sender_name, r.sender_email, ${ms("r.at")} AS created_ms FROM read r`;
