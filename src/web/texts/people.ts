import { ago, count, numbers } from "./format.ts";

/** The texts of finding people, and of starting a conversation with them. */
export const peopleTexts = {
  unread: (messages: number) => `${numbers.format(messages)} unread`,
  people: "People",
  search: "Name or email",
  found: (people: number) => `${count(people, "person", "people")} found`,
  unchoose: (name: string) => `Remove ${name}`,
  nobodyFound: (text: string) => `No one found for “${text}”.`,
  invite: "You need someone to chat with. Create an invite link and send it to them.",
  inviteByAddress: "You need someone to chat with. Send them this address so that they can create an account.",
  inviteByAdmin: "You need someone to chat with. An admin of this server can invite them.",
  inviteThen: "After they join, you find them under “People”.",
  online: "Online",
  lastSeen: (time: string) => `Last seen ${ago(time)}`,
  deactivated: "Account deactivated",
  startChat: "Start chat",
  /** The number includes you. */
  createGroup: (people: number) => (people < 3 ? "Create group" : `Create group of ${numbers.format(people)}`),
  groupNeeds: "Choose at least two people.",
  alreadyIn: "Already in the group",
  groupName: "Group name",
  groupNameHint: "Without a name, the group shows the names of its members.",
  addTitle: "Add people",
  add: (people: number) => (people === 0 ? "Add" : `Add ${count(people, "person", "people")}`),
};
