import type { Message } from "../../../protocol/messages.ts";
import type { Filling } from "../../log/filling.ts";
import { MESSAGE_COLUMNS, type MessageRow, messageOf } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { numbersOf } from "../../platform/postgres/values.ts";

/** A conversation, as far as it decides whom a message there can mention. */
export interface Audience {
  isGroup: boolean;
  /** The sender's role. `undefined`: the sender is no member. */
  role: "owner" | "member" | undefined;
  /** The members among the people who were asked about, in that order, without the sender. */
  memberIds: number[];
}

/** A place in the list of mentions: those after it are older. */
export interface MentionsCursor {
  ms: number;
  conversationId: string;
  seq: number;
}

interface AudienceRow {
  isGroup: boolean;
  isMember: boolean;
  isOwner: boolean;
  members: string;
}

/** Reads and writes whom messages mention. */
export class MentionsStore {
  constructor(
    private readonly db: Database,
    private readonly filling: Pick<Filling, "fill">,
  ) {}

  /** @returns undefined when there is no such conversation */
  async audience(conversationId: string, senderId: number, userIds: readonly number[]): Promise<Audience | undefined> {
    const [row] = await this.db.query<AudienceRow>(AUDIENCE, [conversationId, senderId, userIds]);
    if (!row) return undefined;
    const role = row.isMember ? (row.isOwner ? "owner" : "member") : undefined;
    return { isGroup: row.isGroup, role, memberIds: numbersOf(row.members) };
  }

  /** All members of a conversation. Those of a thread are the people who follow it. */
  async memberIds(conversationId: string): Promise<number[]> {
    const rows = await this.db.query<{ id: number }>(
      "SELECT user_id AS id FROM participants WHERE conversation_id = $1 AND is_following",
      [conversationId],
    );
    return rows.map(({ id }) => id);
  }

  /** Puts a mention into the own streams of the people whom it reaches, and returns them. A repeat changes nothing. */
  async writeEntries({ conversation_id, seq, id }: Pick<Message, "conversation_id" | "seq" | "id">): Promise<number[]> {
    const rows = await this.db.query<{ id: number }>(WRITE_ENTRIES, [conversation_id, seq, id]);
    return rows.map(({ id: userId }) => userId);
  }

  /** The newest messages that mention the user, in conversations in which they are a member now. */
  async list(
    userId: number,
    {
      before,
      limit,
      conversationId,
      unread,
    }: { before: MentionsCursor | undefined; limit: number; conversationId: string | undefined; unread: boolean },
  ): Promise<Message[]> {
    const rows = await this.db.query<MessageRow>(LIST, [
      userId,
      limit,
      before?.ms ?? null,
      before?.conversationId ?? null,
      before?.seq ?? null,
      conversationId ?? null,
      unread,
    ]);
    return this.filling.fill(rows.map(messageOf));
  }
}

/** The members of a thread are those of its parent. */
const AUDIENCE = `SELECT c.is_group AS "isGroup", c.owner_id IS NOT DISTINCT FROM $2::integer AS "isOwner",
    EXISTS (SELECT FROM participants p WHERE p.conversation_id = c.id AND p.user_id = $2) AS "isMember",
    ARRAY(
      SELECT p.user_id FROM unnest($3::integer[]) WITH ORDINALITY AS asked (id, n)
      CROSS JOIN LATERAL (
        SELECT user_id FROM participants WHERE conversation_id = c.id AND user_id = asked.id AND user_id <> $2 OFFSET 0
      ) p
      ORDER BY asked.n
    )::text AS members
  FROM conversations given JOIN conversations c ON c.id = coalesce(given.parent_id, given.id)
  WHERE given.id = $1`;

/** Streams are locked in the order of their users, so that two mentions never wait for each other in a circle. */
const WRITE_ENTRIES = `WITH reached AS (
    SELECT p.user_id FROM mentions m
    JOIN participants p ON p.conversation_id = m.conversation_id AND p.user_id = m.user_id
    WHERE m.conversation_id = $1 AND m.seq = $2 AND NOT EXISTS (
      SELECT FROM me_entries e
      WHERE e.user_id = m.user_id AND e.kind = 'mention' AND e.key = $1::text AND (e.value->>'seq')::bigint >= $2
    )
  ), moved AS (
    INSERT INTO me_streams AS s (user_id, me_version) SELECT user_id, 1 FROM reached ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET me_version = s.me_version + 1 RETURNING user_id, me_version
  )
  INSERT INTO me_entries (user_id, kind, key, conversation_id, value, me_version)
  SELECT user_id, 'mention', $1::text, $1::uuid, jsonb_build_object('seq', $2::bigint, 'message_id', $3::uuid), me_version
  FROM moved
  ON CONFLICT (user_id, kind, key) DO UPDATE SET value = excluded.value, me_version = excluded.me_version
  RETURNING user_id AS id`;

/** The newest mentions of each conversation are looked up by index. Only these few are sorted by their time. */
const LIST = `SELECT ${MESSAGE_COLUMNS}
  FROM (
    SELECT conversation_id, read_seq FROM participants
    WHERE user_id = $1 AND conversation_id = coalesce($6::uuid, conversation_id) OFFSET 0
  ) p
  CROSS JOIN LATERAL (
    SELECT x.* FROM (
      (SELECT m.* FROM mentions n CROSS JOIN LATERAL (
         SELECT * FROM messages WHERE conversation_id = n.conversation_id AND seq = n.seq OFFSET 0
       ) m
       WHERE n.user_id = $1 AND n.conversation_id = p.conversation_id AND (NOT $7 OR n.seq > p.read_seq)
         AND ($3::double precision IS NULL OR (m.created_at, m.conversation_id, m.seq) < (
           to_timestamp($3::double precision / 1000), $4::uuid, $5::bigint))
       ORDER BY n.seq DESC LIMIT $2)
      UNION ALL
      (SELECT m.* FROM mentions_of_all n CROSS JOIN LATERAL (
         SELECT * FROM messages WHERE conversation_id = n.conversation_id AND seq = n.seq OFFSET 0
       ) m
       WHERE n.conversation_id = p.conversation_id AND m.sender_id <> $1 AND (NOT $7 OR n.seq > p.read_seq)
         AND ($3::double precision IS NULL OR (m.created_at, m.conversation_id, m.seq) < (
           to_timestamp($3::double precision / 1000), $4::uuid, $5::bigint))
       ORDER BY n.seq DESC LIMIT $2)
    ) x
  ) m
  ORDER BY m.created_at DESC, m.conversation_id DESC, m.seq DESC LIMIT $2`;
