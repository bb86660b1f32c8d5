import { z } from "zod";
import { messageFile } from "./files.ts";
import { mentions } from "./mentions.ts";
import { pinned } from "./pins.ts";
import { poll } from "./polls.ts";
import { previews } from "./previews.ts";
import { reactions } from "./reactions.ts";
import { quote } from "./replies.ts";
import { fromThread, threadSummary } from "./threads.ts";

/**
 * The optional fields of a message beside its text: files, a poll, the message that it answers. Each key is the name of
 * the field on the wire and in the column `messages.fields`. The schema describes the value in both.
 *
 * A field holds what belongs to this message alone. Anything that belongs to somebody else, such as a name or a quoted
 * text, is an id here. So a rename or an edit rewrites no other row.
 */
export const messageFields = {
  files: z.array(messageFile).optional(),
  thread: threadSummary.optional(),
  from_thread: fromThread.optional(),
  also_in_parent: z
    .literal(true)
    .optional()
    .meta({ description: "A copy of this reply is in the conversation of its thread." }),
  mentions: mentions.optional(),
  pinned: pinned.optional(),
  poll: poll.optional(),
  previews: previews.optional(),
  reply_to: quote.optional(),
  reactions: reactions.optional(),
} satisfies Record<string, z.ZodOptional>;

/** The values of a message's fields. A message of a newer release can have keys that are not in this release. */
export type MessageFields = Record<string, unknown>;

/** The most that all fields of one message take, as JSON. */
export const MESSAGE_FIELDS_BYTES_MAX = 8 * 1024;
