import type { ServerFrame } from "../../protocol/frames.ts";
import type { MessageChange } from "../public/message-changes.ts";
import type { PersonalChange, PersonalValues } from "../public/personal-changes.ts";
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
  from?: number | undefined;
  message?: Message;
  /** For an edit: the start of the text without marks. */
  excerpt?: string | undefined;
  /** For `message_changed`: what has changed, when it is neither the text nor a deletion. */
  change?: MessageChange | undefined;
  /** The same for each of several changes. */
  changes?: (MessageChange | null | undefined)[] | undefined;
}

/** A change in the user's own stream. */
export type PersonalFrame = { me_version: number } & (
  | { kind: "conversation"; key: string; value: StoredState & { archived: boolean } }
  | { [K in keyof PersonalValues]: PersonalChange<K> }[keyof PersonalValues]
);

/** The user's personal settings of a conversation. */
export interface StoredState {
  /** A message after this `seq` brings it back from the archive. */
  archived_seq: number | null;
  muted_until: string | null;
  level: "all" | "mentions" | "nothing";
  /** Reading on after this `seq` ends the mark as unread. */
  unread_seq: number | null;
}

/** A conversation as the list of conversations has it. */
export interface Summary extends ConversationInfo {
  message_count: number;
  /** Servers of earlier releases don't send it. */
  pruned_seq?: number;
  unread_count: number;
  /** Servers of earlier releases don't send it. */
  mention_count?: number;
  last_message: Message | null;
  is_hidden?: true;
  /** Servers of earlier releases don't send it. */
  me?: StoredState & { archived: boolean; unread: boolean; me_version: number };
  read_positions?: { user_id: number; seq: number }[];
}
