import { emojiForm } from "../../protocol/emoji.ts";
import { liveOf } from "../actions/queue.ts";
import type { PendingAction } from "../public/actions.ts";
import type { ChatMessage, Conversation } from "../public/conversation.ts";
import type { OwnReactions, ReactedPage, Reaction } from "../public/reactions.ts";
import { act } from "./actions.ts";

/**
 * Puts an emoji under a message, or takes your own away. It shows at once, and goes out when there is a connection.
 * @param message the message or its id
 */
export const react = (
  conversation: Conversation,
  message: ChatMessage | string,
  emoji: string,
  on = true,
): PendingAction => setReaction(conversation, message, emojiForm(emoji), on);

const setReaction = (conversation: Conversation, message: ChatMessage | string, emoji: string, on: boolean) =>
  act(conversation, {
    kind: "react",
    key: emoji,
    message,
    frame: { type: "react", emoji, on },
    apply: ({ reactions = [] }, userId) => ({ reactions: withReaction(reactions, userId, emoji, on) }),
  });

/**
 * Reads your own reactions to the messages after `after_seq` and before `before_seq`, oldest message first: `user_ids` names
 * only the first people. One page has 100 messages. Rejects while there is no connection.
 */
export const myReactions = (
  conversation: Conversation,
  range: { after_seq?: number; before_seq?: number; limit?: number } = {},
) => read<OwnReactions[]>(conversation, "reactions/mine/", range);

/** Reads a page of the people who have reacted to a message, by its id. Rejects while there is no connection. */
export const reactedBy = (
  conversation: Conversation,
  messageId: string,
  page: { emoji?: string; after?: string; limit?: number } = {},
) => read<ReactedPage>(conversation, `messages/${messageId}/reactions/`, page);

async function read<T>(conversation: Conversation, path: string, query: Record<string, string | number | undefined>) {
  const { host, id } = liveOf(conversation);
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, `${value}`);
  const { data } = await host.http.call("GET", `chat/conversations/${id}/${path}?${given}`);
  return data as T;
}

/** Returns the reactions as they are when the user has chosen the emoji, or has not. */
function withReaction(reactions: readonly Reaction[], userId: number, emoji: string, on: boolean): Reaction[] {
  const known = reactions.find((one) => one.emoji === emoji);
  const { count, user_ids }: Omit<Reaction, "emoji"> = known ?? { count: 0, user_ids: [] };
  const isNamed = user_ids.includes(userId);
  // Somebody who takes a reaction back is among those who are not named, if there are such people.
  if (on ? isNamed : !isNamed && count === user_ids.length) return [...reactions];
  const changed: Reaction = {
    emoji,
    count: count + (on ? 1 : -1),
    user_ids: on ? [...user_ids, userId] : user_ids.filter((id) => id !== userId),
  };
  if (!known) return [...reactions, changed];
  return reactions.map((one) => (one === known ? changed : one)).filter((one) => one.count > 0);
}
