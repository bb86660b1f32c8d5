import type { z } from "zod";

/**
 * The optional fields of a message beside its text: files, a poll, the message that it answers. Each key is the name of
 * the field on the wire and in the column `messages.fields`. The schema describes the value in both.
 *
 * A field holds what belongs to this message alone. Anything that belongs to somebody else, such as a name or a quoted
 * text, is an id here. So a rename or an edit rewrites no other row.
 */
export const messageFields = {} satisfies Record<string, z.ZodOptional>;

/** The values of a message's fields. A message of a newer release can have keys that are not in this release. */
export type MessageFields = Record<string, unknown>;

/** The most that all fields of one message take, as JSON. */
export const MESSAGE_FIELDS_BYTES_MAX = 8 * 1024;
