import type { Conversation, ConversationInfo, User } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";
import { pathTo } from "./routing.ts";

/** The address of a conversation in this page. */
export const addressOf = ({ id }: Conversation) => pathTo("conversation", id);

/** The other member of a 1-on-1. */
export function otherOf(info: ConversationInfo | undefined, me: User | undefined): User | undefined {
  if (!info || info.is_group) return undefined;
  return info.participants.find((user) => user.id !== me?.id);
}

/** How many members the title of a group without a name lists. */
const NAMED = 3;

/** The title of a conversation: the other person's name, the name of the group, or the names of its members. */
export function titleOf({ info, title }: Pick<Conversation, "info" | "title">, me: User | undefined): string {
  const other = otherOf(info, me);
  if (other) return other.full_name;
  if (!info?.is_group || info.name !== null) return title;
  const others = info.participants.filter((user) => user.id !== me?.id).map((user) => user.first_name);
  if (others.length === 0) return title;
  return texts.conversations.unnamed(others.slice(0, NAMED), info.participant_count - 1 - NAMED);
}
