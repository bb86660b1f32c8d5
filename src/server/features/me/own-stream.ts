import { and, eq, sql } from "drizzle-orm";
import type { Transaction } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { meEntries, meStreams } from "../../platform/postgres/schema.ts";

/**
 * The most entries of a user that are gone and whose devices can still learn of that. A device that is further behind loads
 * everything again.
 */
const GONE_MAX = 1_000;
/** Entries that are gone are counted at every so many versions. */
const COUNT_EVERY = 100;

/** The row that keeps the version of the newest entry that was forgotten. No release shows entries of this kind. */
export const FLOOR = "floor";

/** Whether an entry is gone. Its row keeps the version, so that every device learns of it. */
export const isGone = (value: Record<string, unknown>): boolean => Object.keys(value).length === 0;

interface OwnEntry {
  value: Record<string, unknown>;
  meVersion: number;
  /** The conversation with whose membership the entry ends. */
  memberOf: string | null;
}

/** A user's own stream, in the transaction that has locked it. */
export class OwnStream {
  private constructor(
    private readonly tx: Transaction,
    private readonly userId: number,
    private version: number,
  ) {}

  /** MUST come before anything is read on which the change depends. */
  static async lock(tx: Transaction, userId: number): Promise<OwnStream> {
    return new OwnStream(tx, userId, await lockStream(tx, userId));
  }

  /** The newest version. */
  get head(): number {
    return this.version;
  }

  /** The entry as it is. `undefined`: there is none, or it is gone. */
  async entry(kind: string, key: string): Promise<OwnEntry | undefined> {
    const [entry] = await this.tx
      .select({ value: meEntries.value, meVersion: meEntries.meVersion, memberOf: meEntries.conversationId })
      .from(meEntries)
      .where(and(eq(meEntries.userId, this.userId), eq(meEntries.kind, kind), eq(meEntries.key, key)));
    return entry && !isGone(entry.value) ? entry : undefined;
  }

  /** How many entries of this kind there are. */
  async count(kind: string): Promise<number> {
    const [row] = await rowsOf<{ n: number }>(
      this.tx,
      sql`SELECT count(*)::integer AS n FROM ${meEntries}
        WHERE user_id = ${this.userId} AND kind = ${kind} AND value <> '{}'::jsonb`,
    );
    return row?.n ?? 0;
  }

  /**
   * Sets an entry under the next version, and returns the version.
   * @param memberOf the conversation with whose membership the entry ends; null: with none
   */
  async put(kind: string, key: string, value: Record<string, unknown>, memberOf: string | null): Promise<number> {
    const { tx, userId } = this;
    const meVersion = ++this.version;
    const written = { value, meVersion, conversationId: memberOf };
    await tx
      .insert(meEntries)
      .values({ userId, kind, key, ...written })
      .onConflictDoUpdate({ target: [meEntries.userId, meEntries.kind, meEntries.key], set: written });
    await tx.update(meStreams).set({ meVersion }).where(eq(meStreams.userId, userId));
    return meVersion;
  }

  /** Removes an entry. A repeat takes no version. Returns whether there was one. */
  async remove(kind: string, key: string): Promise<boolean> {
    if (!(await this.entry(kind, key))) return false;
    await this.put(kind, key, {}, null);
    if (this.version % COUNT_EVERY === 0) await this.forgetGone();
    return true;
  }

  /** Forgets the oldest of the entries that are gone. The newest of those becomes the floor. */
  private async forgetGone() {
    const [row] = await rowsOf<{ floor: number | string | null }>(
      this.tx,
      sql`SELECT me_version AS floor FROM ${meEntries} WHERE user_id = ${this.userId} AND value = '{}'::jsonb
        ORDER BY me_version DESC OFFSET ${GONE_MAX} LIMIT 1`,
    );
    if (!row) return;
    const floor = Number(row.floor);
    await this.tx.execute(
      sql`DELETE FROM ${meEntries} WHERE user_id = ${this.userId}
        AND (kind = ${FLOOR} OR (value = '{}'::jsonb AND me_version < ${floor}))`,
    );
    await this.tx
      .update(meEntries)
      .set({ kind: FLOOR, key: "", value: { floor: true } })
      .where(and(eq(meEntries.userId, this.userId), eq(meEntries.meVersion, floor)));
  }
}

/** Locks the user's stream. Returns its newest version. */
async function lockStream(tx: Transaction, userId: number): Promise<number> {
  const read = () =>
    tx.select({ head: meStreams.meVersion }).from(meStreams).where(eq(meStreams.userId, userId)).for("no key update");
  const [row] = await read();
  if (row) return row.head;
  await tx.insert(meStreams).values({ userId }).onConflictDoNothing();
  const [made] = await read();
  return made?.head ?? 0;
}
