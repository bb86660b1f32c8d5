import { Failure } from "../../base/failure.ts";
import type { Follower } from "../../followers/follower.ts";
import type { Marks } from "../../log/marks.ts";
import type { ThreadsStore } from "./store.ts";

/** A message shows its thread as it was at most this long ago, in ms. */
const UPDATE_EVERY_MS = 2_000;

/**
 * Writes the summary of each thread onto the message that it answers. The summary is a state, so a repeat after a crash
 * changes nothing.
 */
export const threadsFollower = (
  store: Pick<ThreadsStore, "summary">,
  marks: Pick<Marks, "set">,
  everyMs = UPDATE_EVERY_MS,
): Follower => ({
  name: "threads",
  start: "zero",
  onlyThreads: true,
  everyMs,
  async handle({ conversationId: threadId }) {
    const found = await store.summary(threadId);
    if (!found) return;
    const { conversationId, messageId, summary } = found;
    try {
      await marks.set({ conversationId, userId: null, messageId, kind: "thread", value: { ...summary } });
    } catch (error) {
      // The message or the conversation was removed meanwhile.
      if (!(error instanceof Failure) || error.status !== 404) throw error;
    }
  },
});
