import { and, eq, sql } from "drizzle-orm";
import type { Transaction } from "../../platform/postgres/database.ts";
import { invites } from "../../platform/postgres/schema.ts";

/**
 * Revokes the invites of a user who is deactivated (`all`), or the invites to the server of a user who is no superuser
 * any more. The invites do not come back with the right.
 */
export async function revokeInvitesOf(tx: Transaction, userId: number, { all }: { all: boolean }): Promise<void> {
  const which = all ? undefined : sql`${invites.conversationId} IS NULL`;
  await tx
    .update(invites)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(invites.createdBy, userId), sql`${invites.revokedAt} IS NULL`, which));
}
