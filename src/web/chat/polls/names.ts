import type { Conversation } from "../../../sdk/index.ts";
import { pollTexts } from "../../texts/polls.ts";

/** The names of people, as far as the page knows them. */
export function namesOf(conversation: Conversation, ids: readonly number[]): string[] {
  const known = new Map(conversation.info?.participants.map(({ id, full_name }) => [id, full_name]));
  return ids.map((id) => known.get(id) ?? pollTexts.unknown);
}
