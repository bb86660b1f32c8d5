import { sql } from "drizzle-orm";
import type { DailyStatistics } from "../../../protocol/statistics.ts";
import type { ChangeRange } from "../../followers/follower.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { arrayParam } from "../../platform/postgres/values.ts";

export class StatisticsStore {
  constructor(private readonly db: Database) {}

  /**
   * Adds the messages of some ranges to their days. The database counts them, because to read each message would cost
   * more than a hundredth of the cost of sending it.
   */
  async count(tx: Transaction, ranges: readonly ChangeRange[]): Promise<void> {
    if (ranges.length === 0) return;
    // Days in order, so that two nodes that count never wait for each other in a circle.
    await tx.execute(sql`
      INSERT INTO statistics AS s (day, messages)
      SELECT (m.created_at AT TIME ZONE 'UTC')::date AS day, count(*)
      FROM unnest(
        ${arrayParam(ranges.map(({ conversationId }) => conversationId))}::uuid[],
        ${arrayParam(ranges.map(({ after }) => after))}::bigint[],
        ${arrayParam(ranges.map(({ upTo }) => upTo))}::bigint[]
      ) AS asked (id, after, up_to)
      CROSS JOIN LATERAL (
        SELECT greatest(asked.after, pruned_version) AS after, pruned_version, pruned_seq
        FROM conversations WHERE id = asked.id OFFSET 0
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
        SELECT created_at, version FROM messages
        WHERE conversation_id = asked.id AND seq > base.seq AND seq <= base.seq + (asked.up_to - c.after) OFFSET 0
      ) m
      WHERE m.version <= asked.up_to
      GROUP BY 1 ORDER BY 1
      ON CONFLICT (day) DO UPDATE SET messages = s.messages + excluded.messages`);
  }

  /** The last days up to today, oldest first. A day without messages has a row too. */
  lastDays(days: number): Promise<DailyStatistics[]> {
    return this.db.query<DailyStatistics>(
      `SELECT to_char(today.day, 'YYYY-MM-DD') AS day, coalesce(s.messages, 0) AS messages
       FROM (SELECT (now() AT TIME ZONE 'UTC')::date - n AS day FROM generate_series($1::integer - 1, 0, -1) AS n) today
       LEFT JOIN statistics s ON s.day = today.day ORDER BY today.day`,
      [days],
    );
  }
}
