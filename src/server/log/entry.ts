import type { TimedQuery } from "../platform/postgres/database.ts";
import type { Filling } from "./filling.ts";

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
  timeoutMs: number;
  filling: Pick<Filling, "fillCommitted">;
}

/** Writes a batch of one kind, and answers its entries. Returns those whose conversation was busy. */
export type Write<E extends Entry> = (writing: Writing, batch: E[]) => Promise<E[]>;
