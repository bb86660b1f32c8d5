import { z } from "zod";
import { CONTENT_MAX, codePoints, unstorable } from "./content.ts";
import { count, counter, id, uuid } from "./text.ts";
import { time } from "./users.ts";

/** Texts that are begun and not sent yet: one for each conversation, on all devices of a person. */

const draftContent = z
  .string({ error: "Not a valid string." })
  .superRefine((text, context) => {
    if (codePoints(text) > CONTENT_MAX)
      context.addIssue(`Ensure this field has no more than ${CONTENT_MAX} characters.`);
    else if (unstorable(text)) context.addIssue("This field contains invalid characters.");
    else if (text.trim() === "") context.addIssue("This field may not be blank.");
  })
  .meta({
    description: "Kept exactly, also its white space.",
    minLength: 1,
    maxLength: CONTENT_MAX,
    examples: ["Hello, B"],
  });

export const draftState = z
  .object({
    content: z.string().meta({ examples: ["Hello, B"] }),
    reply_to: id.optional().meta({ description: "The message that it answers." }),
    updated_at: time,
  })
  .meta({ id: "DraftState", description: "Your draft in a conversation. The entry's key is the conversation's id." });
export type DraftState = z.infer<typeof draftState>;

export const draft = draftState
  .extend({
    me_version: count.meta({ description: "Send it back as `based_on` with your next change of this draft." }),
  })
  .meta({ id: "Draft" });
export type Draft = z.infer<typeof draft>;

export const BASED_ON =
  "The `me_version` of the draft that your text goes on from. When the draft has changed since, nothing is stored. Left out: your text replaces any draft.";

export const draftBody = z
  .object({
    content: draftContent,
    reply_to: uuid.optional().meta({ description: "The message that it answers." }),
    based_on: counter.optional().meta({ description: BASED_ON }),
  })
  .meta({ id: "DraftBody", examples: [{ content: "Hello, B", based_on: 0 }] });
export type DraftBody = z.infer<typeof draftBody>;
