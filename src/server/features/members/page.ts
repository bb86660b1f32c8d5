import { MEMBERS } from "../../log/head.ts";
import type { Database } from "../../platform/postgres/database.ts";

/** The members after $2, read row by row as in summaries.ts. Where there are none, one row has the total. */
const pageOf = (columns: string) => `SELECT ${MEMBERS} AS total, p.ordinal, ${columns}
  FROM conversations c
  LEFT JOIN LATERAL (
    SELECT user_id, ordinal FROM participants
    WHERE conversation_id = c.id AND ordinal > $2 AND is_following ORDER BY ordinal LIMIT $3
  ) p ON true
  LEFT JOIN LATERAL (SELECT * FROM users WHERE id = p.user_id OFFSET 0) u ON true
  WHERE c.id = $1 ORDER BY p.ordinal`;

/**
 * A page of members in the order of joining, with these columns of `users u`. `undefined`: there is no such
 * conversation.
 */
export async function participantsPage<Row extends { user_id: number }>(
  db: Database,
  columns: string,
  conversationId: string,
  { after, limit }: { after: number; limit: number },
): Promise<{ rows: Row[]; next: number | null; total: number } | undefined> {
  const found = await db.query<(Row | { user_id: null }) & { total: number; ordinal: number }>(pageOf(columns), [
    conversationId,
    after,
    limit + 1,
  ]);
  const [first] = found;
  if (!first) return undefined;
  const shown = found.slice(0, limit);
  return {
    rows: shown.filter((row): row is Row & { total: number; ordinal: number } => row.user_id !== null),
    next: found.length > limit ? (shown.at(-1)?.ordinal ?? null) : null,
    total: first.total,
  };
}
