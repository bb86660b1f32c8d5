import { and, asc, eq, sql } from "drizzle-orm";
import type { Action, Role } from "../../../protocol/rights.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import { type Change, groupChangeKind } from "../../log/changes.ts";
import { userOf } from "../../log/rows.ts";
import type { Transaction } from "../../platform/postgres/database.ts";
import { changes, conversations, participants, removals, users } from "../../platform/postgres/schema.ts";
import { arrayParam, isOneOf } from "../../platform/postgres/values.ts";
import { may, roleIn } from "../../rights/may.ts";
import { type Asked, ask, type EndedRequest, endRequestsOf, lockRequest, settleGroup } from "../requests/statements.ts";
import type { Alteration, AlterOutcome } from "./alteration.ts";

type ConversationRow = typeof conversations.$inferSelect;
/** The person who does it, and their role under the conversation's lock. */
interface Actor {
  id: number;
  role: Role;
}
interface Outcome {
  added?: number[];
  removed?: number[];
  asked?: Asked[];
  ended?: EndedRequest[];
  /** Columns of the conversation that change with it. */
  set?: Partial<Pick<ConversationRow, "name" | "ownerId">>;
}

/** Locks a conversation's row. MUST come before anything that numbers a change; rows are locked in id order. */
export async function lockConversation(tx: Transaction, conversationId: string): Promise<ConversationRow> {
  const [row] = await tx.select().from(conversations).where(eq(conversations.id, conversationId)).for("no key update");
  if (!row) throw new Failure("conversation_not_found");
  return row;
}

function requireRight(role: Role, action: Action) {
  if (!may(role, action)) throw new Failure("not_the_owner");
}

/** Changes the members of a group, or its name: one change of its log, or none when nothing differs. */
export async function alter(
  tx: Transaction,
  conversationId: string,
  actorId: number,
  alteration: Alteration,
): Promise<AlterOutcome> {
  const conversation = await lockConversation(tx, conversationId);
  const role = await roleIn(tx, conversation, actorId);
  // To an outsider a conversation does not exist.
  if (!role) throw new Failure("conversation_not_found");
  if (!conversation.isGroup) throw new Failure("not_a_group");
  const outcome = await apply(tx, conversation, { id: actorId, role }, alteration);
  const { added = [], removed = [], set, asked = [], ended = [] } = outcome;
  const isChange = added.length > 0 || removed.length > 0 || set !== undefined;
  return { change: isChange ? await record(tx, conversation, outcome) : undefined, asked, ended };
}

function apply(tx: Transaction, conversation: ConversationRow, actor: Actor, alteration: Alteration): Promise<Outcome> {
  switch (alteration.kind) {
    case "rename":
      return rename(conversation, actor, alteration.name);
    case "add":
      return add(tx, conversation, actor, alteration);
    case "remove":
      return remove(tx, conversation, actor, alteration.userId);
    case "accept":
      return accept(tx, conversation, actor, alteration);
  }
}

async function rename(conversation: ConversationRow, { role }: Actor, name: string | null): Promise<Outcome> {
  requireRight(role, "rename");
  return name === conversation.name ? {} : { set: { name } };
}

async function add(
  tx: Transaction,
  conversation: ConversationRow,
  actor: Actor,
  { userIds, toAsk = new Set(), max }: Alteration & { kind: "add" },
): Promise<Outcome> {
  requireRight(actor.role, "add_member");
  const present = await tx
    .select({ id: participants.userId })
    .from(participants)
    .where(and(eq(participants.conversationId, conversation.id), isOneOf(participants.userId, userIds)));
  const wanted = userIds.filter((id) => !present.some((row) => row.id === id));
  if (wanted.length === 0) return {};
  requireRoom(conversation, wanted.length, max);
  const { left, removed } = await absences(tx, conversation.id, wanted);
  if (removed.size > 0 && !may(actor.role, "bring_back_member")) throw await onlyTheOwner(tx, removed);
  const decides = (id: number) => toAsk.has(id) || left.has(id);
  const joined = await join(
    tx,
    conversation,
    wanted.filter((id) => !decides(id)),
  );
  return { ...joined, asked: await ask(tx, actor.id, conversation.id, wanted.filter(decides)) };
}

/** @param sender of the request: they must still be in the group, and may have to bring back a removed person */
async function accept(
  tx: Transaction,
  conversation: ConversationRow,
  sender: Actor,
  { userId, requestId, max }: Alteration & { kind: "accept" },
): Promise<Outcome> {
  const request = await lockRequest(tx, requestId);
  // The request may have been answered on another device just now.
  if (await roleIn(tx, conversation, userId)) return { ended: await settleGroup(tx, conversation.id, [userId]) };
  if (!request) throw new Failure("request_not_found");
  const { removed } = await absences(tx, conversation.id, [userId]);
  if (removed.size > 0 && !may(sender.role, "bring_back_member")) throw new Failure("removed_from_group");
  requireRoom(conversation, 1, max);
  return join(tx, conversation, [userId]);
}

function requireRoom({ participantCount }: ConversationRow, more: number, max: number) {
  if (participantCount + more > max)
    throw invalidField("user_ids", `A conversation can have at most ${max} participants.`);
}

/** A person who joins starts at the newest message and sees the history. */
async function join(tx: Transaction, conversation: ConversationRow, added: number[]): Promise<Outcome> {
  if (added.length === 0) return {};
  await insertParticipants(tx, conversation.id, added, conversation.lastSeq);
  return { added, ended: await settleGroup(tx, conversation.id, added) };
}

/** Finds out which of these people have left the group, and which of them its owner has removed. */
async function absences(tx: Transaction, conversationId: string, userIds: number[]) {
  const rows = await tx
    .select()
    .from(removals)
    .where(and(eq(removals.conversationId, conversationId), isOneOf(removals.userId, userIds)));
  const idsOf = (some: typeof rows) => new Set(some.map(({ userId }) => userId));
  return {
    left: idsOf(rows.filter(({ userId, removedBy }) => userId === removedBy)),
    removed: idsOf(rows.filter(({ userId, removedBy }) => userId !== removedBy)),
  };
}

async function onlyTheOwner(tx: Transaction, removed: ReadonlySet<number>): Promise<Failure> {
  const people = await tx
    .select()
    .from(users)
    .where(isOneOf(users.id, [...removed].slice(0, 10)));
  const names = people.map((person) => userOf(person).full_name).join(", ");
  return invalidField(
    "user_ids",
    `Only the owner of this group can add ${names}${removed.size > 10 ? ", …" : ""}: the owner has removed them.`,
  );
}

async function remove(tx: Transaction, conversation: ConversationRow, actor: Actor, userId: number): Promise<Outcome> {
  if (!(await roleIn(tx, conversation, userId))) throw new Failure("participant_not_found");
  requireRight(actor.role, userId === actor.id ? "leave" : "remove_member");
  await tx
    .delete(participants)
    .where(and(eq(participants.conversationId, conversation.id), eq(participants.userId, userId)));
  const removal = { removedBy: actor.id, at: new Date() };
  await tx
    .insert(removals)
    .values({ conversationId: conversation.id, userId, ...removal })
    .onConflictDoUpdate({ target: [removals.conversationId, removals.userId], set: removal });
  const gone = { removed: [userId], ended: await endRequestsOf(tx, conversation.id, userId) };
  if (conversation.ownerId !== userId) return gone;
  const heir = (await activeHeir(tx, conversation.id)) ?? (await firstMember(tx, conversation.id));
  return { ...gone, set: { ownerId: heir ?? null } };
}

/**
 * Adds a person who comes into a locked group by an invite, and ends the requests to them. No change when the person is
 * a member already.
 * @param admit is called first. It rejects when the person may not come in
 */
export async function comeIn(
  tx: Transaction,
  conversation: ConversationRow,
  userId: number,
  max: number,
  admit: () => Promise<void>,
): Promise<{ change: Change | undefined; ended: EndedRequest[] }> {
  const { id, participantCount } = conversation;
  if (await roleIn(tx, conversation, userId)) return { change: undefined, ended: [] };
  const own = and(eq(removals.conversationId, id), eq(removals.userId, userId));
  const [removal] = await tx.select().from(removals).where(own);
  if (removal && removal.removedBy !== userId) throw new Failure("removed_from_group");
  await admit();
  if (participantCount >= max) throw new Failure("group_full");
  const joined = await join(tx, conversation, [userId]);
  return { change: await record(tx, conversation, joined), ended: joined.ended ?? [] };
}

/** Gives a group whose owner is deactivated to its longest-standing active member. No change when the owner is active. */
export async function passOn(tx: Transaction, conversationId: string): Promise<{ change: Change | undefined }> {
  const conversation = await lockConversation(tx, conversationId);
  const { ownerId } = conversation;
  if (!conversation.isGroup || ownerId === null) return { change: undefined };
  const [owner] = await tx.select({ isActive: users.isActive }).from(users).where(eq(users.id, ownerId));
  if (owner?.isActive !== false) return { change: undefined };
  const heir = await activeHeir(tx, conversationId);
  return { change: heir === undefined ? undefined : await record(tx, conversation, { set: { ownerId: heir } }) };
}

/** Locks the heir's row: a deactivation of the heir comes after this, and finds the group among theirs. */
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
  const kind = groupChangeKind({ added, removed, isRename: set.name !== undefined });
  // Nodes of release 1 take every row without a message for a change of members, so each row has the group's name too.
  await tx.insert(changes).values({ conversationId, version, lastSeq, kind, added, removed, name, tag });
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
    kind,
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

/**
 * Adds people in the order given, which is the order of joining. It passes one array, because thousands of people would
 * be too many parameters.
 */
export async function insertParticipants(tx: Transaction, conversationId: string, userIds: number[], readSeq: number) {
  await tx.execute(sql`INSERT INTO ${participants} (conversation_id, user_id, read_seq)
    SELECT ${conversationId}, u.id, ${readSeq} FROM unnest(${arrayParam(userIds)}::integer[]) WITH ORDINALITY AS u (id, n)
    ORDER BY u.n`);
}
