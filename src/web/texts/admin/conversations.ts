import { count, list, numbers } from "../format.ts";

/** The texts of the list of conversations and of the page of one. */
export const conversations = {
  search: "Search by name, person, email or ID",
  conversation: "Conversation",
  kind: "Kind",
  isGroup: "Group",
  oneOnOne: "1-on-1",
  group: (people: number) => `Group of ${numbers.format(people)}`,
  people: (names: string[], others: number) =>
    list.format(others > 0 ? [...names, count(others, "other", "others")] : names) || "No members",
  ofPerson: (name: string) => `With ${name}`,
  members: "Members",
  moreMembers: (left: number) => `Show more (${count(left, "other member", "other members")})`,
  messages: "Messages",
  changes: "Changes",
  lastActive: "Last active",
  created: "Created",
  id: "ID",
  owner: "owner",
  auditOf: "Actions on this conversation",
  readingIsAudited: "These messages are private. The audit log will show that you read them.",
  show: "Read messages",
  older: "Older messages",
  newer: "Newer messages",
  edited: "edited",
  deleted: "This message was deleted.",
  remove: {
    label: "Remove conversation",
    question: (name: string, people: number, messages: number) => ({
      title: `Remove “${name}”?`,
      text: `This removes it for ${count(people, "person", "people")} and erases ${count(messages, "message", "messages")}. You can’t undo this.`,
    }),
    done: (name: string) => `“${name}” was removed.`,
  },
  removeMessage: {
    label: "Remove message",
    question: (name: string) => ({
      title: "Remove this message?",
      text: `This erases what ${name} wrote for everyone. People still see that there was a message. You can’t undo this.`,
    }),
    done: "The message was removed.",
  },
};
