import { and, desc, eq, sql } from "drizzle-orm";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { passwordLinks, sessions } from "../../platform/postgres/schema.ts";
import { SESSION_IDLE_MS, SESSION_LIFETIME_MS } from "./session-times.ts";

/*
 * Statements about sessions and password links. The stores of this folder share them, and other features run them in their
 * own transactions.
 */

export const IDLE = sql.raw(`interval '${SESSION_IDLE_MS / 1000} seconds'`);
export const LIFETIME = sql.raw(`interval '${SESSION_LIFETIME_MS / 1000} seconds'`);

/** The most sessions of a user that a list shows. */
export const SESSIONS_LISTED = 200;

export const ENDED = { id: sessions.id, key: sessions.key };
export const ALIVE = sql`${sessions.lastUsedAt} > now() - ${IDLE} AND ${sessions.createdAt} > now() - ${LIFETIME}`;

/** The live sessions of a user, last used first. One more than SESSIONS_LISTED says that there are more. */
export async function sessionsOf(db: Database, userId: number) {
  const rows = await db.read((orm) =>
    orm
      .select()
      .from(sessions)
      .where(and(eq(sessions.userId, userId), ALIVE))
      .orderBy(desc(sessions.lastUsedAt), desc(sessions.id))
      .limit(SESSIONS_LISTED + 1),
  );
  return rows.map((row) => ({
    id: row.id,
    created_at: row.createdAt.toISOString(),
    last_used_at: row.lastUsedAt.toISOString(),
    address: row.address,
    client: row.client,
  }));
}

/** Ends one session of a user, or all. */
export function deleteSessions(tx: Transaction, userId: number, id?: string) {
  return tx
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), id === undefined ? undefined : eq(sessions.id, id)))
    .returning(ENDED);
}

/** Voids the links that were made for a user before. Another person may have them. */
export async function voidLinksOf(tx: Transaction, userId: number): Promise<void> {
  await tx.delete(passwordLinks).where(eq(passwordLinks.userId, userId));
}
