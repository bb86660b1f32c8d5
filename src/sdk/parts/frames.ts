import type { ServerFrame } from "../../protocol/frames.ts";
import type { ConversationInfo, Message } from "../public/types.ts";

/** A frame that the server sends, by its type. */
export type Frame<T extends ServerFrame["type"]> = ServerFrame & { type: T };

/** A frame that the client sends. The connection adds `ref`. */
export type OutFrame = { type: string; conversation_id?: string } & Record<string, unknown>;

/**
 * A frame that moves the cursor of its conversation. Every frame with a version is one, except an ack, whether this
 * release knows its type or not (docs/contract.md §7).
 */
export interface Change {
  version: number;
  /** With the version, the tag names a place in one history of the database. */
  tag?: string | undefined;
  /** The version of the first change, when one frame holds several. */
  from?: number;
  message?: Message;
}

/** A conversation as the list of conversations has it. */
export interface Summary extends ConversationInfo {
  message_count: number;
  /** Servers of earlier releases don't send it. */
  pruned_seq?: number;
  unread_count: number;
  last_message: Message | null;
  is_hidden?: true;
  read_positions?: { user_id: number; seq: number }[];
}
