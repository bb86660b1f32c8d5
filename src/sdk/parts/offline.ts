import type { LiveConversation } from "./conversation.ts";
import type { OutboxEntry } from "./stored.ts";

/** The storage as the client uses it: JSON values, in the order of the calls. When it fails, memory serves from then on. */
export interface Store {
  /** `undefined`: there is no value. `null`: the value is not JSON. */
  get<T>(key: string): Promise<T | null | undefined>;
  /** Deletes the key when `value` is undefined. */
  set(key: string, value: unknown): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  keys(prefix: string): Promise<string[]>;
  /** Deletes all keys that begin with `prefix`. */
  clear(prefix: string): Promise<unknown>;
  /** As `KeyValueStorage.claim`. `null`: the storage has no locks. */
  claim(name: string): Promise<(() => void) | undefined | null>;
  /** Resolves when all earlier calls are done. */
  flush(): Promise<void>;
}

/** The part of the store that exists at once. Its calls wait until the store is loaded. */
export type LateStore = Pick<Store, "get" | "set" | "delete" | "clear" | "flush">;

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
  saveEntry(entry: OutboxEntry): void;
  deleteEntry(entry: Pick<OutboxEntry, "id">): void;
}
