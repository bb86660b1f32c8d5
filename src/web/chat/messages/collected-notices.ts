import type { ConfabClient, Conversation, MembersChange } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";
import { NO_NOTICES, type Notice } from "./notices.ts";

/** How many notices are kept of a conversation. */
const KEPT = 500;
/** How many people a notice names. It counts the others. */
const NAMED = 3;
const collected = new WeakMap<Conversation, readonly Notice[]>();

/** Collects notices of all groups in the list while the page lives, also of those that are not open. */
export function collectNotices(client: ConfabClient) {
  client.on("conversations", () => {
    for (const conversation of client.conversations.items) collectNoticesOf(conversation, client);
  });
}

/** Starts to collect notices of this conversation, if it has not started yet. */
export function collectNoticesOf(conversation: Conversation, client: ConfabClient) {
  if (collected.has(conversation)) return;
  collected.set(conversation, NO_NOTICES);
  conversation.on("members", (change) => {
    const notice = { version: change.version, text: textOf(change, conversation, client.me?.id) };
    collected.set(conversation, [...noticesOf(conversation), notice].slice(-KEPT));
  });
}

/** The notices of the group since collecting started. */
export const noticesOf = (conversation: Conversation) => collected.get(conversation) ?? NO_NOTICES;

/** Leaving and removal have the same text, so nobody learns who removed whom. */
function textOf(
  { added, removed, name, owner_id }: MembersChange,
  conversation: Conversation,
  myId: number | undefined,
): string {
  const { joined, gone, renamed, unnamed, owned, ownedByYou } = texts.messages.notices;
  if (added.length > 0)
    return joined(few(added, (user) => (user.id === myId ? texts.conversations.you : user.full_name)));
  if (removed.length > 0) return gone(few(removed, (id) => nameOf(id, conversation)));
  if (owner_id != null) return owner_id === myId ? ownedByYou : owned(nameOf(owner_id, conversation));
  return name === null ? unnamed : renamed(name);
}

/** One request may add a thousand people. */
function few<T>(people: readonly T[], name: (one: T) => string): string[] {
  const left = people.length - NAMED;
  return left < 2 ? people.map(name) : [...people.slice(0, NAMED).map(name), texts.messages.notices.others(left)];
}

/** The page knows the first members of a large group, and the senders of loaded messages. */
const nameOf = (id: number, { info, messages }: Conversation) =>
  info?.participants.find((user) => user.id === id)?.full_name ??
  messages.findLast((message) => message.sender_id === id)?.sender_name ??
  texts.messages.notices.somebody;
