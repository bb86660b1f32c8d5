import { z } from "zod";
import { commonFields } from "./frame-parts.ts";
import { count, id, requiredString, userId, uuid } from "./text.ts";
import { time } from "./users.ts";

/** The reactions of a message name this many people for each emoji, or `manyEmoji` when there are more than five emoji. */
const REACTION_NAMES = { fewEmoji: 50, manyEmoji: 10, emojiUntil: 5 };

const emoji = z.string().meta({ description: "In one form, however people have typed it.", examples: ["👍"] });

export const reactions = z
  .array(
    z.object({
      emoji,
      count: count.meta({ description: "How many people have reacted with it.", examples: [1] }),
      user_ids: z.array(userId).meta({
        description: `The first ${REACTION_NAMES.fewEmoji} of them, or the first ${REACTION_NAMES.manyEmoji} when there are more than five emoji.`,
        examples: [[2]],
      }),
    }),
  )
  .meta({ id: "Reactions", description: "The reactions of people, each emoji once. Left out when there are none." });
/** The reactions of a message, each emoji once, in the order in which they came. */
export type Reactions = z.infer<typeof reactions>;

/** An emoji as a client sends it. The server finds out whether it is one. */
export const sentEmoji = requiredString().meta({
  description: "One emoji, or its name, such as `:thumbsup:`.",
  examples: ["👍"],
});

/** How many people a page of a message's reactions has. */
export const REACTED_LIMIT = { default: 50, max: 100 };

/** `data` of a page of the people who have reacted to a message. */
export const reactedPage = z
  .object({
    people: z
      .array(z.object({ user_id: userId, full_name: z.string().meta({ examples: ["Bob Example"] }), emoji, at: time }))
      .meta({ description: "By emoji, each with its people from the first on." }),
    next_after: z
      .string()
      .nullable()
      .meta({
        description: "Send it back with `after` to get the next page. Null: this is the last.",
        examples: [null],
      }),
  })
  .meta({ id: "ReactedPage" });
export type ReactedPage = z.infer<typeof reactedPage>;

/** How many messages a page of your own reactions has. */
export const MINE_LIMIT = { default: 100, max: 500 };

/** `data` of your own reactions. */
export const ownReactions = z
  .array(z.object({ message_id: id, seq: count.meta({ examples: [7] }), emoji: z.array(emoji) }))
  .meta({ id: "OwnReactions", description: "The messages to which you have reacted, oldest first." });
export type OwnReactions = z.infer<typeof ownReactions>;

// Frames

export const reactFrame = z
  .object({
    ...commonFields,
    message_id: uuid,
    emoji: sentEmoji,
    on: z.boolean({ error: "Must be true or false." }).meta({ description: "False takes the reaction back." }),
  })
  .meta({
    description:
      "Sets your reaction to a message, or takes it back. A repeat changes nothing. Answered by an `ack` when there is a `ref`.",
    examples: [{ message_id: "019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071", emoji: "👍", on: true }],
  });
