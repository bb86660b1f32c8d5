import { signal } from "@preact/signals";
import type { ChatMessage, ConfabClient, Conversation, User } from "../../../../sdk/index.ts";
import type { Mentioned } from "../../../../text/parsed.ts";
import { texts } from "../../../texts/texts.ts";
import { knownConversations } from "../../base/known-conversations.ts";

/** The parts of a message that say whom it mentions. */
export type Mentioning = Pick<ChatMessage, "conversation_id"> & { mentions?: ChatMessage["mentions"] };

let client: ConfabClient | undefined;
/** Members of large groups, whom the conversation itself does not have. */
const others = signal<ReadonlyMap<number, User>>(new Map());

/** Names follow this client from now on. */
export function followNames(followed: ConfabClient) {
  client = followed;
  followed.on("user", (user) => others.peek().has(user.id) && noteMembers([user]));
}

const noteMembers = (users: readonly User[]) => {
  others.value = new Map([...others.peek(), ...users.map((user) => [user.id, user] as const)]);
};

const conversationOf = (id: string): Conversation | undefined =>
  client && knownConversations(client).find((one) => one.id === id);

/** The name of today of a mentioned person, if it is known here. */
function knownName(id: number, { conversation_id, mentions }: Mentioning): string | undefined {
  if (client?.me?.id === id) return client.me.full_name;
  const member = conversationOf(conversation_id)?.info?.participants.find((user) => user.id === id);
  const said = mentions?.names?.[mentions.user_ids.indexOf(id)];
  return member?.full_name ?? others.value.get(id)?.full_name ?? (said || undefined);
}

/** The text behind the `@` of a mention. */
export const mentionedName = (of: Mentioned, message: Mentioning): string =>
  typeof of === "number" ? (knownName(of, message) ?? texts.messages.text.somebody) : of;

/** Whether a message of somebody else mentions the reader. */
export const isForReader = ({ sender_id, mentions }: ChatMessage, userId: number | undefined): boolean =>
  mentions !== undefined &&
  userId !== undefined &&
  sender_id !== userId &&
  (mentions.scope !== undefined || mentions.user_ids.includes(userId));

/** Code keeps its signs, in a text that is edited too. */
const CODE = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)/;
const MARK = /<(?:@([1-9]\d{0,9})|!(here|all))>/g;

/** The text as people type it: `@Bob Example` for `<@12>`. */
export function typedText({ content, ...message }: Mentioning & { content: string }): string {
  if (!content.includes("<")) return content;
  return content
    .split(CODE)
    .map((piece, n) =>
      n % 2 === 1 ? piece : piece.replace(MARK, (mark, id, scope) => typedMention(mark, id, scope, message)),
    )
    .join("");
}

function typedMention(mark: string, id: string | undefined, scope: string | undefined, message: Mentioning): string {
  if (scope) return `@${scope}`;
  const name = knownName(Number(id), message);
  return name === undefined ? mark : `@${name}${isAmbiguous(name, message) ? `#${id}` : ""}`;
}

const isAmbiguous = (name: string, { conversation_id }: Mentioning) =>
  membersOf(conversationOf(conversation_id)).filter(({ full_name }) => full_name === name).length > 1;

/** The members who are known here: the first of them, and in large groups those that were loaded. */
export function membersOf(conversation: Conversation | undefined): User[] {
  const first = conversation?.info?.participants ?? [];
  const loaded = conversation ? (groups.get(conversation.id) ?? []) : [];
  const known = new Map([...loaded, ...first].map((user) => [user.id, others.peek().get(user.id) ?? user]));
  for (const user of first) known.set(user.id, user);
  return [...known.values()];
}

const groups = new Map<string, User[]>();
export const noteGroup = (id: string, users: User[]) => {
  groups.set(id, users);
  noteMembers(users);
};
