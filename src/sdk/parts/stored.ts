import type { Action } from "../public/actions.ts";
import type { ErrorCode } from "../public/errors.ts";
import type { Line } from "../public/lines.ts";
import type { SendOptions } from "../public/message-fields.ts";
import type { ConversationInfo, Message } from "../public/types.ts";
import type { PendingUpload } from "../public/uploads.ts";
import type { StoredState } from "./frames.ts";

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
  /** The user's personal settings, with the place in their stream up to which they are known. */
  me?: StoredState & { me_version: number };
  messages: Message[];
  /** Clients of earlier releases store none. */
  lines?: readonly Line[];
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
  /** Further fields of the frame. Clients of earlier releases store none. */
  options?: SendOptions | undefined;
  /** The files of the message. It waits until `options` has their ids. Clients of earlier releases store none. */
  uploads?: readonly PendingUpload[] | undefined;
  created_at: string;
  /** The client sends entries in ascending order. */
  order: number;
  error?: { code: ErrorCode; message: string };
}

/**
 * A message that waits for its files, as the storage has it. Clients of earlier releases can't send files: without the
 * fields that they look for, they leave it where it is.
 */
export interface WaitingEntry {
  waiting: OutboxEntry;
}

/** A change of the personal settings of a conversation that the server has not confirmed. */
export interface StoredChange {
  conversation_id: string;
  /** The change as it shows. */
  change: Partial<StoredState>;
  /** The body of the request. */
  body: object;
  /** The client sends changes in ascending order. */
  order: number;
}

/**
 * An action that the server has not confirmed, among the entries of the outbox. It has no `order`: clients of earlier
 * releases leave such an entry where it is.
 */
export interface ActionEntry {
  id: string;
  kind: string;
  key: string;
  conversation_id: string;
  frame: Action["frame"];
  request: Action["request"];
  /** The `key` of the message. */
  message_key?: string | undefined;
  /** Missing until the server has the message. */
  message_id?: string | undefined;
  /**
   * The fields of the message as they will be: they show when the function that made them is not known. `null`: the message
   * will not have this field.
   */
  fields?: Record<string, unknown> | undefined;
  /** It goes out behind the entries of the outbox with a smaller `order`. */
  place: number;
}
