import { z } from "zod";
import { codePoints } from "./content.ts";
import { count, userId, uuid } from "./text.ts";

/** Parts that the frames of several nouns share. */

const REF_MAX = 64;
const refError = { error: `ref must be a string of at most ${REF_MAX} characters` };
const ref = z
  .string(refError)
  .refine((text) => codePoints(text) <= REF_MAX, refError)
  .optional()
  .meta({ description: "Chosen by the client. The answer repeats it.", maxLength: REF_MAX });

/**
 * Fields that every client frame may have. On `/ws/chat/{id}/` the path names the conversation; the field is ignored.
 */
export const commonFields = {
  ref,
  conversation_id: uuid.optional().meta({ description: "On /ws/: the conversation that the frame is about." }),
};

/** Fields of an answer that repeat the fields of the client's frame. */
export const echo = {
  client_id: z.string().optional().meta({ description: "The value in the frame that this answers." }),
  ref: z.string().optional().meta({ description: "The value in the frame that this answers." }),
};

export const last_seq = count.meta({ description: "The newest message's `seq`.", examples: [7] });
export const last_version = count.meta({ description: "The newest change." });
export const version = count.meta({
  description: "The number of the change. The numbers have no gaps.",
  examples: [13],
});

/** The user whom a frame is about. */
export const who = { user_id: userId, user_name: z.string().meta({ examples: ["Bob Example"] }) };

/**
 * A frame that the server sends.
 * @param options `userSocketOnly`: only sockets on `/ws/` get it
 */
export const serverFrame = <T extends string, Fields extends z.ZodRawShape>(
  type: T,
  fields: Fields,
  description: string,
  options: { userSocketOnly?: true } = {},
) => z.object({ type: z.literal(type), ...fields }).meta({ description, ...options });
