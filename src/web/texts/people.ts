import { ago, count, numbers } from "./format.ts";

/** The texts of finding people, and of starting a conversation with them. */
export const people = {
  unread: (messages: number) => `${numbers.format(messages)} unread`,
  people: "People",
  search: "Name or email",
  found: (people: number) => `${count(people, "person", "people")} found`,
  unchoose: (name: string) => `Remove ${name}`,
  nobodyFound: (text: string) => `No one found for “${text}”.`,
  allIn: "Everyone is already in.",
  invite: "You need someone to chat with. Create an invite link and send it to them.",
  inviteByAddress: "You need someone to chat with. Send them this address so that they can create an account.",
  inviteByAdmin: "You need someone to chat with. An admin of this server can invite them.",
  notShared: "You find people here once you share a conversation with them. Someone has to add you to the first one.",
  inviteThen: "Once they join, you find each other under “New conversation”.",
  online: "Online",
  lastSeen: (time: string) => `Last seen ${ago(time)}`,
  deactivated: "Account deactivated",
  startTitle: "New conversation",
  startChat: "Start chat",
  createGroup: (people: number) => `Create group of ${numbers.format(people)}`,
  groupName: "Group name",
  groupNameHint: "Without a name, the group shows the names of its members.",
  addTitle: "Add people",
  add: (people: number) => (people === 0 ? "Add" : `Add ${count(people, "person", "people")}`),
};
