import { and, eq, sql } from "drizzle-orm";
import type { ConversationMe, ConversationMeBody } from "../../../protocol/me.ts";
import { EPOCH } from "../../log/rows.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { conversations, participants } from "../../platform/postgres/schema.ts";
import { ms } from "../../platform/postgres/values.ts";
import { FLOOR, OwnStream } from "./own-stream.ts";
import { changedState, NOTHING_SET, type Place, type StoredState } from "./state.ts";
import { ENTRY_OF_MEMBER, headOf, meOf } from "./statements.ts";

/** An entry as the stream shows it. */
export interface Entry {
  kind: string;
  key: string;
  value: Record<string, unknown>;
  meVersion: number;
  /** Where the entry's conversation stands; undefined for an entry about none. */
  place: Place | undefined;
  /** It is about a thread. */
  isThread: boolean;
}

interface EntryRow extends Partial<Place> {
  is_thread: boolean;
  head: number;
  floor: number;
  kind: string | null;
  key: string;
  value: Record<string, unknown>;
  me_version: number;
}

interface MemberRow extends Place {
  stored: StoredState | null;
  head: number;
}

/** A member's place in `c` and `p`, for a select list. */
const PLACE = `c.last_seq AS "lastSeq", p.read_seq AS "readSeq", ${ms("c.updated_at")} AS "updatedMs"`;

/** Personal settings, and the stream of each person's changes. */
export class MeStore {
  constructor(private readonly db: Database) {}

  /**
   * Changes a member's personal settings of a conversation. Takes a `me_version` only when something differs.
   * @returns undefined when the user is no member
   */
  changeConversation(
    userId: number,
    conversationId: string,
    changes: ConversationMeBody,
  ): Promise<{ me: ConversationMe; isChanged: boolean } | undefined> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const { head } = stream;
      const found = await memberIn(tx, userId, conversationId);
      if (!found) return undefined;
      const { nowMs, ...place } = found;
      const entry = await stream.entry("conversation", conversationId);
      const stored = { ...NOTHING_SET, ...entry?.value };
      const next = changedState(stored, place, changes, nowMs);
      if (!next) return { me: meOf(stored, place, head), isChanged: false };
      const meVersion = await stream.put("conversation", conversationId, { ...next }, conversationId);
      return { me: meOf(next, place, meVersion), isChanged: true };
    });
  }

  /** The member's personal settings of a conversation. `undefined`: they are no member. */
  async ofConversation(userId: number, conversationId: string): Promise<ConversationMe | undefined> {
    const [row] = await this.db.query<MemberRow>(
      `SELECT ${PLACE}, e.value AS stored, ${headOf("$1")} AS head
       FROM (SELECT * FROM participants WHERE conversation_id = $2 AND user_id = $1) p
       JOIN conversations c ON c.id = p.conversation_id ${ENTRY_OF_MEMBER}`,
      [userId, conversationId],
    );
    return row && meOf(row.stored, row, row.head);
  }

  /** The newest `me_version` of each of these people; 0 for people without entries. */
  async heads(userIds: number[]): Promise<Map<number, number>> {
    const rows = await this.db.query<{ id: number; head: number }>(
      `SELECT asked.id, ${headOf("asked.id")} AS head FROM unnest($1::integer[]) AS asked (id)`,
      [userIds],
    );
    return new Map(rows.map(({ id, head }) => [id, head]));
  }

  /**
   * The user's entries after this version, in order, at most `limit`, and the newest version at that moment. Entries that
   * were gone at `floor` or before it may be missing.
   */
  async entriesAfter(
    userId: number,
    after: number,
    limit: number,
  ): Promise<{ head: number; floor: number; entries: Entry[] }> {
    const rows = await this.db.query<EntryRow>(
      `SELECT stream.head, stream.floor, e.kind, e.key, e.value, e.me_version, (c.parent_id IS NOT NULL) IS TRUE AS is_thread,
         ${PLACE}
       FROM (SELECT ${headOf("$1")} AS head, coalesce((
         SELECT me_version FROM me_entries WHERE user_id = $1 AND kind = '${FLOOR}' AND key = ''
       ), 0)::bigint AS floor) stream
       LEFT JOIN LATERAL (
         SELECT * FROM me_entries WHERE user_id = $1 AND me_version > $2 ORDER BY me_version LIMIT $3
       ) e ON true
       LEFT JOIN LATERAL (
         SELECT * FROM participants WHERE conversation_id = e.conversation_id AND user_id = $1 OFFSET 0
       ) p ON true
       LEFT JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id OFFSET 0) c ON true
       ORDER BY e.me_version`,
      [userId, after, limit],
    );
    const { head = 0, floor = 0 } = rows[0] ?? {};
    return { head, floor, entries: rows.flatMap((row) => entryOf(row) ?? []) };
  }

  /** The user's entries of one kind after this key, in the order of their keys, and the newest version at that moment. */
  async entriesOf(
    userId: number,
    kind: string,
    after: string,
    limit: number,
  ): Promise<{ head: number; epoch: string; entries: Pick<Entry, "key" | "value" | "meVersion">[] }> {
    const rows = await this.db.query<{
      head: number;
      epoch: string;
      key: string | null;
      value: Record<string, unknown>;
      me_version: number;
    }>(
      `SELECT stream.head, ${EPOCH} AS epoch, e.key, e.value, e.me_version FROM (SELECT ${headOf("$1")} AS head) stream
       LEFT JOIN LATERAL (
         SELECT * FROM me_entries WHERE user_id = $1 AND kind = $2 AND key > $3 AND value <> '{}'::jsonb
         ORDER BY key LIMIT $4
       ) e ON true
       ORDER BY e.key`,
      [userId, kind, after, limit],
    );
    const entries = rows.flatMap(({ key, value, me_version: meVersion }) =>
      key === null ? [] : { key, value, meVersion },
    );
    return { head: rows[0]?.head ?? 0, epoch: rows[0]?.epoch ?? "", entries };
  }
}

function entryOf({
  kind,
  key,
  value,
  me_version: meVersion,
  is_thread: isThread,
  lastSeq,
  readSeq,
  updatedMs,
}: EntryRow): Entry | undefined {
  if (kind === null) return undefined;
  const place = lastSeq == null || readSeq == null || updatedMs == null ? undefined : { lastSeq, readSeq, updatedMs };
  return { kind, key, value, meVersion, place, isThread };
}

/** Locks the membership against its end, and reads where the conversation stands. */
async function memberIn(
  tx: Transaction,
  userId: number,
  conversationId: string,
): Promise<(Place & { nowMs: number }) | undefined> {
  const [row] = await tx
    .select({
      lastSeq: conversations.lastSeq,
      readSeq: participants.readSeq,
      updatedAt: conversations.updatedAt,
      nowMs: sql<number>`(extract(epoch FROM clock_timestamp()) * 1000)::double precision`,
    })
    .from(participants)
    .innerJoin(conversations, eq(conversations.id, participants.conversationId))
    .where(and(eq(participants.conversationId, conversationId), eq(participants.userId, userId)))
    .for("key share", { of: participants });
  if (!row) return undefined;
  const { updatedAt, ...rest } = row;
  return { ...rest, updatedMs: updatedAt.getTime() };
}
