import { z } from "zod";
import { message } from "./messages.ts";
import { count, id, line } from "./text.ts";
import { moment } from "./times.ts";
import { time } from "./users.ts";

/** How many messages a user can have saved at once. */
export const SAVED_MAX = 1_000;
export const SAVED_LIMIT = { default: 50, max: 100 };
const NOTE_MAX = 500;

const note = z
  .string()
  .nullable()
  .meta({ description: "Your own note about it. Nobody else sees it.", examples: ["Answer this"] });
const place = {
  conversation_id: id,
  seq: count.meta({ description: "The `seq` of the message.", examples: [7] }),
};

export const savedState = z
  .object({
    ...place,
    note,
    remind_at: time.nullable().meta({ description: "You get a reminder at this time. Null: none." }),
    saved_at: time,
    saved_version: count.meta({ description: "Your `me_version` when you saved it. The list is ordered by it." }),
  })
  .meta({ id: "SavedState", description: "A message that you have saved. The entry's key is the message's id." });
export type SavedState = z.infer<typeof savedState>;

export const reminderState = z
  .object({ ...place, note, remind_at: time.meta({ description: "When it was due." }) })
  .meta({
    id: "ReminderState",
    description:
      "A reminder that is due. It stays until you give the message another `remind_at`, or null, or no longer save it.",
  });
export type ReminderState = z.infer<typeof reminderState>;

export const savedBody = z
  .object({
    note: line(0, NOTE_MAX)
      .transform((text) => (text === "" ? null : text))
      .nullish()
      .meta({ description: "Null or empty: no note. Left out: as it was.", examples: ["Answer this"] }),
    remind_at: moment.nullish().meta({
      description:
        "When to remind you. Null: not at all, or no more. Left out: as it was. A time that has passed is refused.",
    }),
  })
  .meta({ id: "SavedBody", examples: [{ note: "Answer this" }] });
export type SavedBody = z.infer<typeof savedBody>;

export const savedMessage = savedState
  .extend({
    message_id: id,
    message: message.nullable().meta({
      description: "The message as it is now. Null when the server no longer keeps it.",
    }),
    is_due: z.boolean().meta({ description: "Its reminder is due, and you have not ended it yet.", examples: [false] }),
  })
  .meta({ id: "SavedMessage" });
export type SavedMessage = z.infer<typeof savedMessage>;
