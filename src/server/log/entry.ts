import type { Message } from "../../protocol/messages.ts";
import type { TimedQuery } from "../platform/postgres/database.ts";

/** A send or a mark on its way into the log. */
export interface Entry {
  conversationId: string;
  /** Entries with the same key do not share a batch. */
  key: string | undefined;
  /** It shares a batch with nothing. */
  isAlone: boolean;
  /** The answer of an earlier attempt was lost, so the log may have it already. */
  doubtful: boolean;
  reject(error: unknown): void;
}

/** The means of a writer. */
export interface Writing {
  query: TimedQuery;
  /** Whether it waits for conversations whose row somebody else has locked. */
  wait: boolean;
  /** The end of its time (performance.now). All of its statements share that. */
  until: number;
}

/** The result of writing a batch. */
export interface WrittenBatch<E extends Entry> {
  /** The entries whose conversation was busy: nothing was written for them. */
  busy: E[];
  /** The messages of the answers that must be filled before the answers go out. */
  unfilled: Unfilled;
  /** Answers all other entries, in their order. Never throws. */
  answer(): void;
}

/** Messages that lack the names of today, the texts that they quote, or both. */
export interface Unfilled {
  /** They were read from their rows. */
  read: Message[];
  /** They were just appended, and lack only quotes and the names of others. */
  appended: Message[];
}

/** Writes a batch of one kind. */
export type Write<E extends Entry> = (writing: Writing, batch: E[]) => Promise<WrittenBatch<E>>;
