import { and, asc, eq, sql } from "drizzle-orm";
import type { Change } from "../../domain/changes.ts";
import { Failure, invalidField } from "../../domain/errors.ts";
import type { Alteration } from "../../domain/ports.ts";
import type { Transaction } from "./database.ts";
import { arrayParam, isOneOf, userOf } from "./rows.ts";
import { changes, conversations, participants, removals, users } from "./schema.ts";

type ConversationRow = typeof conversations.$inferSelect;
interface Outcome {
  added?: number[];
  removed?: number[];
  /** Columns of the conversation that change with it. */
  set?: Partial<Pick<ConversationRow, "name" | "ownerId">>;
}

/** Locks a conversation's row. MUST come before anything that numbers a change; rows are locked in id order. */
export async function lockConversation(tx: Transaction, conversationId: string): Promise<ConversationRow> {
  const [row] = await tx.select().from(conversations).where(eq(conversations.id, conversationId)).for("no key update");
  if (!row) throw new Failure("conversation_not_found");
  return row;
}

/** Changes who takes part in a group or what it is called: one step of its log, or none when it is so already. */
export async function alter(
  tx: Transaction,
  conversationId: string,
  actorId: number,
  alteration: Alteration,
): Promise<{ change: Change | undefined }> {
  const conversation = await lockConversation(tx, conversationId);
  // To an outsider a conversation does not exist.
  if (!(await isParticipant(tx, conversationId, actorId))) throw new Failure("conversation_not_found");
  if (!conversation.isGroup) throw new Failure("not_a_group");
  const outcome = await apply(tx, conversation, actorId, alteration);
  return { change: outcome && (await record(tx, conversation, outcome)) };
}

function apply(tx: Transaction, conversation: ConversationRow, actorId: number, alteration: Alteration) {
  switch (alteration.kind) {
    case "rename":
      return rename(conversation, alteration.name);
    case "add":
      return add(tx, conversation, alteration.userIds, alteration.max);
    case "remove":
      return remove(tx, conversation, actorId, alteration.userId);
  }
}

async function rename(conversation: ConversationRow, name: string | null): Promise<Outcome | undefined> {
  return name === conversation.name ? undefined : { set: { name } };
}

async function add(tx: Transaction, conversation: ConversationRow, userIds: number[], max: number) {
  const present = await tx
    .select({ id: participants.userId })
    .from(participants)
    .where(and(eq(participants.conversationId, conversation.id), isOneOf(participants.userId, userIds)));
  const added = userIds.filter((id) => !present.some((row) => row.id === id));
  if (added.length === 0) return undefined;
  if (conversation.participantCount + added.length > max)
    throw invalidField("user_ids", `A conversation can have at most ${max} participants.`);
  // Who joins starts at the newest and sees the history.
  await insertParticipants(tx, conversation.id, added, conversation.lastSeq);
  return { added };
}

async function remove(tx: Transaction, conversation: ConversationRow, actorId: number, userId: number) {
  if (!(await isParticipant(tx, conversation.id, userId))) throw new Failure("participant_not_found");
  if (userId !== actorId && conversation.ownerId !== actorId) throw new Failure("not_the_owner");
  await tx
    .delete(participants)
    .where(and(eq(participants.conversationId, conversation.id), eq(participants.userId, userId)));
  if (conversation.ownerId !== userId) return { removed: [userId] };
  const heir = (await activeHeir(tx, conversation.id)) ?? (await firstMember(tx, conversation.id));
  return { removed: [userId], set: { ownerId: heir ?? null } };
}

/**
 * Somebody comes into a locked group by themselves. No change when they are in it already.
 * @param admit is asked first whether they may; it rejects where they may not
 */
export async function join(
  tx: Transaction,
  conversation: ConversationRow,
  userId: number,
  max: number,
  admit: () => Promise<void>,
): Promise<Change | undefined> {
  const { id, participantCount, lastSeq } = conversation;
  if (await isParticipant(tx, id, userId)) return undefined;
  const own = and(eq(removals.conversationId, id), eq(removals.userId, userId));
  const [removal] = await tx.select().from(removals).where(own);
  if (removal && removal.removedBy !== userId) throw new Failure("removed_from_group");
  await admit();
  if (participantCount >= max) throw new Failure("group_full");
  if (removal) await tx.delete(removals).where(own);
  await insertParticipants(tx, id, [userId], lastSeq);
  return record(tx, conversation, { added: [userId] });
}

/** Gives a group whose owner is deactivated to its longest-standing active member. No change when that is not so. */
export async function passOn(tx: Transaction, conversationId: string): Promise<{ change: Change | undefined }> {
  const conversation = await lockConversation(tx, conversationId);
  const { ownerId } = conversation;
  if (!conversation.isGroup || ownerId === null) return { change: undefined };
  const [owner] = await tx.select({ isActive: users.isActive }).from(users).where(eq(users.id, ownerId));
  if (owner?.isActive !== false) return { change: undefined };
  const heir = await activeHeir(tx, conversationId);
  return { change: heir === undefined ? undefined : await record(tx, conversation, { set: { ownerId: heir } }) };
}

/** Locked, so that a deactivation of the heir comes after this and finds the group among those they own. */
async function activeHeir(tx: Transaction, conversationId: string): Promise<number | undefined> {
  const [heir] = await tx
    .select({ id: users.id })
    .from(participants)
    .innerJoin(users, eq(users.id, participants.userId))
    .where(and(eq(participants.conversationId, conversationId), eq(users.isActive, true)))
    .orderBy(asc(participants.ordinal))
    .limit(1)
    .for("share", { of: users });
  return heir?.id;
}

async function firstMember(tx: Transaction, conversationId: string): Promise<number | undefined> {
  const [first] = await tx
    .select({ id: participants.userId })
    .from(participants)
    .where(eq(participants.conversationId, conversationId))
    .orderBy(asc(participants.ordinal))
    .limit(1);
  return first?.id;
}

async function record(
  tx: Transaction,
  conversation: ConversationRow,
  { added = [], removed = [], set = {} }: Outcome,
): Promise<Change> {
  const version = conversation.lastVersion + 1;
  const name = set.name === undefined ? conversation.name : set.name;
  const { id: conversationId, lastSeq } = conversation;
  const tag = crypto.randomUUID();
  await tx.insert(changes).values({ conversationId, version, lastSeq, added, removed, name, tag });
  await tx
    .update(conversations)
    .set({
      ...set,
      lastVersion: version,
      participantCount: sql`${conversations.participantCount} + ${added.length - removed.length}`,
    })
    .where(eq(conversations.id, conversationId));
  const people = added.length === 0 ? [] : await tx.select().from(users).where(isOneOf(users.id, added));
  const change = {
    kind: "participants" as const,
    conversationId,
    version,
    tag,
    lastSeq,
    added: people.map(userOf),
    removed,
    name,
  };
  return set.ownerId === undefined ? change : { ...change, ownerId: set.ownerId };
}

/** In the order given, which is the order of joining. One array, not a parameter for each of thousands. */
export async function insertParticipants(tx: Transaction, conversationId: string, userIds: number[], readSeq: number) {
  await tx.execute(sql`INSERT INTO ${participants} (conversation_id, user_id, read_seq)
    SELECT ${conversationId}, u.id, ${readSeq} FROM unnest(${arrayParam(userIds)}::integer[]) WITH ORDINALITY AS u (id, n)
    ORDER BY u.n`);
}

async function isParticipant(tx: Transaction, conversationId: string, userId: number): Promise<boolean> {
  const rows = await tx
    .select({ userId: participants.userId })
    .from(participants)
    .where(and(eq(participants.conversationId, conversationId), eq(participants.userId, userId)));
  return rows.length > 0;
}
