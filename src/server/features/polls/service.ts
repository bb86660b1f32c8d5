import type { Access } from "../../log/access.ts";
import type { Marks } from "../../log/marks.ts";
import type { PollsStore } from "./store.ts";

/** Votes in polls. A poll is a message with the field `poll`. */
export class Polls {
  constructor(
    private readonly store: PollsStore,
    private readonly marks: Marks,
    private readonly access: Access,
  ) {}

  /** Replaces the user's vote. Enqueues before it returns. */
  vote(conversationId: string, userId: number, messageId: string, options: number[]) {
    return this.marks.set({ conversationId, userId, messageId, kind: "vote", value: { options } });
  }

  /** The user's own votes in polls with `afterSeq` < seq < `beforeSeq`, the newest first, at most `limit` polls. */
  async own(
    conversationId: string,
    userId: number,
    range: { afterSeq: number; beforeSeq: number | undefined; limit: number },
  ) {
    await this.access.requireParticipant(conversationId, userId);
    return this.store.own(conversationId, userId, range);
  }
}
