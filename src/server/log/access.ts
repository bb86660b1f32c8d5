import { ReadCache } from "../base/cache.ts";
import { Failure } from "../base/failure.ts";
import type { Bus } from "../bus/bus.ts";
import type { Memberships } from "./memberships.ts";

/**
 * Who may see what. Ask as a user before anything of a conversation is read; what writes asks again under the
 * conversation's lock. Believed for 5 s, and forgotten as soon as the bus tells of a change.
 */
export class Access {
  private readonly memberships: ReadCache<"participant" | "outsider" | "unknown">;

  constructor(
    private readonly store: Pick<Memberships, "membership">,
    bus: Bus,
  ) {
    this.memberships = new ReadCache(200_000, () => bus.isSure);
  }

  /** Forgets everything believed: who knows what was missed. */
  forgetAll(): void {
    this.memberships.clear();
  }

  /** Throws conversation_not_found or not_a_participant. */
  async requireParticipant(conversationId: string, userId: number): Promise<void> {
    const membership = await this.memberships.get(keyOf(conversationId, userId), () =>
      this.store.membership(conversationId, userId),
    );
    if (membership === "unknown") throw new Failure("conversation_not_found");
    if (membership === "outsider") throw new Failure("not_a_participant");
  }

  forget(conversationId: string, userIds: number[]): void {
    for (const userId of userIds) this.memberships.forget(keyOf(conversationId, userId));
  }
}

const keyOf = (conversationId: string, userId: number) => `${conversationId} ${userId}`;
