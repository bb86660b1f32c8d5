import { count, dates } from "./format.ts";

/** The texts of the dialogs and the card about a person, and about a group and its members. They load with those. */
export const memberTexts = {
  count: (people: number) => count(people, "person", "people"),
  since: (time: string) => dates.format(new Date(time)),
  joined: "Here since",
  group: "Group",
  person: "Person",
  write: "Write a message",
  editProfile: "Edit your profile",
  card: {
    label: (name: string) => `About ${name}`,
    write: "Message",
    editProfile: "Edit profile",
    gone: "No longer in this conversation",
  },
  rename: "Rename the group",
  addPeople: "Add people",
  byLink: "Invite by link",
  owner: "Owner",
  you: "You",
  remove: "Remove",
  removeOf: (name: string) => `Remove ${name} from the group`,
  removeTitle: "Remove from the group?",
  removeText: (name: string) =>
    `${name} will no longer see this conversation. Their messages stay. Only you can add them again.`,
  leave: "Leave the group",
  leaveTitle: "Leave the group?",
  leaveText: "You will no longer see this conversation. A member can add you again.",
  leaveTextLast: "You are the last member. No one will be able to open this conversation again.",
  leaveTextOwner: "You will no longer see this conversation. Another member becomes its owner.",
  hide: "Hide this conversation",
  hideHint: "It stays out of your chats until someone writes.",
  hidden: "Hidden until someone writes.",
  groupWith: (name: string) => `New group with ${name}`,
};
