import { z } from "zod";
import { counter, id, userId } from "./text.ts";

/** How many people one message can mention. Further ones are shown and not notified. */
export const MENTIONED_MAX = 50;

const mentionScope = z.enum(["here", "all"]);

/** The field `mentions` of a message: who is notified by its text. */
export const mentions = z
  .object({
    user_ids: z
      .array(userId)
      .max(MENTIONED_MAX)
      .meta({ description: "The mentioned members, in the order of the text.", examples: [[2]] }),
    scope: mentionScope.optional().meta({
      description: "`all`: everybody in the conversation. `here`: everybody who was online when it was sent.",
    }),
  })
  .extend({
    names: z
      .array(z.string())
      .optional()
      .meta({ description: "The names of today, in the order of `user_ids`.", examples: [["Bob Example"]] }),
  })
  .meta({
    id: "Mentions",
    description: "The people whom the text mentions by `<@12>`, `<!here>` and `<!all>`. Left out when there are none.",
  });
/** The people whom a message mentions. */
export type Mentions = z.infer<typeof mentions>;

/** The newest mention of a person in a conversation: the value of a `me` frame of kind `mention`. */
export const mentionEntry = z
  .object({
    seq: counter.meta({ description: "The `seq` of the message that mentions you." }),
    message_id: id,
  })
  .meta({ id: "MentionEntry", description: "The newest message that mentions you in the conversation `key`." });
