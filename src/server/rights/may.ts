import { and, eq } from "drizzle-orm";
import { type Action, type Role, rights } from "../../protocol/rights.ts";
import type { Transaction } from "../platform/postgres/database.ts";
import { participants } from "../platform/postgres/schema.ts";

/**
 * Whether a role allows an action, by the table of rights. Call it in the transaction that acts, under the
 * conversation's lock, so that nobody acts after they have lost the role.
 */
export function may(role: Role | undefined, action: Action): boolean {
  const roles: readonly Role[] = rights[action];
  return role !== undefined && roles.includes(role);
}

/**
 * The role of a person in a conversation. `undefined`: the person is no member.
 * @param conversation its row, locked by this transaction. The members of a thread are those of its parent
 */
export async function roleIn(
  tx: Transaction,
  conversation: { id: string; parentId: string | null; ownerId: number | null },
  userId: number,
): Promise<"owner" | "member" | undefined> {
  const [place] = await tx
    .select({ userId: participants.userId })
    .from(participants)
    .where(
      and(eq(participants.conversationId, conversation.parentId ?? conversation.id), eq(participants.userId, userId)),
    );
  if (!place) return undefined;
  return conversation.ownerId === userId ? "owner" : "member";
}
