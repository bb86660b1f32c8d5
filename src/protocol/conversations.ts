import { z } from "zod";
import { message } from "./messages.ts";
import { line, userId } from "./text.ts";
import { time, user } from "./users.ts";

/** How many participants a conversation object carries, by joining; the others are paged. */
export const PARTICIPANTS_SHOWN = 50;

export const conversation = z.object({
  id: z.uuid(),
  name: z.string().nullable(),
  display_name: z.string(),
  is_group: z.boolean(),
  participants: z.array(user),
  participant_count: z.int(),
  created_at: time,
  updated_at: time,
});
/** A conversation as one participant sees it: `display_name` depends on who looks. */
export type Conversation = z.infer<typeof conversation>;

export const conversationSummary = conversation.extend({
  message_count: z.int(),
  unread_count: z.int(),
  last_message: message.nullable(),
});
/** A conversation with its counts and newest message, as the list has it. */
export type ConversationSummary = z.infer<typeof conversationSummary>;

export const conversationDetail = conversationSummary.extend({
  read_positions: z.array(z.object({ user_id: z.int(), seq: z.int() })),
});
/** One conversation, with how far each participant shown has read. */
export type ConversationDetail = z.infer<typeof conversationDetail>;

/** Blank, or nothing that can be seen: the group has no name of its own. */
const name = line(0, 255).transform((text) => (/^[\s\p{Default_Ignorable_Code_Point}]*$/u.test(text) ? null : text));

const idList = z
  .array(z.unknown(), {
    error: (issue) => (issue.input === undefined ? "This field is required." : "Expected a list of user ids."),
  })
  .transform((ids, context) => {
    const parsed: number[] = [];
    for (const id of ids) {
      const result = userId.safeParse(id);
      if (result.success) parsed.push(result.data);
      else {
        context.addIssue(result.error.issues[0]?.message ?? "A valid user id is required.");
        return [];
      }
    }
    return parsed;
  });

export const createConversationBody = z.object({ participant_ids: idList, name: name.nullish() });
export const renameBody = z.object({ name: name.nullable() });
export const addParticipantsBody = z.object({ user_ids: idList });
