import { z } from "zod";
import { clientId, content } from "./text.ts";
import { time } from "./users.ts";

export const message = z.object({
  id: z.uuid(),
  conversation_id: z.uuid(),
  sender_id: z.int(),
  sender_name: z.string(),
  sender_email: z.string(),
  content: z.string(),
  timestamp: z.number(),
  created_at: time,
  seq: z.int(),
  version: z.int(),
  client_id: z.string().optional(),
  edited_at: time.optional(),
  deleted_at: time.optional(),
});
/**
 * A message. `seq` numbers the messages of a conversation, `version` is the change that created it; both are dense
 * and never change. The sender's name and e-mail are those of the moment of sending. A deleted message stays as a
 * tombstone with `deleted_at` and empty content.
 */
export type Message = z.infer<typeof message>;

export const sendBody = z.object({ content, client_id: clientId.optional() });
export const editBody = z.object({ content });

/** `data` of a page of messages, oldest first. */
export interface MessagePage {
  conversation_id: string;
  messages: Message[];
  count: number;
  total: number;
}

/** A `MessagePage` as JSON. Its messages are JSON already, written once for all who ask. */
export const encodePage = (conversationId: string, messages: readonly string[], total: number): string =>
  `{"conversation_id":"${conversationId}","messages":[${messages.join(",")}],"count":${messages.length},"total":${total}}`;
