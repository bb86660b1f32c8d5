import { z } from "zod";
import { count, id, userId, uuid } from "./text.ts";
import { time } from "./users.ts";

/** A thread is a conversation with a parent: the answers to one message, beside the conversation of that message. */

/** The people whom the summary of a thread names. */
export const RECENT_SHOWN = 3;

/** The field `thread` of a message that has one. */
export const threadSummary = z
  .object({
    id: id.meta({ description: "The thread: a conversation of its own." }),
    replies: count.meta({ description: "All replies that were ever sent.", examples: [12] }),
    last_reply_at: time,
    recent: z
      .array(userId)
      .meta({ description: `At most ${RECENT_SHOWN} people, the last one to answer first.`, examples: [[2, 1]] }),
  })
  .meta({ id: "ThreadSummary", description: "The thread that answers this message, at most some seconds old." });
export type ThreadSummary = z.infer<typeof threadSummary>;

/** The field `from_thread` of a copy in the conversation. */
export const fromThread = z
  .object({ id: id.meta({ description: "The thread." }), message_id: id.meta({ description: "The reply there." }) })
  .meta({
    id: "FromThread",
    description: "The reply of which this message is a copy. Edits and deletions reach both.",
  });

export const alsoInParent = z.boolean({ error: "Must be true or false." }).meta({
  description: "Only in a thread. True: a copy goes to the conversation of the thread too, or nothing goes anywhere.",
});

/** The message whose thread a send may have to start. */
export const threadOf = z.object({ conversation_id: uuid, message_id: uuid }).meta({
  description:
    "Only in a thread: the message that it answers. The send then starts the thread, if nobody has done so yet. A client that was offline needs no request before.",
});

export const following = z.object({ conversation_id: id, is_following: z.boolean() }).meta({
  id: "Following",
  examples: [{ conversation_id: "019ab3c4-5d6e-5f80-8a1b-2c3d4e5f6071", is_following: true }],
});
