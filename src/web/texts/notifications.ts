import { count } from "./format.ts";

/** The texts of notifications, and of the note that somebody was added to a group. */
export const notifications = {
  inGroup: (sender: string, group: string) => `${sender} in ${group}`,
  newMessage: "New message",
  reminder: "Reminder",
  newReminder: "You wanted to be reminded of a message.",
};

export const added = {
  row: "You were added to this group",
  badge: "New",
  one: (group: string) => `You were added to ${group}`,
  many: (groups: number) => `You were added to ${count(groups, "group", "groups")}`,
  open: "Open",
};
