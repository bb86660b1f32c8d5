import { z } from "zod";
import { count, userId } from "./text.ts";
import { time } from "./users.ts";

/** How many lines a page has at most: its newest ones. */
export const LINES_MAX = 50;
/** How many people a line names. `user_count` says how many there are. */
export const LINE_USERS_MAX = 10;

/** The changes of a conversation that people read as a line between messages. */
export const lineKinds = [
  "members_added",
  "members_removed",
  "renamed",
  "owner_changed",
  "picture_changed",
  "pinned",
] as const;
export type LineKind = (typeof lineKinds)[number];

export const line = z
  .object({
    after_seq: count.meta({
      description: "The line stands after the message with this `seq`; 0: before all messages.",
    }),
    version: count.meta({ description: "The change that the line tells of." }),
    at: time,
    kind: z.enum(lineKinds).meta({ examples: ["members_added"] }),
    user_id: userId
      .optional()
      .meta({ description: "The person who did it. Left out when nobody did, and for changes of an older release." }),
    user_name: z
      .string()
      .optional()
      .meta({ description: "Their name of today.", examples: ["Ann Example"] }),
    users: z.array(z.object({ id: userId, full_name: z.string().meta({ examples: ["Bob Example"] }) })).meta({
      description: `The people who were added or removed, or the new owner: ${LINE_USERS_MAX} at most.`,
    }),
    user_count: count.meta({ description: "How many people it is about.", examples: [1] }),
    name: z
      .string()
      .nullable()
      .optional()
      .meta({ description: "Of `renamed`: the group's name from then on.", examples: ["Friends"] }),
    message_seq: count.optional().meta({ description: "Of `pinned`: the `seq` of the message.", examples: [3] }),
  })
  .meta({ id: "Line", description: "A change of the conversation, to be shown between its messages." });
/**
 * A change of a conversation that is shown between its messages, such as “Ann added Bob”. It is no message: it has no `seq`,
 * and it counts nowhere.
 */
export type Line = z.infer<typeof line>;

/** The lines beside a page of messages. */
export const pageLines = {
  lines: z.array(line).meta({
    description:
      "The changes of the conversation between these messages, oldest first. They are in neither `messages`, `count` nor `total`.",
  }),
  lines_cut: z
    .literal(true)
    .optional()
    .meta({ description: `There were more than ${LINES_MAX}: these are the newest.` }),
};
