import { numbers } from "./format.ts";

/** The texts of the frame around the list and the open conversation. */
export const shell = {
  starting: "Just a moment…",
  skip: "Skip to the conversation",
  conversations: "Conversations",
  newConversation: "New conversation",
  yourMenu: (name: string) => `Your menu, ${name}`,
  settings: "Settings",
  admin: "Administration",
  invitePeople: "Invite people",
  signOut: "Sign out",
  back: "Back",
  noFiles: "You can’t send files here, only text.",
  outdated: "A new version of this page is available.",
};

export const home = {
  chooseTitle: "Choose a conversation",
  choose: "Or start a new one, with one person or a group.",
  startTitle: "Say hello to someone",
  start: "Find a person by name or email and send them a message.",
  aloneTitle: "You are the first one here",
};

/** The texts of the bar that says whether the page is connected. */
export const connection = {
  away: "Not connected. Messages are kept and sent later.",
  back: "Connected again.",
  again: (seconds: number) => `Trying again in ${numbers.format(seconds)} s.`,
  trying: "Trying again…",
  retry: "Try now",
  notKept: "This browser can’t store data. Keep the page open until your messages are sent.",
  stopped: "The server closed the connection. Unsent messages are kept.",
};
