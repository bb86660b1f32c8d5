import type { Message } from "../../protocol/messages.ts";
import type { Head } from "./head.ts";

/**
 * A cache of the newest messages of conversations. It holds nothing that can't be lost: a page that it lacks, or that
 * is not certainly fresh, is read from the log. The driver is `src/server/redis/window.ts`; without Redis there is no
 * window.
 */
export interface MessageWindow {
  /** The messages from `first` to `last` by seq, as JSON, when it has all of them as they are at `head`. */
  page(conversationId: string, head: Head, first: number, last: number): Promise<string[] | undefined>;
  /** Takes the newest messages as the log had them at `head`. */
  refill(conversationId: string, head: Head, messages: Message[]): void;
  /**
   * Removes the messages up to `prunedSeq`, after retention has removed them from the log. Resolves to whether none of
   * them is left.
   */
  prune(conversationId: string, prunedSeq: number): Promise<boolean>;
  /** Forgets a conversation that was removed. Resolves to whether nothing of it is left. */
  drop(conversationId: string): Promise<boolean>;
}
