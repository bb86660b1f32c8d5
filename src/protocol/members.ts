import { z } from "zod";
import { serverFrame, version } from "./frame-parts.ts";
import { line } from "./lines.ts";
import { changeTag, id, userId } from "./text.ts";
import { user } from "./users.ts";

export const participantsFrame = serverFrame(
  "participants",
  {
    conversation_id: id,
    version,
    tag: changeTag,
    added: z.array(user),
    removed: z.array(userId).meta({ examples: [[]] }),
    name: z
      .string()
      .nullable()
      .meta({ description: "The group's name from now on.", examples: ["Friends"] }),
    owner_id: userId
      .nullable()
      .optional()
      .meta({ description: "The group's owner from now on, when that has changed. A replay leaves it out." }),
    picture: id
      .nullable()
      .optional()
      .meta({ description: "The group's picture from now on, when that has changed. Null: it has none." }),
    line: line.optional().meta({ description: "The line that pages show for this change from now on." }),
  },
  "Somebody joined or left, the group was renamed, or it has another owner or picture.",
);
