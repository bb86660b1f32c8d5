import type { AdminConversation } from "../../../protocol/admin.ts";
import { adminTexts } from "../../texts/admin/texts.ts";

/** The title of a conversation for an admin. It names members, because the admin may not be one. */
export function titleOf({ name, participants, participant_count }: AdminConversation): string {
  if (name !== null) return name;
  const people = participants.slice(0, 3).map(({ full_name }) => full_name);
  return adminTexts.conversations.people(people, participant_count - people.length);
}
