import type { ChatMessage, Conversation, Quote } from "../../../../sdk/index.ts";
import { isDeleted, preview } from "../preview.ts";

/**
 * The quote of a message. The server's own has a sender, or says that the message is gone. Your message on its way has none
 * yet, and a server whose database hangs sends it without: then the quoted message is used, if it is here.
 */
export function quotedBy(message: ChatMessage, { messages }: Pick<Conversation, "messages">): Quote | undefined {
  const told = message.reply_to;
  if (told?.deleted || told?.sender_id !== undefined) return told;
  const id = message.state === "sent" ? told?.id : message.options?.reply_to;
  const quoted = id === undefined ? undefined : messages.findLast((one) => one.id === id);
  if (quoted?.state !== "sent") return told;
  const { seq, sender_id, sender_name, content } = quoted;
  const excerpt = preview(content, quoted);
  return { id: quoted.id, seq, sender_id, sender_name, excerpt, ...(isDeleted(quoted) ? { deleted: true } : {}) };
}
