import type { MessageChange } from "../../../src/protocol/message-changes.ts";
import type { Message } from "../../../src/protocol/messages.ts";
import type { Poll } from "../../../src/protocol/polls.ts";
import type { Reactions } from "../../../src/protocol/reactions.ts";
import type { ThreadSummary } from "../../../src/protocol/threads.ts";

/** A message beside its text, as far as it belongs to this message alone. Two copies of one state are the same JSON. */
export interface Extras {
  reactions?: Reactions;
  pinned?: { user_id: number; at: string };
  poll?: Pick<Poll, "question" | "options" | "votes" | "voters" | "user_ids">;
  replyTo?: { id: string; seq: number };
  mentions?: { user_ids: number[]; scope: string | undefined };
  /** The thread that answers it. */
  thread?: ThreadSummary;
  /** The reply of which it is a copy. */
  fromThread?: { id: string; message_id: string };
  files?: { id: string; name: string; type: string; bytes: number }[];
  /** It has a copy in the conversation of its thread. */
  alsoInParent?: true;
}

/** The parts of a message that belong to somebody else. The server fills them in each time. */
export interface Filled {
  name: string;
  /** Of the quoted message. */
  quote?: { excerpt: string; deleted: boolean; name: string | undefined };
}

type Field =
  | "reactions"
  | "pinned"
  | "poll"
  | "reply_to"
  | "mentions"
  | "thread"
  | "from_thread"
  | "also_in_parent"
  | "files";
type Fields = Pick<Message, Field>;

/** The parts in one order, whatever wrote them down. `undefined`: it has none. */
export function extrasOf(fields: Fields): Extras | undefined {
  const { reactions, pinned, poll, reply_to, mentions, thread, from_thread, also_in_parent, files } = fields;
  const extras: Extras = {};
  if (reactions)
    extras.reactions = reactions.map(({ emoji, count, user_ids }) => ({ emoji, count, user_ids: [...user_ids] }));
  if (pinned) extras.pinned = { user_id: pinned.user_id, at: pinned.at };
  if (poll) {
    const { question, options, votes, voters, user_ids } = poll;
    extras.poll = { question, options, votes, voters, ...(user_ids ? { user_ids } : {}) };
  }
  if (reply_to) extras.replyTo = { id: reply_to.id, seq: reply_to.seq };
  if (mentions) extras.mentions = { user_ids: mentions.user_ids, scope: mentions.scope };
  if (thread) {
    const { id, replies, last_reply_at, recent } = thread;
    extras.thread = { id, replies, last_reply_at, recent };
  }
  if (from_thread) extras.fromThread = { id: from_thread.id, message_id: from_thread.message_id };
  if (files) extras.files = files.map(({ id, name, type, bytes }) => ({ id, name, type, bytes }));
  if (also_in_parent) extras.alsoInParent = true;
  return Object.keys(extras).length === 0 ? undefined : extras;
}

export function filledOf({ sender_name: name, reply_to: quote }: Message): Filled {
  if (!quote) return { name };
  const { excerpt = "", deleted = false, sender_name } = quote;
  return { name, quote: { excerpt, deleted, name: sender_name } };
}

/** The mark that a change sets, as text. `undefined`: it is an edit or a deletion. */
export function textOfChange(change: MessageChange | undefined): string | undefined {
  switch (change?.kind) {
    case undefined:
      return undefined;
    case "reaction":
      return `${change.user_id} ${change.on ? "sets" : "takes back"} ${change.emoji}`;
    case "pin":
      return `${change.user_id} ${change.on ? "pins" : "unpins"}`;
    case "vote":
      return `${change.user_id ?? "somebody"} votes ${change.options?.join(",") ?? ""}`;
    case "thread":
      return "thread";
  }
}
