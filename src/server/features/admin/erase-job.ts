import { z } from "zod";
import type { FollowerStore } from "../../followers/store.ts";
import { jobKind } from "../../jobs/jobs.ts";
import type { MessageWindow } from "../../log/ports.ts";
import type { AdminConversationStore } from "./ports.ts";

/** Between two pieces of one conversation, in ms: those who write and read have the database to themselves meanwhile. */
const PAUSE_MS = 50;
/** How soon a job looks again at a conversation that a node of an older release erases, in ms. */
const ELSEWHERE_MS = 5_000;
/** How soon it tries Redis again, in ms. */
const REDIS_RETRY_MS = 2_000;
/** A node may write to Redis what it read before the removal, for so long after it, in ms. */
const LATE_MS = 60_000;

export const ERASE_CONVERSATION = "erase_conversation";

/** The payload of the job, and its key: there is one job for each removed conversation. */
export const eraseJobOf = (conversationId: string) => ({
  kind: ERASE_CONVERSATION,
  key: conversationId,
  payload: { conversation_id: conversationId },
});

/**
 * Erases what a removed conversation held: messages and changes piece by piece, then its window in Redis and
 * the cursors of the followers. The job stays
 * until no node can write the conversation to Redis.
 */
export function eraseConversation(parts: {
  conversations: Pick<AdminConversationStore, "erasePiece" | "isForgotten" | "forget">;
  /** `undefined`: there is no Redis. */
  window: Pick<MessageWindow, "drop"> | undefined;
  cursors: Pick<FollowerStore, "forget">;
}) {
  const { conversations, window, cursors } = parts;
  return jobKind(z.object({ conversation_id: z.uuid() }), async ({ conversation_id: id }) => {
    const left = await conversations.erasePiece(id);
    if (left === "more") return { againAfterMs: PAUSE_MS };
    // A node of an older release may have erased all of it.
    if (left === "elsewhere") return (await conversations.isForgotten(id)) ? "done" : { againAfterMs: ELSEWHERE_MS };
    if (window && !(await window.drop(id))) return { againAfterMs: REDIS_RETRY_MS };
    await cursors.forget(id);
    await conversations.forget(id, LATE_MS);
    return (await conversations.isForgotten(id)) ? "done" : { againAfterMs: LATE_MS };
  });
}
