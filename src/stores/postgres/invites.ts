import { randomBytes } from "node:crypto";
import { and, asc, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { invites, users } from "./schema.ts";

/** Small letters that can't be taken for digits, as Douglas Crockford chose them. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const CODE_LENGTH = 16;

const newCode = () => Array.from(randomBytes(CODE_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("");

/**
 * An invite to the server in the name of the superuser who has been there longest, for the command line.
 * @returns its code; `undefined` when there is no active superuser
 */
export async function createServerInvite(db: Database, invite: { uses: number | null; days: number }) {
  return db.transaction(async (tx) => {
    const [maker] = await tx
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.isSuperuser, true), eq(users.isActive, true)))
      .orderBy(asc(users.id))
      .limit(1);
    if (!maker) return undefined;
    const code = newCode();
    const expiresAt = sql`now() + ${invite.days} * interval '1 day'`;
    await tx.insert(invites).values({ code, createdBy: maker.id, expiresAt, maxUses: invite.uses });
    return code;
  });
}
