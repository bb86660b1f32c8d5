import { messagesEn } from "./en-messages.ts";

/**
 * Every text that people read in the chat, in one place: a translation is a file like this one with the same keys.
 * What depends on a number or a name is a function. Dates and numbers are made by `Intl`, in the reader's language.
 */
const plural = new Intl.PluralRules("en");
const number = new Intl.NumberFormat("en");

/** `3 people`, `1 person`. */
const count = (value: number, one: string, other: string) =>
  `${number.format(value)} ${plural.select(value) === "one" ? one : other}`;

const dates = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const MINUTE = 60_000;
const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 24 * 60 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
];

/** `just now`, `5 minutes ago`, `yesterday`; a date when it is longer ago than a week. */
function ago(time: string): string {
  const past = Date.now() - Date.parse(time);
  if (past > 7 * 24 * 60 * MINUTE) return dates.format(new Date(time));
  const step = STEPS.find(([, length]) => past >= length);
  return step ? relative.format(-Math.floor(past / step[1]), step[0]) : "just now";
}

export const en = {
  product: "Confab",
  /** For `lang` and `dir` of the page. */
  language: "en",
  direction: "ltr",
  date: (time: string) => dates.format(new Date(time)),

  design: {
    close: "Close",
    cancel: "Cancel",
    dismiss: "Dismiss",
    showPassword: "Show password",
    hidePassword: "Hide password",
    failed: "That did not work. Please try again.",
  },

  shell: {
    starting: "Just a moment…",
    skip: "Skip to the conversation",
    conversations: "Conversations",
    newConversation: "New conversation",
    yourMenu: (name: string) => `Your menu, ${name}`,
    settings: "Settings",
    signOut: "Sign out",
    back: "Back",
    brokenTitle: "Something went wrong on this page",
    brokenText: "Your messages and drafts are safe. Loading the page again usually helps.",
    reload: "Load again",
    outdated: "There is a new version of this page.",
  },

  /** Asked when something is not sent yet. */
  signOut: {
    title: "Some messages are not sent yet",
    text: "They can stay in this browser and go out when you sign in here again, or be thrown away.",
    action: "Throw away",
    alternative: "Keep them",
  },

  connection: {
    away: "Not connected. Messages are kept and sent later.",
    back: "Connected again.",
    again: (seconds: number) => `Trying again in ${number.format(seconds)} s.`,
    trying: "Trying again…",
    retry: "Try now",
    notKept: "This browser can’t store anything: keep the page open until your messages are sent.",
    stopped: "The server has ended this connection. What is not sent yet is kept.",
  },

  account: {
    registerTitle: "Create your account",
    signInTitle: "Sign in",
    register: "Create account",
    signIn: "Sign in",
    firstName: "First name",
    lastName: "Last name",
    email: "E-mail",
    password: "Password",
    passwordHint: "At least 8 characters.",
    haveAccount: "Have an account?",
    noAccount: "New here?",
    closed: "Only people with an account can come in. Ask whoever runs this server for one.",
    endedElsewhere:
      "Your session has ended, here or from another device. Sign in to go on: drafts and unsent messages are kept.",
  },

  home: {
    chooseTitle: "Choose a conversation",
    choose: "Or start a new one: with one person, or with a group.",
    startTitle: "Say hello to somebody",
    start: "Find a person by name or e-mail and write to them.",
    aloneTitle: "You are the first one here",
  },

  settings: {
    title: "Settings",
    parts: {
      profile: "Profile",
      password: "Password",
      sessions: "Sessions",
      appearance: "Appearance",
      notifications: "Notifications",
      keyboard: "Keyboard",
      about: "About",
    },
    save: "Save",
    saved: "Saved.",
    nameHint: "Messages you have sent keep the name they were sent with.",
    oldPassword: "Current password",
    newPassword: "New password",
    passwordEffect: "Everywhere else you will be signed out.",
    changePassword: "Change password",
    passwordChanged: "Password changed. All other sessions have ended.",
    sessionsText: "Where you are signed in. End a session that you don’t know, and change your password.",
    thisSession: "This one",
    unknownBrowser: "Unknown program",
    sessionUse: (lastUsed: string, created: string) =>
      `Used ${ago(lastUsed)}, since ${dates.format(new Date(created))}`,
    end: "End",
    endOf: (browser: string) => `End the session of ${browser}`,
    endOthers: "End all others",
    endOthersText: "You will be signed out everywhere but here.",
    sessionsEnded: (sessions: number) => `${count(sessions, "session", "sessions")} ended.`,
    theme: "Colours",
    themes: { system: "As the system", light: "Light", dark: "Dark" },
    textSize: "Size of text",
    textSizes: { small: "Small", normal: "Normal", large: "Large", huge: "Very large" },
    direction: "Direction of the page",
    directions: { auto: "As the language", ltr: "Left to right", rtl: "Right to left" },
    directionHint: "Messages and names always follow their own language.",
    language: "Language: English.",
    notify: "Notifications",
    notifyText: "For messages that come while this page is not in front of you.",
    notifyTurnOn: "Turn on notifications",
    notifyWithText: "Show the text",
    notifyWithTextHint: "Off: only who has written.",
    notifyDenied:
      "This browser does not allow notifications for this address. You can change that in its settings for the page.",
    notifyMissing: "This browser has no notifications here. Most want the address to begin with https.",
    version: (version: string) => `Version ${version}`,
    apiPages: "API for developers",
    admin: "Administration of this server",
  },

  notifications: {
    inGroup: (sender: string, group: string) => `${sender} in ${group}`,
    newMessage: "New message",
  },

  keyboard: {
    title: "Keyboard shortcuts",
    switcher: "Go to",
    switcherSearch: "A person or a conversation",
    switcherNothing: "Nothing found.",
    sections: {
      everywhere: "Everywhere",
      conversations: "Conversations",
      messages: "Messages",
      composing: "Writing",
    },
    keys: {
      switcher: "Go to a person or conversation",
      start: "New conversation",
      settings: "Settings",
      regions: "Next part of the page",
      regionsBack: "Previous part of the page",
      back: "Leave a text field, or go back",
      sheet: "This list",
      previous: "Conversation above",
      next: "Conversation below",
      nextUnread: "Next one with unread messages",
    },
  },

  messages: messagesEn,

  people: {
    count: (people: number) => count(people, "person", "people"),
    unread: (messages: number) => `${number.format(messages)} unread`,
    people: "People",
    search: "Name or e-mail",
    found: (people: number) => `${count(people, "person", "people")} found`,
    unchoose: (name: string) => `Remove ${name}`,
    nobodyFound: (text: string) => `Nobody found for “${text}”.`,
    allIn: "Everybody is in already.",
    invite: "To chat you need a second person. Let them open this address in their browser and create an account:",
    inviteLocal:
      "Alone at this computer? Open the address in another browser or a private window, and be the second person yourself.",
    inviteThen: "Once they are in, you find each other under “New conversation”.",
    copy: "Copy",
    copied: "Copied",
    online: "Online",
    lastSeen: (time: string) => `Last seen ${ago(time)}`,
    joined: "Here since",
    startTitle: "New conversation",
    startChat: "Start chat",
    createGroup: (people: number) => `Create group of ${number.format(people)}`,
    groupName: "Name of the group",
    groupNameHint: "Without one it is called by its people.",
    group: "Group",
    person: "Person",
    write: "Write a message",
    editProfile: "Edit your profile",
    rename: "Rename the group",
    addTitle: "Add people",
    addPeople: "Add people",
    add: (people: number) => (people === 0 ? "Add" : `Add ${count(people, "person", "people")}`),
    more: "Show more",
    owner: "Owner",
    you: "You",
    remove: "Remove",
    removeOf: (name: string) => `Remove ${name} from the group`,
    removeTitle: "Remove from the group?",
    removeText: (name: string) => `${name} will not see this conversation any more. Their messages stay.`,
    leave: "Leave the group",
    leaveTitle: "Leave the group?",
    leaveText: "You will not see this conversation any more. Somebody in it can add you again.",
    leaveTextOwner: "You will not see this conversation any more, and somebody else becomes its owner.",
  },
};

export type Texts = typeof en;
