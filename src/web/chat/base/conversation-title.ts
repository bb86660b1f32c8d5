import type { Conversation, ConversationInfo, User } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";

/** Where it is found in this page. */
export const addressOf = ({ id }: Conversation) => `/c/${id}`;

/** The other one of a 1-on-1. */
export function otherOf(info: ConversationInfo | undefined, me: User | undefined): User | undefined {
  if (!info || info.is_group) return undefined;
  return info.participants.find((user) => user.id !== me?.id);
}

/** So many people are named where a group has no name. */
const NAMED = 3;

/** What a conversation is called here: a 1-on-1 by the other one's name, a group without a name by those of the others. */
export function titleOf({ info, title }: Conversation, me: User | undefined): string {
  const other = otherOf(info, me);
  if (other) return other.full_name;
  if (!info?.is_group || info.name !== null) return title;
  const others = info.participants.filter((user) => user.id !== me?.id).map((user) => user.first_name);
  if (others.length === 0) return title;
  return texts.conversations.unnamed(others.slice(0, NAMED), info.participant_count - 1 - NAMED);
}
