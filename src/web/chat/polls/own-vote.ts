import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { myVotes } from "../../../sdk/features/polls.ts";
import type { ChatMessage, Conversation } from "../../../sdk/index.ts";
import type { Poll } from "../../../sdk/public/polls.ts";

/** The user's own votes that polls do not name, by the id of the message. */
const votes = new Map<string, Signal<readonly number[] | undefined>>();

function known(id: string) {
  const found = votes.get(id) ?? signal<readonly number[] | undefined>(undefined);
  votes.set(id, found);
  return found;
}

/** Whether the lists of a poll name all of its voters. */
const namesAll = ({ user_ids, votes: counts }: Poll) =>
  user_ids?.every((ids, option) => ids.length === counts[option]) ?? false;

/** The options that the user has chosen. The server is asked only where the poll does not tell it. */
export function useOwnVote(conversation: Conversation, message: ChatMessage, poll: Poll, userId: number) {
  const id = message.state === "sent" ? message.id : message.key;
  const own = known(id);
  const named = poll.options.flatMap((_, option) => (poll.user_ids?.[option]?.includes(userId) ? option : []));
  const isTold = namesAll(poll) || named.length > 0 || poll.voters === 0;
  useEffect(() => {
    if (isTold || own.peek() || message.state !== "sent") return;
    const { seq } = message;
    myVotes(conversation, { after_seq: seq - 1, before_seq: seq + 1 }).then(
      (found) => {
        own.value ??= found[0]?.options ?? [];
      },
      // Without a connection the poll does not show the user's vote. It asks again when it is shown again.
      () => {},
    );
  }, [isTold, id]);
  return {
    chosen: isTold ? named : (own.value ?? []),
    /** The user has just chosen these. */
    remember(options: readonly number[]) {
      own.value = options;
    },
  };
}
