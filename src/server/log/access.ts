import { ReadCache } from "../base/cache.ts";
import { Failure } from "../base/failure.ts";
import type { Bus } from "../bus/bus.ts";
import type { Membership, Memberships } from "./memberships.ts";

/**
 * Decides who may read a conversation. Call it before you read anything of a conversation for a user. A write checks
 * again under the conversation's lock. An answer is remembered for 5 s, and dropped as soon as the bus reports a
 * change. The members of a thread are those of its parent: of a thread, only the parent is remembered.
 */
export class Access {
  private readonly memberships: ReadCache<Membership | { threadOf: string }>;

  constructor(
    private readonly store: Pick<Memberships, "find">,
    bus: Bus,
  ) {
    this.memberships = new ReadCache(200_000, () => bus.isSure);
  }

  /** Drops all answers. Call it when events that would have changed some may have been lost. */
  forgetAll(): void {
    this.memberships.clear();
  }

  /** Throws conversation_not_found or not_a_participant. */
  async requireParticipant(conversationId: string, userId: number): Promise<void> {
    const membership = await this.memberships.get(keyOf(conversationId, userId), async () => {
      const found = await this.store.find(conversationId, userId);
      if (found?.parentId != null) return { threadOf: found.parentId };
      return found?.membership ?? "unknown";
    });
    if (typeof membership === "object") return this.requireParticipant(membership.threadOf, userId);
    if (membership === "unknown") throw new Failure("conversation_not_found");
    if (membership === "outsider") throw new Failure("not_a_participant");
  }

  forget(conversationId: string, userIds: number[]): void {
    for (const userId of userIds) this.memberships.forget(keyOf(conversationId, userId));
  }
}

const keyOf = (conversationId: string, userId: number) => `${conversationId} ${userId}`;
