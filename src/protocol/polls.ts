import { z } from "zod";
import { commonFields } from "./frame-parts.ts";
import { count, id, line, userId, uuid } from "./text.ts";
import { time } from "./users.ts";

const POLL_LIMITS = { question: 300, option: 100, options: { min: 2, max: 10 } };

const bool = z.boolean({ error: "Must be true or false." });
const CLOSES_FAULT = "Must be an ISO 8601 time in the future with a time zone, such as 2026-03-14T15:00:00Z.";

/** The poll of a send. The server adds the result to it. */
export const pollBody = z
  .object(
    {
      question: line(1, POLL_LIMITS.question),
      options: z
        .array(line(1, POLL_LIMITS.option), { error: "Must be a list of texts." })
        .min(POLL_LIMITS.options.min, { error: "A poll needs at least 2 options." })
        .max(POLL_LIMITS.options.max, { error: "A poll can have at most 10 options." })
        .refine((options) => new Set(options).size === options.length, { error: "Two options are the same." }),
      multiple: bool.default(false).meta({ description: "True: people may choose several options." }),
      anonymous: bool.default(false).meta({ description: "True: nobody sees who chose what." }),
      closes_at: z.iso
        .datetime({ offset: true, error: CLOSES_FAULT })
        .transform((text, context) => {
          const at = new Date(text);
          // The last day of 9999 ends in the year 10000 west of Greenwich, which ISO 8601 writes in another way.
          if (at.getTime() <= Date.now() || at.getUTCFullYear() > 9999) context.addIssue(CLOSES_FAULT);
          return at.getUTCFullYear() > 9999 ? text : at.toISOString();
        })
        .optional()
        .meta({ format: "date-time", description: "Nobody can vote from then on. Left out: the poll stays open." }),
    },
    { error: "Must be an object with a question and options." },
  )
  .meta({
    id: "PollBody",
    description: "Makes the message a poll. `content` is for clients that do not know polls, and for searches.",
    examples: [{ question: "Where do we eat?", options: ["Canteen", "Park"], multiple: false, anonymous: false }],
  });
export type PollBody = z.infer<typeof pollBody>;

/** The field of a poll: the question, and the result so far. */
export const poll = z
  .object({
    question: z.string(),
    options: z.array(z.string()),
    multiple: z.boolean(),
    anonymous: z.boolean(),
    closes_at: time.optional(),
    votes: z.array(count).meta({ description: "The number of votes for each option." }),
    voters: count.meta({ description: "The number of people who have voted." }),
    user_ids: z.array(z.array(userId)).optional().meta({
      description:
        "For each option the first 50 people by time, or the first 10 when there are more than five options. An anonymous poll has none.",
    }),
  })
  .meta({
    id: "Poll",
    examples: [
      {
        question: "Where do we eat?",
        options: ["Canteen", "Park"],
        multiple: false,
        anonymous: false,
        votes: [1, 0],
        voters: 1,
        user_ids: [[2], []],
      },
    ],
  });
export type Poll = z.infer<typeof poll>;

const positions = z
  .array(
    z
      .int({ error: "Must be positions of options, from 0." })
      .min(0, { error: "Must be positions of options, from 0." })
      .max(POLL_LIMITS.options.max - 1, { error: "The poll has no such option." }),
    {
      error: "Must be a list of positions of options.",
    },
  )
  .max(POLL_LIMITS.options.max, { error: "A poll has at most 10 options." })
  .meta({ description: "Positions of options, from 0. An empty list takes your vote back.", examples: [[0]] });

export const voteBody = z.object({ options: positions }).meta({ id: "VoteBody", examples: [{ options: [0] }] });

export const voteFrame = z.object({ ...commonFields, message_id: uuid, options: positions }).meta({
  description: "Votes in a poll. Your vote replaces the one before. Answered by an `ack` when there is a `ref`.",
});

/** Your own vote in a poll. */
export const ownVote = z
  .object({ message_id: id, seq: count, options: z.array(count) })
  .meta({ id: "OwnVote", examples: [{ message_id: "019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071", seq: 7, options: [0] }] });
