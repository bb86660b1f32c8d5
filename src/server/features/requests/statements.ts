import { and, desc, eq, gt, isNull, or, sql } from "drizzle-orm";
import { OPEN_REQUESTS_MAX } from "../../../protocol/requests.ts";
import { throttled } from "../../base/failure.ts";
import type { Transaction } from "../../platform/postgres/database.ts";
import { removals, requests } from "../../platform/postgres/schema.ts";
import { isOneOf } from "../../platform/postgres/values.ts";

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

const isAbout = (conversationId: string | null) =>
  conversationId === null ? isNull(requests.conversationId) : eq(requests.conversationId, conversationId);

/** Asks these people, each once. A request that exists, declined or not, is returned as it is. */
export async function ask(
  tx: Transaction,
  fromId: number,
  conversationId: string | null,
  userIds: number[],
): Promise<Asked[]> {
  if (userIds.length === 0) return [];
  // A sender's transactions run one at a time, because their requests are counted.
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('confab_requests'), ${fromId}::integer)`);
  const before = await tx
    .select({ id: requests.id, userId: requests.userId })
    .from(requests)
    .where(and(eq(requests.fromId, fromId), isAbout(conversationId), isOneOf(requests.userId, userIds)));
  const asked = new Set(before.map(({ userId }) => userId));
  const fresh = userIds.filter((id) => !asked.has(id));
  if (fresh.length === 0) return before.map((row) => ({ ...row, isNew: false }));
  await requireRoom(tx, fromId, fresh.length);
  const made = fresh.map((userId) => ({ id: Bun.randomUUIDv7(), userId }));
  await tx.insert(requests).values(made.map((row) => ({ ...row, fromId, conversationId })));
  return [...before.map((row) => ({ ...row, isNew: false })), ...made.map((row) => ({ ...row, isNew: true }))];
}

async function requireRoom(tx: Transaction, fromId: number, wanted: number) {
  const counted = await tx
    .select({ createdAt: requests.createdAt })
    .from(requests)
    .where(and(eq(requests.fromId, fromId), gt(requests.createdAt, new Date(Date.now() - COUNTS_MS))))
    .orderBy(desc(requests.createdAt))
    .limit(OPEN_REQUESTS_MAX);
  const free = OPEN_REQUESTS_MAX - counted.length;
  if (wanted <= free) return;
  // The moment when enough requests have stopped counting.
  const last = counted.at(free - wanted)?.createdAt.getTime() ?? Date.now();
  throw throttled(
    (last + COUNTS_MS - Date.now()) / 1000,
    `You can have ${OPEN_REQUESTS_MAX} requests waiting; these people have not answered yet.`,
  );
}

/** Locks a request, so that nobody else answers it meanwhile. `undefined`: it was answered, or there is none. */
export async function lockRequest(tx: Transaction, id: string) {
  const [row] = await tx.select().from(requests).where(eq(requests.id, id)).for("update");
  return row?.declinedAt === null ? row : undefined;
}

/** Call it when these people have joined the group: ends their requests, and forgets that they left or were removed. */
export async function settleGroup(tx: Transaction, conversationId: string, userIds: number[]): Promise<EndedRequest[]> {
  await tx.delete(removals).where(and(eq(removals.conversationId, conversationId), isOneOf(removals.userId, userIds)));
  return ended(
    await tx
      .delete(requests)
      .where(and(eq(requests.conversationId, conversationId), isOneOf(requests.userId, userIds)))
      .returning(),
  );
}

/**
 * Call it when this person is out of the group: ends the requests that they sent for it, and those to them. So an
 * earlier request can't bring them back.
 */
export async function endRequestsOf(tx: Transaction, conversationId: string, userId: number): Promise<EndedRequest[]> {
  const theirs = or(eq(requests.fromId, userId), eq(requests.userId, userId));
  return ended(
    await tx
      .delete(requests)
      .where(and(eq(requests.conversationId, conversationId), theirs))
      .returning(),
  );
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
