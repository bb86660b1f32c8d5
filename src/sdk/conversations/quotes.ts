import type { Change } from "../parts/frames.ts";
import type { Quote } from "../public/replies.ts";
import type { Message, User } from "../public/types.ts";

const EXCERPT_MAX = 160;

/** Whether a frame is about the text of a message, which others may quote. */
export const isAmended = ({ change, changes, message, version }: Change) =>
  message && !change && !changes && message.version !== version;

/**
 * Returns the quote of a message as it is now.
 * @param excerpt the start of its text without marks. A server of an earlier release does not send it
 */
export const quoteOf = (
  { id, seq, sender_id, sender_name, content, deleted_at }: Message,
  excerpt = content.replace(/\s+/g, " ").slice(0, EXCERPT_MAX),
): Quote => ({ id, seq, sender_id, sender_name, excerpt, ...(deleted_at && { deleted: true }) });

/** Returns the message with this quote, if it quotes that message. */
export const withQuote = (message: Message, quote: Quote): Message =>
  message.reply_to?.id === quote.id ? { ...message, reply_to: quote } : message;

type Person = Pick<User, "full_name" | "email">;

/** Returns the message with the names that these people have now. The same object, when it has them already. */
export function withNames(message: Message, people: ReadonlyMap<number, Person>): Message {
  const { reply_to } = message;
  const sender = people.get(message.sender_id);
  const quoted = people.get(reply_to?.sender_id ?? 0);
  let named = message;
  if (sender && (sender.full_name !== message.sender_name || sender.email !== message.sender_email))
    named = { ...named, sender_name: sender.full_name, sender_email: sender.email };
  if (reply_to && quoted && quoted.full_name !== reply_to.sender_name)
    named = { ...named, reply_to: { ...reply_to, sender_name: quoted.full_name } };
  return named;
}
