import type { ErrorCode } from "../public/errors.ts";
import type { ConversationInfo, Message } from "../public/types.ts";

// The shapes of the values in the storage. Other versions of the client read them too, so these names stay.

/** A conversation as the cache stores it. */
export interface StoredConversation {
  info: ConversationInfo | undefined;
  /** The `seq` of the newest message. */
  head: number;
  /** Retention has removed all messages up to this `seq`. */
  pruned: number;
  /** The user has read up to this `seq`. */
  seq: number;
  /** How far the other members have read: pairs of a user id and a `seq`. */
  positions: [number, number][];
  /** The last change that `messages` includes. Missing when `messages` holds the newest message only. */
  version?: number;
  /** The tag of the change `version`. Clients of earlier releases store none. */
  tag?: string | undefined;
  /** The epoch in which all of this was known. */
  epoch?: string | undefined;
  messages: Message[];
}

/** A message, or an edit or deletion of one, that the server has not confirmed. */
export interface OutboxEntry {
  /** For a message, its `client_id`. */
  id: string;
  kind: "message" | "edit" | "delete";
  /** The `key` of the message in the list of messages. */
  key: string;
  conversation_id: string;
  /** The message to edit or delete. */
  message_id?: string | undefined;
  content: string;
  created_at: string;
  /** The client sends entries in ascending order. */
  order: number;
  error?: { code: ErrorCode; message: string };
}
