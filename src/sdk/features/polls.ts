import { liveOf } from "../actions/queue.ts";
import type { PendingAction } from "../public/actions.ts";
import type { ChatMessage, Conversation, Outgoing } from "../public/conversation.ts";
import type { NewPoll, OwnVote, Poll } from "../public/polls.ts";
import { act } from "./actions.ts";

/** Sends a poll. Clients that do not know polls show `text`. */
export const sendPoll = (conversation: Conversation, poll: NewPoll, text = poll.question): Outgoing =>
  conversation.send(text, { poll });

/**
 * Votes in a poll. It shows at once, and goes out when there is a connection.
 * @param options positions of options, from 0. They replace your earlier vote. An empty list takes it back
 * @param before your earlier vote, where the poll does not name you: it is anonymous, or has many voters. `myVotes` tells it
 */
export const vote = (
  conversation: Conversation,
  message: ChatMessage | string,
  options: readonly number[],
  before: readonly number[] = [],
): PendingAction =>
  act(conversation, {
    kind: "vote",
    message,
    frame: { type: "vote", options: [...options] },
    apply: ({ poll }, userId) => (poll ? { poll: withVote(poll, userId, options, before) } : {}),
  });

/**
 * Reads your own votes in the polls after `after_seq` and before `before_seq`, the newest poll first, at most 100. Rejects
 * while there is no connection.
 */
export async function myVotes(
  conversation: Conversation,
  { after_seq = 0, before_seq }: { after_seq?: number; before_seq?: number } = {},
): Promise<OwnVote[]> {
  const { host, id } = liveOf(conversation);
  const end = before_seq === undefined ? "" : `&before_seq=${before_seq}`;
  const { data } = await host.http.call("GET", `chat/conversations/${id}/votes/mine/?after_seq=${after_seq}${end}`);
  return data as OwnVote[];
}

/** Returns the poll as it is when the user has chosen these options and no others. */
function withVote(poll: Poll, userId: number, options: readonly number[], before: readonly number[]): Poll {
  const { user_ids } = poll;
  const isNamed = user_ids?.some((ids) => ids.includes(userId));
  const had = (option: number) => (isNamed ? !!user_ids?.[option]?.includes(userId) : before.includes(option));
  const has = (option: number) => options.includes(option);
  const positions = poll.options.map((_, option) => option);
  return {
    ...poll,
    votes: poll.votes.map((count, option) => count + Number(has(option)) - Number(had(option))),
    voters: poll.voters + Number(positions.some(has)) - Number(positions.some(had)),
    user_ids: user_ids?.map((ids, option) => {
      if (has(option) === ids.includes(userId)) return ids;
      return has(option) ? [...ids, userId] : ids.filter((id) => id !== userId);
    }),
  };
}
