import { z } from "zod";
import { commonFields, serverFrame, who } from "./frame-parts.ts";
import { id } from "./text.ts";

export const setTypingFrame = z
  .object({
    ...commonFields,
    // Any value is accepted, and converted as JavaScript's `Boolean` does: clients of the API's first version rely on
    // that.
    is_typing: z.unknown().optional().transform(Boolean).meta({ type: "boolean", default: false }),
  })
  .meta({
    description:
      "Tells the others that you type or have stopped. Not forwarded again within 3 s, nor in groups over 100.",
    examples: [{ is_typing: true }],
  });

export const typingFrame = serverFrame(
  "typing",
  { conversation_id: id, ...who, is_typing: z.boolean().meta({ examples: [true] }) },
  "Another participant types, or has stopped. It expires by itself after 6 s.",
);
