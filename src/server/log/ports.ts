import type { Message } from "../../protocol/messages.ts";
import type { Change } from "./changes.ts";

/** One send on its way into the log. Its id is made beforehand: it tells whether an unanswered commit went through. */
export interface Draft {
  id: string;
  conversationId: string;
  senderId: number;
  content: string;
  clientId: string | undefined;
}

/** `first` is false when the message was there before, sent with the same `client_id`. */
export interface Appended {
  message: Message;
  first: boolean;
}

export interface PageQuery {
  limit: number;
  /** Counts back from the newest. */
  offset?: number | undefined;
  beforeSeq?: number | undefined;
  afterSeq?: number | undefined;
}

export interface MessageLog {
  /**
   * Appends one message; resolves after commit. Sends of one conversation get their `seq` in the order of the calls,
   * and their promises resolve in that order. The call enqueues before it returns.
   */
  append(draft: Draft): Promise<Appended>;
  /** Replaces the content of one's own message, or with `null` deletes it. `change` is undefined when it was so already. */
  amend(
    conversationId: string,
    userId: number,
    messageId: string,
    content: string | null,
  ): Promise<{ message: Message; change: Change | undefined }>;
  /** One page, oldest first, and where the conversation stood with it. Rejects when there is no such conversation. */
  page(conversationId: string, query: PageQuery): Promise<{ messages: Message[]; head: Head }>;
  /**
   * The changes with `after` < version ≤ `upTo`, in order, dense, `limit` at most. `"gone"` when they are not all
   * there. A message is given as it is now.
   * @param tag of the change at `after`: when the log has another one there, the answer is `"other_history"`
   */
  changes(
    conversationId: string,
    after: number,
    upTo: number,
    limit: number,
    tag?: string | null,
  ): Promise<Change[] | "gone" | "other_history">;
  /** Where a conversation stands at some moment after the call; `undefined` when there is none. */
  head(conversationId: string): Promise<Head | undefined>;
  /** The same of many at once. */
  heads(conversationIds: string[]): Promise<Map<string, Head>>;
  /** Where conversations stand, and the tags of the versions from `from` to `to` there; null where one is not known. */
  places(
    asked: { conversationId: string; from: number; to: number }[],
  ): Promise<Map<string, { head: Head; prunedVersion: number; tags: (string | null)[] }>>;
  /**
   * Removes messages older than so many ms from the log. Returns how many.
   * @param onPruned is called for each conversation of a piece, with the `seq` up to which its messages are removed
   */
  prune(olderThanMs: number, onPruned?: (conversationId: string, prunedSeq: number) => void): Promise<number>;
  /** Resolves when all appends so far have their answer. */
  drain(): Promise<void>;
}

/**
 * The newest messages of conversations, near at hand. Holds nothing that can't be lost: what it does not have, or has
 * not certainly fresh, is read from the log. Driver: stores/redis/window.ts.
 */
export interface MessageWindow {
  /** The messages from `first` to `last` by seq, as JSON, when all of them are there as they are at `head`. */
  page(conversationId: string, head: Head, first: number, last: number): Promise<string[] | undefined>;
  /** Takes the newest messages as the log had them at `head`. */
  refill(conversationId: string, head: Head, messages: Message[]): void;
  /** Retention has removed the messages up to there. Resolves with whether none of them is left. */
  prune(conversationId: string, prunedSeq: number): Promise<boolean>;
  /** The conversation is no more. Resolves with whether nothing of it is left. */
  drop(conversationId: string): Promise<boolean>;
}

export interface Head {
  lastSeq: number;
  lastVersion: number;
  /** Of the change at `lastVersion`; null when it is not known: there is none, or retention has removed it. */
  tag: string | null;
  prunedSeq: number;
  participantCount: number;
  /** Of the database, read in the same statement. */
  epoch: string;
}
