import { and, eq, isNotNull } from "drizzle-orm";
import { Failure } from "../../base/failure.ts";
import type { Transaction } from "../../platform/postgres/database.ts";
import { conversations, participants } from "../../platform/postgres/schema.ts";
import { insertParticipants } from "../members/alter.ts";
import { recordIn } from "../members/group.ts";
import { ask, hasAsked, lockRequest, settlePair } from "../requests/statements.ts";
import type { CreateOutcome, NewConversation } from "./records.ts";

type ConversationRow = typeof conversations.$inferSelect;
const NOTHING = { created: false, unhidden: false, asked: [], ended: [] };

/** Makes a conversation. For a 1-on-1 whose other person must agree first it makes a request instead. */
export function create(tx: Transaction, conversation: NewConversation): Promise<CreateOutcome> {
  return conversation.isGroup || conversation.participantIds.length > 2
    ? createGroup(tx, conversation)
    : createPair(tx, conversation);
}

/** Makes a group. When all others must agree first, it begins with its owner alone. */
async function createGroup(
  tx: Transaction,
  { id, ownerId, participantIds, toAsk = new Set(), name }: NewConversation,
): Promise<CreateOutcome> {
  const present = participantIds.filter((userId) => !toAsk.has(userId));
  const [row] = await tx
    .insert(conversations)
    .values({ id, name, isGroup: true, ownerId, participantCount: present.length })
    .returning();
  if (!row) throw new Failure("unavailable", { retryAfter: 1 });
  await insertParticipants(tx, id, present, 0);
  const asked = await ask(
    tx,
    ownerId,
    id,
    participantIds.filter((userId) => toAsk.has(userId)),
  );
  return { ...NOTHING, conversation: await recordIn(tx, row.id), created: true, asked };
}

async function createPair(tx: Transaction, conversation: NewConversation): Promise<CreateOutcome> {
  const { id, ownerId, participantIds, toAsk = new Set(), name, accepts } = conversation;
  const [pairLow = 0, pairHigh = 0] = [...participantIds].sort((a, b) => a - b);
  const other = ownerId === pairLow ? pairHigh : pairLow;
  const mayBegin =
    accepts === undefined ? !toAsk.has(other) || (await hasAsked(tx, other, ownerId)) : await lockRequest(tx, accepts);
  if (!mayBegin) {
    const existing = await findPair(tx, pairLow, pairHigh);
    if (existing) return existingPair(tx, existing, conversation);
    // The request was answered on another device just now.
    if (accepts !== undefined) throw new Failure("request_not_found");
    return { ...NOTHING, conversation: undefined, asked: await ask(tx, ownerId, null, [other]) };
  }
  const [row] = await tx
    .insert(conversations)
    .values({ id, name, isGroup: false, ownerId, participantCount: 2, pairLow, pairHigh })
    .onConflictDoNothing({ target: [conversations.pairLow, conversations.pairHigh] })
    .returning();
  if (row) {
    await insertParticipants(tx, id, participantIds, 0);
    const ended = await settlePair(tx, pairLow, pairHigh);
    return { ...NOTHING, conversation: await recordIn(tx, row.id), created: true, ended };
  }
  // The pair existed, or a racing create has just committed it: the insert waited for that commit.
  const existing = await findPair(tx, pairLow, pairHigh);
  if (!existing) throw new Failure("unavailable", { retryAfter: 1 });
  return existingPair(tx, existing, conversation);
}

async function findPair(tx: Transaction, low: number, high: number): Promise<ConversationRow | undefined> {
  const [row] = await tx
    .select()
    .from(conversations)
    .where(and(eq(conversations.pairLow, low), eq(conversations.pairHigh, high)));
  return row;
}

/** Returns the existing 1-on-1. When the asking person had hidden it, it shows again. */
async function existingPair(
  tx: Transaction,
  row: ConversationRow,
  { ownerId, accepts }: NewConversation,
): Promise<CreateOutcome> {
  const unhidden = await tx
    .update(participants)
    .set({ hiddenSeq: null })
    .where(
      and(eq(participants.conversationId, row.id), eq(participants.userId, ownerId), isNotNull(participants.hiddenSeq)),
    )
    .returning({ userId: participants.userId });
  const ended = accepts === undefined ? [] : await settlePair(tx, row.pairLow ?? 0, row.pairHigh ?? 0);
  return { ...NOTHING, conversation: await recordIn(tx, row.id), unhidden: unhidden.length > 0, ended };
}
