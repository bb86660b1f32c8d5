import { z } from "zod";
import { version } from "./frame-parts.ts";
import { count, epoch, headTag, id } from "./text.ts";

/** The changes of a conversation since a person last looked at it. */

export const CHANGES_LIMIT = { default: 100, max: 500 };
/** The longest time that a request waits for a change, in seconds. */
export const WAIT_MAX_S = 30;

export const changesPage = z
  .object({
    conversation_id: id,
    changes: z
      .array(z.looseObject({ type: z.string().meta({ examples: ["message_changed"] }), version }))
      .meta({ description: "Frames as a socket would replay them, in order and without gaps." }),
    next: version.meta({
      description: "Send it back with `after_version`, and `tag` with it, for the changes after these.",
    }),
    tag: headTag.meta({ description: "The tag of the change at `next`. Null when not known." }),
    more: z.boolean().meta({ description: "There are changes after these already.", examples: [false] }),
    reset: z.literal(true).optional().meta({
      description:
        "The server can't give the changes after your version: load the conversation again, and go on from `next`.",
    }),
    read_seq: count.meta({ description: "Your read position.", examples: [7] }),
    read_version: count.nullable().meta({
      description: "The newest change that you have looked at. Null: not known. It is the default of `after_version`.",
    }),
    epoch,
  })
  .meta({ id: "ChangesPage" });
export type ChangesPage = z.infer<typeof changesPage>;
