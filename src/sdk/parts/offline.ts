import type { LiveConversation } from "./conversation.ts";
import type { ActionEntry, OutboxEntry } from "./stored.ts";

/** Stores loaded conversations and messages, so that a reload shows them at once, also offline. */
export interface Cache {
  /** Restores the conversations of this user, and stores changes from now on. */
  start(userId: number): Promise<void>;
  /** @param isToForget whether to delete what is stored for this user */
  stop(isToForget: boolean): Promise<void>;
  /** Stores the conversation again soon. */
  markChanged(conversation: LiveConversation): void;
  /** Stores all changed conversations now. */
  save(): void;
}

/**
 * Owns the stored outbox of this client. Several tabs or processes share a storage, each with an outbox of its own. When
 * one dies, another one adopts its outbox.
 */
export interface OutboxOwner {
  /** Opens an outbox for this user, and adopts those of dead clients. */
  start(userId: number): Promise<void>;
  /** Gives the outbox up. Other clients may adopt it. */
  stop(): Promise<void>;
  saveEntry(entry: OutboxEntry | ActionEntry): void;
  deleteEntry(entry: Pick<OutboxEntry, "id">): void;
}
