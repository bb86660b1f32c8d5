import type { Database } from "../../platform/postgres/database.ts";
import { numbersOf } from "../../platform/postgres/values.ts";

/** Reads votes. `confab_mark` writes them. */
export class PollsStore {
  constructor(private readonly db: Database) {}

  async own(
    conversationId: string,
    userId: number,
    { afterSeq, beforeSeq, limit }: { afterSeq: number; beforeSeq: number | undefined; limit: number },
  ): Promise<{ message_id: string; seq: number; options: number[] }[]> {
    const rows = await this.db.query<{ message_id: string; seq: number; options: string }>(OWN, [
      conversationId,
      userId,
      afterSeq,
      beforeSeq ?? Number.MAX_SAFE_INTEGER,
      limit,
    ]);
    return rows.map(({ options, ...row }) => ({ ...row, options: numbersOf(options) }));
  }
}

const OWN = `SELECT m.id AS message_id, v.message_seq AS seq, v.options
  FROM (
    SELECT message_seq, array_agg(option ORDER BY option)::text AS options FROM votes
    WHERE conversation_id = $1 AND user_id = $2 AND message_seq > $3 AND message_seq < $4
    GROUP BY message_seq ORDER BY message_seq DESC LIMIT $5
  ) v
  CROSS JOIN LATERAL (
    SELECT id FROM messages WHERE conversation_id = $1 AND seq = v.message_seq OFFSET 0
  ) m
  ORDER BY v.message_seq DESC`;
