import type { MembersChange } from "../public/conversation.ts";
import type { ConversationInfo, User } from "../public/types.ts";

/** `info.participants` has the first members only. */
const PARTICIPANTS_MAX = 50;

/** Applies a change of the members, the name or the owner to what is known of a conversation. */
export function withMembersChange(info: ConversationInfo, change: MembersChange): ConversationInfo {
  const { added, removed, name, owner_id, picture } = change;
  const moved = [...removed, ...added.map((user) => user.id)];
  const remaining = info.participants.filter((user) => !moved.includes(user.id));
  return {
    ...info,
    name,
    owner_id: owner_id === undefined ? info.owner_id : owner_id,
    picture: picture === undefined ? info.picture : (picture ?? undefined),
    display_name: name ?? info.display_name,
    participants: [...remaining, ...added].slice(0, PARTICIPANTS_MAX),
    participant_count: info.participant_count + added.length - removed.length,
  };
}

/** Applies new data of a user to what is known of a conversation. */
export function withUser(info: ConversationInfo, user: User, me: User | undefined): ConversationInfo {
  const participants = info.participants.map((one) => (one.id === user.id ? user : one));
  if (!participants.includes(user)) return info;
  return { ...info, participants, display_name: info.name ?? nameOf(info, participants, me) };
}

/** Makes the same name as the server makes for a conversation that has none. */
function nameOf({ is_group, display_name }: ConversationInfo, people: readonly User[], me: User | undefined): string {
  if (is_group)
    return `Group with ${people
      .slice(0, 3)
      .map((user) => user.first_name)
      .join(", ")}`;
  const other = people.find(({ id }) => id !== me?.id);
  return other ? `Chat with ${other.full_name}` : display_name;
}
