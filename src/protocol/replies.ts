import { z } from "zod";
import { EXCERPT_MAX } from "./content.ts";
import { count, id, userId, uuid } from "./text.ts";

/** The message that a new one answers, as a client names it. */
export const replyTo = uuid.optional().meta({
  description: "The id of a message in this conversation that the new one answers. Its `reply_to` then quotes it.",
});

export const quote = z
  .object({
    id: id.meta({ description: "The id of the quoted message." }),
    seq: count.meta({ description: "The `seq` of the quoted message.", examples: [3] }),
    sender_id: userId.optional(),
    sender_name: z
      .string()
      .optional()
      .meta({ description: "The name of today.", examples: ["Bob Example"] }),
    excerpt: z
      .string()
      .optional()
      .meta({
        description: `The start of its text as it is now, without marks and in one line: at most ${EXCERPT_MAX} characters. Empty when it was deleted.`,
        examples: ["Hello, Ann!"],
      }),
    deleted: z
      .literal(true)
      .optional()
      .meta({ description: "The quoted message was deleted, or retention has removed it.", examples: [true] }),
  })
  .meta({
    id: "Quote",
    description:
      "The message that this one answers. When retention has removed it, there is no sender. A server of an older release gives `id` and `seq` alone.",
  });
/**
 * The message that another one answers, as it is now. The database has `id` and `seq` alone. The server adds the rest each time,
 * so a quote shows no text that its author has edited or deleted.
 */
export type Quote = z.infer<typeof quote>;
