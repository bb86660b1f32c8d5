import { z } from "zod";
import { commonFields } from "./frame-parts.ts";
import { userId, uuid } from "./text.ts";
import { time } from "./users.ts";

/** The field of a pinned message. */
export const pinned = z.object({ user_id: userId, at: time }).meta({
  id: "Pinned",
  description: "Who pinned the message, and when.",
  examples: [{ user_id: 2, at: "2026-03-14T15:12:00.000Z" }],
});

export const pinFrame = z
  .object({
    ...commonFields,
    message_id: uuid,
    on: z
      .boolean({ error: "Must be true or false." })
      .meta({ description: "False takes the pin back.", examples: [true] }),
  })
  .meta({
    description: "Pins a message for everybody, or takes the pin back. Answered by an `ack` when there is a `ref`.",
  });
