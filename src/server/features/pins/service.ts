import type { Message } from "../../../protocol/messages.ts";
import type { Access } from "../../log/access.ts";
import type { Marks } from "../../log/marks.ts";
import type { PinsStore } from "./store.ts";

/** Pins messages for all members, and lists them. */
export class Pins {
  constructor(
    private readonly store: PinsStore,
    private readonly marks: Marks,
    private readonly access: Access,
  ) {}

  /** Pins a message, or takes the pin back. Enqueues before it returns. */
  set(conversationId: string, userId: number, messageId: string, on: boolean) {
    return this.marks.set({ conversationId, userId, messageId, kind: "pin", value: { on } });
  }

  /** The pinned messages, newest pin first. There are at most 100. */
  async list(conversationId: string, userId: number): Promise<Message[]> {
    await this.access.requireParticipant(conversationId, userId);
    return this.store.pinned(conversationId);
  }
}
