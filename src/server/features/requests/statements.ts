import { and, eq, isNull, or, sql } from "drizzle-orm";
import { OPEN_REQUESTS_MAX } from "../../../protocol/requests.ts";
import { type Failure, throttled } from "../../base/failure.ts";
import type { Transaction } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { requests } from "../../platform/postgres/schema.ts";
import { arrayParam } from "../../platform/postgres/values.ts";

/** A request to a person. `isNew` is false when they had been asked before, whatever they answered. */
export interface Asked {
  /** The id of the request. */
  id: string;
  userId: number;
  isNew: boolean;
}

/** A waiting request to this user that is over. */
export interface EndedRequest {
  id: string;
  userId: number;
}

/**
 * For this long a request counts towards the number that its sender may have waiting. A declined one counts too, or the
 * sender would notice the refusal.
 */
const COUNTS_MS = 30 * 24 * 60 * 60 * 1000;

/** The limits of `confab_ask` (ask.sql). */
export const ASKING = { max: OPEN_REQUESTS_MAX, counts_ms: COUNTS_MS };

/** A request as the SQL functions give it. */
export interface AskedRow {
  id: string;
  user_id: number;
  is_new: boolean;
}
export type EndedRow = Pick<AskedRow, "id" | "user_id">;

export const askedOf = (rows: readonly AskedRow[]): Asked[] =>
  rows.map(({ id, user_id: userId, is_new: isNew }) => ({ id, userId, isNew }));
export const endedOf = (rows: readonly EndedRow[]): EndedRequest[] =>
  rows.map(({ id, user_id: userId }) => ({ id, userId }));

/** The refusal of more requests. @param freeInMs how long until enough of the sender's requests have stopped counting */
export const tooManyRequests = (freeInMs: number): Failure =>
  throttled(freeInMs / 1000, `You can have ${OPEN_REQUESTS_MAX} requests waiting; these people have not answered yet.`);

/** Asks these people, each once. A request that exists, declined or not, is returned as it is. */
export async function ask(
  tx: Transaction,
  fromId: number,
  conversationId: string | null,
  userIds: number[],
): Promise<Asked[]> {
  if (userIds.length === 0) return [];
  const ids = userIds.map(() => Bun.randomUUIDv7());
  const [row] = await rowsOf<{ asked: AskedRow[]; free_in_ms: number | null }>(
    tx,
    sql`SELECT * FROM confab_ask(
      ${fromId}::integer, ${conversationId}::uuid, ${arrayParam(userIds)}::integer[], ${arrayParam(ids)}::uuid[],
      ${ASKING.max}::integer, ${ASKING.counts_ms}::bigint)`,
  );
  if (!row) throw new Error("confab_ask gave no answer");
  if (row.free_in_ms !== null) throw tooManyRequests(row.free_in_ms);
  return askedOf(row.asked);
}

/** Locks a request, so that nobody else answers it meanwhile. `undefined`: it was answered, or there is none. */
export async function lockRequest(tx: Transaction, id: string) {
  const [row] = await tx.select().from(requests).where(eq(requests.id, id)).for("update");
  return row?.declinedAt === null ? row : undefined;
}

/** Call it when these two have a 1-on-1: ends the requests between them. */
export async function settlePair(tx: Transaction, low: number, high: number): Promise<EndedRequest[]> {
  const between = or(
    and(eq(requests.userId, low), eq(requests.fromId, high)),
    and(eq(requests.userId, high), eq(requests.fromId, low)),
  );
  return ended(
    await tx
      .delete(requests)
      .where(and(isNull(requests.conversationId), between))
      .returning(),
  );
}

/**
 * Whether a person has asked another one for a 1-on-1. A person who asked has agreed to the 1-on-1, whatever the answer
 * was.
 */
export async function hasAsked(tx: Transaction, fromId: number, userId: number): Promise<boolean> {
  const rows = await tx
    .select({ id: requests.id })
    .from(requests)
    .where(and(eq(requests.fromId, fromId), eq(requests.userId, userId), isNull(requests.conversationId)));
  return rows.length > 0;
}

/** Declined requests are not among those that wait, so their end is not announced. */
const ended = (rows: (typeof requests.$inferSelect)[]): EndedRequest[] =>
  rows.flatMap(({ id, userId, declinedAt }) => (declinedAt === null ? { id, userId } : []));
