import { z } from "zod";
import { serverFrame } from "./frame-parts.ts";
import { id } from "./text.ts";
import { time, user } from "./users.ts";

/** How many requests of one person may wait for an answer at once. */
export const OPEN_REQUESTS_MAX = 50;

export const request = z
  .object({
    id,
    from: user.meta({ description: "The person who asks." }),
    conversation: z
      .object({ id, display_name: z.string().meta({ examples: ["Group with Bob, Cid, Dee"] }) })
      .nullable()
      .meta({ description: "The group that `from` wants to add you to; null: a 1-on-1 with `from`." }),
    created_at: time,
  })
  .meta({ id: "Request", description: "A wish to write to you, or to add you to a group. It waits for your answer." });
/** A person's wish to write to you, or to add you to a group. It waits for your answer. */
export type ConversationRequest = z.infer<typeof request>;

export const requestFrame = serverFrame(
  "request",
  { request },
  "Somebody wants to write to you, or to add you to a group. Accept or decline it over HTTP.",
  { userSocketOnly: true },
);

export const requestEndedFrame = serverFrame(
  "request_ended",
  { request_id: id },
  "You have accepted or declined a request, here or on another device, or it is no longer needed.",
  { userSocketOnly: true },
);
