import { z } from "zod";
import type { Conversation } from "./conversations.ts";
import type { ErrorBody } from "./envelope.ts";
import type { Message } from "./messages.ts";
import { clientId, codePoints, content, counter, uuid } from "./text.ts";
import type { User } from "./users.ts";

/** Frames above this many bytes close the socket with 1009. */
export const FRAME_BYTES_MAX = 64 * 1024;

export const HISTORY_LIMIT = { default: 50, max: 100 };

/** Echoed by the frame that answers: an ack, a history page, a pong or an error. */
const ref = z
  .string({ error: "ref must be a string of at most 64 characters" })
  .refine((text) => codePoints(text) <= 64, { error: "ref must be a string of at most 64 characters" })
  .optional();

/** On `/ws/` it says which conversation is meant; on `/ws/chat/{id}/` the path does, and this is ignored. */
const conversation_id = uuid.optional();

const envelope = { ref, conversation_id };

/** What a client may send, by `type`. A frame without a `type` is a message. Unknown fields are ignored. */
export const clientFrames = {
  message: z.object({ ...envelope, content, client_id: clientId.optional() }),
  // The seed took any value and judged it by its truth.
  typing: z.object({ ...envelope, is_typing: z.unknown().optional().transform(Boolean) }),
  read: z.object({ ...envelope, seq: counter.optional() }),
  edit: z.object({ ...envelope, message_id: uuid, content }),
  delete: z.object({ ...envelope, message_id: uuid }),
  history: z.object({
    ...envelope,
    before_seq: counter.optional(),
    limit: z
      .int({ error: "A valid integer is required." })
      .min(1, { error: "Ensure this value is greater than or equal to 1." })
      .transform((limit) => Math.min(limit, HISTORY_LIMIT.max))
      .default(HISTORY_LIMIT.default),
  }),
  ping: z.object(envelope),
  subscribe: z.object({ ...envelope, after_version: counter.optional() }),
  unsubscribe: z.object(envelope),
} as const;

export type ClientFrameType = keyof typeof clientFrames;
export type ClientFrame<T extends ClientFrameType = ClientFrameType> = z.infer<(typeof clientFrames)[T]>;

/** What the server sends. Every frame about a conversation carries its id, on both kinds of socket. */
export type ServerFrame =
  | {
      type: "connection_established";
      message: "Connected to chat";
      conversation_id?: string | undefined;
      last_seq?: number | undefined;
      last_version?: number | undefined;
      read_seq?: number | undefined;
      reconnect_after_ms: number;
      user_id: number;
    }
  | { type: "message"; conversation_id: string; message: Message }
  | { type: "message_changed"; conversation_id: string; version: number; message: Message }
  | {
      type: "participants";
      conversation_id: string;
      version: number;
      added: User[];
      removed: number[];
      name: string | null;
    }
  | {
      type: "ack";
      conversation_id: string;
      client_id?: string | undefined;
      ref?: string | undefined;
      id: string;
      seq: number;
      version: number;
    }
  | { type: "typing"; conversation_id: string; user_id: number; user_name: string; is_typing: boolean }
  | { type: "read"; conversation_id: string; user_id: number; user_name: string; seq: number }
  | { type: "history"; conversation_id: string; ref?: string | undefined; messages: Message[]; total: number }
  | { type: "pong"; conversation_id?: string | undefined; ref?: string | undefined }
  | { type: "reset"; conversation_id: string; last_version: number }
  | {
      type: "subscribed";
      conversation_id: string;
      ref?: string | undefined;
      last_seq: number;
      last_version: number;
      read_seq: number;
    }
  | { type: "unsubscribed"; conversation_id: string; ref?: string | undefined; code: "unsubscribed" | "removed" }
  | { type: "conversation"; conversation_id: string; conversation: Conversation }
  | { type: "activity"; conversation_id: string; last_seq: number; last_version: number }
  | {
      type: "error";
      message: string;
      code: ErrorBody["code"];
      conversation_id?: string | undefined;
      client_id?: string | undefined;
      ref?: string | undefined;
      retry_after?: number | undefined;
    };

/** The one place where a frame becomes bytes: what is encoded here is what every socket gets. */
export const encode = (frame: ServerFrame): string => JSON.stringify(frame);

/** A `history` frame. Its messages come as JSON, written once for all who ask. */
export function encodeHistory(
  conversationId: string,
  ref: string | undefined,
  messages: readonly string[],
  total: number,
): string {
  const echo = ref === undefined ? "" : `"ref":${JSON.stringify(ref)},`;
  return `{"type":"history","conversation_id":"${conversationId}",${echo}"messages":[${messages.join(",")}],"total":${total}}`;
}
