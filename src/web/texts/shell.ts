import { numbers } from "./format.ts";

/** The texts of the frame around the list and the open conversation. */
export const shell = {
  starting: "Just a moment…",
  skip: "Skip to the conversation",
  conversations: "Conversations",
  /** The name of the column with the sections. */
  rail: "Sections",
  sections: {
    home: "Chats",
    mentions: "Mentions",
    people: "People",
    archive: "Archive",
    saved: "Saved",
    threads: "Threads",
    search: "Search",
  },
  new: "New",
  newGroup: "New group",
  newConversation: "New conversation",
  menu: "Menu",
  yourMenu: (name: string) => `Your menu, ${name}`,
  settings: "Settings",
  admin: "Administration",
  adminShort: "Admin",
  invitePeople: "Invite people",
  signOut: "Sign out",
  endedElsewhere: "Your session has ended. Drafts in this browser were deleted.",
  back: "Back",
  outdated: "A new version of this page is available.",
};

export const home = {
  notShared:
    "You see people here after someone has added you to a conversation. Ask a colleague or an admin to add you.",
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
  stopped: "This page is too old for the server. Reload it to continue. Unsent messages are kept.",
};

/** Asked when messages are not sent yet. */
export const signOut = {
  title: "Some messages are not sent yet",
  text: "If you keep them, they are sent when you sign in here again. If you discard them, they are lost.",
  action: "Discard",
  alternative: "Keep them",
};
