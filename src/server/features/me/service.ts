import type { ConversationMe, ConversationMeBody, MeEntry } from "../../../protocol/me.ts";
import { Failure } from "../../base/failure.ts";
import type { Access } from "../../log/access.ts";
import { isMeKind } from "./kinds.ts";
import type { OwnWrites } from "./own-writes.ts";
import type { MeStore } from "./store.ts";

/** Personal settings. Every change goes to all devices of the person. */
export class Me {
  constructor(
    private readonly store: Pick<MeStore, "changeConversation" | "entriesOf">,
    private readonly access: Pick<Access, "requireParticipant">,
    private readonly writes: OwnWrites,
  ) {}

  async changeConversation(
    userId: number,
    conversationId: string,
    changes: ConversationMeBody,
  ): Promise<ConversationMe> {
    const changed = await this.writes.run(userId, () => this.store.changeConversation(userId, conversationId, changes));
    if (!changed) {
      await this.access.requireParticipant(conversationId, userId);
      // The memory of this node is behind: the user has just left.
      throw new Failure("not_a_participant");
    }
    return changed.me;
  }

  /** A page of the user's entries of one kind. The settings of conversations are in the conversations themselves. */
  async entriesOf(userId: number, kind: string, { after, limit }: { after: string; limit: number }) {
    if (!isMeKind(kind) || kind === "conversation") throw new Failure("me_kind_not_found");
    const { head: me_version, epoch, entries } = await this.store.entriesOf(userId, kind, after, limit);
    const data: MeEntry[] = entries.map(({ key, value, meVersion }) => ({ key, value, me_version: meVersion }));
    const next = entries.length === limit ? (entries.at(-1)?.key ?? null) : null;
    return { data, meta: { me_version, epoch, next } };
  }
}
