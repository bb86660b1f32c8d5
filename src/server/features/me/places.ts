import { sql } from "drizzle-orm";
import type { Transaction } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { ms } from "../../platform/postgres/values.ts";

/** The conversation whose members may read `c`: a thread is read by the members of its parent. */
export const MEMBERS_OF = "coalesce(c.parent_id, c.id)";

/** Where an entry about a message or a conversation belongs. */
export interface OwnPlace {
  conversationId: string;
  /** The conversation with whose membership the entry ends. */
  memberOf: string;
}

/** A message that the user may read now. Locks the membership against its end. */
export async function readableMessage(
  tx: Transaction,
  userId: number,
  messageId: string,
): Promise<(OwnPlace & { seq: number }) | undefined> {
  const [row] = await rowsOf<OwnPlace & { seq: number | string }>(
    tx,
    sql`SELECT c.id AS "conversationId", p.conversation_id AS "memberOf", m.seq
      FROM messages m JOIN conversations c ON c.id = m.conversation_id
      JOIN participants p ON p.conversation_id = ${sql.raw(MEMBERS_OF)} AND p.user_id = ${userId}
      WHERE m.id = ${messageId}::uuid FOR KEY SHARE OF p`,
  );
  return row && { ...row, seq: Number(row.seq) };
}

/** A conversation that the user may read now. Locks the membership against its end. */
export async function readableConversation(
  tx: Transaction,
  userId: number,
  conversationId: string,
): Promise<OwnPlace | undefined> {
  const [row] = await rowsOf<OwnPlace>(
    tx,
    sql`SELECT c.id AS "conversationId", p.conversation_id AS "memberOf"
      FROM conversations c JOIN participants p ON p.conversation_id = ${sql.raw(MEMBERS_OF)} AND p.user_id = ${userId}
      WHERE c.id = ${conversationId}::uuid FOR KEY SHARE OF p`,
  );
  return row;
}

/** The clock of the database, in ms: one for all nodes. */
export async function databaseNow(tx: Transaction): Promise<number> {
  const [row] = await rowsOf<{ now: number }>(tx, sql`SELECT ${sql.raw(ms("clock_timestamp()"))} AS now`);
  return row?.now ?? Date.now();
}
