import { z } from "zod";
import { userId } from "./text.ts";

/**
 * The changes that only alter how a message looks, by `kind`: the `change` of a `message_changed` frame. It tells a client
 * about its own user what the lists of the message cut off. An edit or a deletion has none.
 */
export const messageChange = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("reaction"), user_id: userId, emoji: z.string(), on: z.boolean() }),
    z.object({ kind: z.literal("pin"), user_id: userId, on: z.boolean() }),
    z.object({ kind: z.literal("vote"), user_id: userId.optional(), options: z.array(z.int()).optional() }),
    z.object({ kind: z.literal("thread") }),
    z.object({ kind: z.literal("preview") }),
  ])
  .meta({
    id: "MessageChange",
    description:
      "What has changed, when it is neither the text nor a deletion. An anonymous vote has no user. Ignore a kind that you do not know: the message is complete.",
    examples: [{ kind: "reaction", user_id: 1, emoji: "👍", on: true }],
  });
export type MessageChange = z.infer<typeof messageChange>;
