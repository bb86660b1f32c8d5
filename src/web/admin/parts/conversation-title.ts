import type { AdminConversation } from "../../../protocol/admin.ts";
import { adminTexts } from "../../texts/admin.ts";

/** What a conversation is called here, where nobody in it looks. */
export function titleOf({ name, participants, participant_count }: AdminConversation): string {
  if (name !== null) return name;
  const people = participants.slice(0, 3).map(({ full_name }) => full_name);
  return adminTexts.conversations.people(people, participant_count - people.length);
}
