import type { Draft, DraftBody } from "../../../protocol/drafts.ts";
import { Failure } from "../../base/failure.ts";
import type { Access } from "../../log/access.ts";
import type { OwnWrites } from "../me/own-writes.ts";
import type { DraftsStore } from "./store.ts";

/** Drafts, which go on on another device where a person has stopped. */
export class Drafts {
  constructor(
    private readonly store: DraftsStore,
    private readonly access: Pick<Access, "requireParticipant">,
    private readonly writes: OwnWrites,
  ) {}

  /** @throws Failure `draft_newer` with the draft that is there, if it is not the one of `based_on` */
  async set(userId: number, conversationId: string, body: DraftBody): Promise<Draft> {
    const outcome = await this.writes.run(userId, () => this.store.set(userId, conversationId, body));
    if (outcome.kind === "outsider") {
      await this.access.requireParticipant(conversationId, userId);
      // The memory of this node is behind: the user has just left.
      throw new Failure("not_a_participant");
    }
    if (outcome.kind === "newer") throw new Failure("draft_newer", { data: outcome.draft });
    return outcome.draft;
  }

  /** Removes the draft. A repeat changes nothing. */
  async remove(userId: number, conversationId: string, basedOn: number | undefined): Promise<void> {
    const { newer } = await this.writes.run(userId, () => this.store.remove(userId, conversationId, basedOn));
    if (newer) throw new Failure("draft_newer", { data: newer });
  }
}
