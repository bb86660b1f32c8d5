import { fullNameOf } from "../../../protocol/names.ts";
import type { OwnReactions, ReactedPage } from "../../../protocol/reactions.ts";
import { Failure } from "../../base/failure.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { iso, ms } from "../../platform/postgres/values.ts";

/** The place of a reaction in a list of those to one message. `at` is in microseconds since 1970. */
export interface ReactedPlace {
  emoji: string;
  at: number;
  userId: number;
}

export interface ReactedQuery {
  emoji: string | undefined;
  after: ReactedPlace | undefined;
  limit: number;
}

export interface MineQuery {
  afterSeq: number;
  beforeSeq: number | undefined;
  limit: number;
}

/** The account of a person who has reacted may be gone. */
const GONE = "Deleted user";

interface ReactedRow {
  emoji: string | null;
  user_id: number;
  first_name: string | null;
  last_name: string | null;
  at_ms: number;
  at_us: number;
}

/** Reads who has reacted with what. `confab_mark` writes it. */
export class ReactionsStore {
  constructor(private readonly db: Database) {}

  /**
   * The people who have reacted to a message, by emoji and time.
   * @returns the place after which the next page begins, unless this is the last
   * @throws Failure `message_not_found`
   */
  async reacted(
    conversationId: string,
    messageId: string,
    { emoji, after, limit }: ReactedQuery,
  ): Promise<{ people: ReactedPage["people"]; next: ReactedPlace | undefined }> {
    const from = [after?.emoji ?? null, after?.at ?? null, after?.userId ?? null];
    const rows = await this.db.query<ReactedRow>(REACTED, [
      conversationId,
      messageId,
      emoji ?? null,
      ...from,
      limit + 1,
    ]);
    if (rows.length === 0) throw new Failure("message_not_found");
    const found = rows.flatMap((row) => (row.emoji === null ? [] : { ...row, emoji: row.emoji }));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return {
      people: page.map(({ user_id, first_name, last_name, emoji, at_ms }) => ({
        user_id,
        full_name: first_name === null ? GONE : fullNameOf(first_name, last_name ?? ""),
        emoji,
        at: iso(at_ms),
      })),
      next: last && { emoji: last.emoji, at: last.at_us, userId: last.user_id },
    };
  }

  /** The messages of a range to which the user has reacted, oldest first. */
  async mine(conversationId: string, userId: number, { afterSeq, beforeSeq, limit }: MineQuery): Promise<OwnReactions> {
    const parameters = [conversationId, userId, afterSeq, beforeSeq ?? Number.MAX_SAFE_INTEGER, limit];
    return this.db.query(MINE, parameters);
  }
}

/** One row without an emoji says that the message is there. */
const REACTED = `SELECT r.emoji, r.user_id, u.first_name, u.last_name, ${ms("r.at")} AS at_ms,
    (extract(epoch FROM r.at) * 1000000)::bigint AS at_us
  FROM (SELECT * FROM messages WHERE id = $2 AND conversation_id = $1 OFFSET 0) m
  LEFT JOIN LATERAL (
    SELECT * FROM reactions WHERE conversation_id = $1 AND message_seq = m.seq AND ($3::text IS NULL OR emoji = $3)
      AND ($4::text IS NULL OR (emoji, at, user_id) > ($4, 'epoch'::timestamptz + $5::bigint * interval '1 microsecond', $6::integer))
    ORDER BY emoji, at, user_id LIMIT $7
  ) r ON true
  LEFT JOIN LATERAL (SELECT * FROM users WHERE id = r.user_id OFFSET 0) u ON true
  ORDER BY r.emoji, r.at, r.user_id`;

/** Without `+ 0`, the planner could choose the index by message, which has the reactions of everybody. */
const MINE = `SELECT m.id AS message_id, mine.seq, mine.emoji
  FROM (
    SELECT message_seq AS seq, jsonb_agg(emoji ORDER BY at) AS emoji FROM reactions
    WHERE conversation_id = $1 AND user_id = $2 AND message_seq + 0 > $3 AND message_seq + 0 < $4
    GROUP BY message_seq ORDER BY message_seq LIMIT $5
  ) mine
  JOIN LATERAL (SELECT id FROM messages WHERE conversation_id = $1 AND seq = mine.seq OFFSET 0) m ON true
  ORDER BY mine.seq`;
