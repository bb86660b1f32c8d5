import { z } from "zod";
import { idList } from "./conversations.ts";
import { commonFields, echo, serverFrame } from "./frame-parts.ts";
import { userId } from "./text.ts";
import { time } from "./users.ts";

/** The number of people whom one socket may watch. */
export const WATCHED_MAX = 1_000;
/** The number of people whom all sockets of a user on one node may watch together. */
export const USER_WATCHED_MAX = 2_000;

/** The people whom a `watch` or `unwatch` is about, without repetitions. */
const user_ids = idList
  .refine((ids) => ids.length > 0, { error: "This list may not be empty." })
  .refine((ids) => ids.length <= WATCHED_MAX, { error: `Ensure this list has no more than ${WATCHED_MAX} user ids.` })
  .transform((ids) => [...new Set(ids)])
  .meta({
    description: "Ids of users. Repeated ids count once.",
    type: "array",
    items: { type: "integer", minimum: 1 },
    minItems: 1,
    maxItems: WATCHED_MAX,
    examples: [[2]],
  });

export const watchFrame = z.object({ ...commonFields, user_ids }).meta({
  userSocketOnly: true,
  description: "Asks which of these people are online, now and from now on. Answered by a `presence` for each.",
});

export const unwatchFrame = z.object({ ...commonFields, user_ids }).meta({
  userSocketOnly: true,
  description: "Stops asking about these people.",
});

export const presenceFrame = serverFrame(
  "presence",
  {
    user_id: userId,
    online: z.boolean().meta({ examples: [true] }),
    last_seen: time.nullable().meta({
      description:
        "The time when the last socket closed, or of the last login if that is later. Null for people you may not see.",
    }),
    ref: echo.ref,
  },
  "A watched person is online, or is not.",
  { userSocketOnly: true },
);
