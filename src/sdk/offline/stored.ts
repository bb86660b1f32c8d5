import type { ErrorCode } from "../public/errors.ts";
import type { ConversationInfo, Message } from "../public/types.ts";

// What is in the storage. Another version of the client reads it: these names stay.

/** What is kept of a conversation. */
export interface Kept {
  info: ConversationInfo | undefined;
  head: number;
  pruned: number;
  seq: number;
  positions: [number, number][];
  /** Of which `messages` are; without it they are the newest alone. */
  version?: number;
  /** The tag of that version. Clients of earlier releases keep none. */
  tag?: string | undefined;
  /** The history of which all of this is known. */
  epoch?: string | undefined;
  messages: Message[];
}

/** One thing that is on its way: a message, or an edit or a deletion of one. */
export interface Entry {
  /** Of a message its `client_id`. */
  id: string;
  kind: "message" | "edit" | "delete";
  /** Of the message, in the list of messages. */
  key: string;
  conversation_id: string;
  /** The message that is edited or deleted. */
  message_id?: string | undefined;
  content: string;
  created_at: string;
  /** What comes later is sent later. */
  order: number;
  error?: { code: ErrorCode; message: string };
}
