/**
 * Every text that people read in the chat, in one place: a translation is a file like this one with the same keys.
 * What depends on a number or a name is a function. Dates and numbers are made by `Intl`, in the reader's language.
 */
const plural = new Intl.PluralRules("en");
export const numbers = new Intl.NumberFormat("en");
export const list = new Intl.ListFormat("en");

/** `3 people`, `1 person`. */
export const count = (value: number, one: string, other: string) =>
  `${numbers.format(value)} ${plural.select(value) === "one" ? one : other}`;

const newMessages = (messages: number) => count(messages, "new message", "new messages");

const dates = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const MINUTE = 60_000;
const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 24 * 60 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
];

/** `just now`, `5 minutes ago`, `yesterday`; a date when it is longer ago than a week. */
export function ago(time: string, format = dates): string {
  const past = Date.now() - Date.parse(time);
  if (past > 7 * 24 * 60 * MINUTE) return format.format(new Date(time));
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
    noFiles: "Files can’t be sent here, only text.",
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
    again: (seconds: number) => `Trying again in ${numbers.format(seconds)} s.`,
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
    themes: { system: "System", light: "Light", dark: "Dark" },
    textSize: "Text size",
    textSizes: { small: "Small", normal: "Normal", large: "Large", huge: "Very large" },
    direction: "Page direction",
    directions: { auto: "Automatic", ltr: "Left to right", rtl: "Right to left" },
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

  /** What stands in the list of conversations, among messages and where they are written. */
  messages: {
    list: {
      title: "Conversations",
      search: "Search people and conversations",
      clearSearch: "Clear the search",
      empty: "No conversations yet",
      emptyHint: "Find somebody and say hello.",
      start: "New conversation",
      nothingFound: (search: string) => `Nothing found for “${search}”`,
      conversations: "Conversations",
      people: "People",
      searching: "Searching…",
      searchFailed: "The search did not work. Is there a connection?",
      you: "You",
      draft: "Draft:",
      noMessages: "No messages yet",
      deleted: "Message deleted",
      unread: (count: number) => (count === 1 ? "1 unread message" : `${count} unread messages`),
      online: "online",
      pending: "Waiting to be sent",
      failed: "Not sent",
      tooMany: "99+",
      yesterday: "Yesterday",
      unnamed: (names: string[], more: number) => `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    },

    header: {
      back: "Back to the conversations",
      details: "Details and members",
      people: (count: number) => `${count} people`,
      online: "Online",
      lastSeen: (when: string) => `Last seen ${when}`,
      offline: "Offline",
      deactivated: "Account deactivated",
    },

    deactivated: (name: string) => `This account is deactivated. ${name} won't read new messages.`,

    day: { today: "Today", yesterday: "Yesterday" },

    feed: {
      label: (title: string) => `Messages with ${title}`,
      labelOfGroup: (title: string) => `Messages in ${title}`,
      loading: "Loading messages…",
      notLoaded: "These messages have not been opened on this device yet. They come when there is a connection.",
      loadingOlder: "Loading older messages…",
      olderFailed: "Older messages could not be loaded.",
      tryAgain: "Try again",
      beginning: (title: string) => `This is the beginning of your conversation with ${title}.`,
      beginningOfGroup: (title: string) => `This is the beginning of ${title}.`,
      empty: "No messages yet. Say hello!",
      newMessages,
      jump: "Jump to the newest messages",
      jumpNew: (count: number) => `${newMessages(count)}, jump to ${count === 1 ? "it" : "them"}`,
      edited: "edited",
      deleted: "This message was deleted.",
      pending: "Sending…",
      pendingOffline: "Is sent when there is a connection",
      editPending: "Saving…",
      deletePending: "Deleting…",
      failed: (reason: string) => `Not sent: ${reason}`,
      editFailed: (reason: string) => `Not changed: ${reason}`,
      deleteFailed: (reason: string) => `Not deleted: ${reason}`,
      retry: "Try again",
      discard: "Discard",
      showMore: "Show more",
      showLess: "Show less",
      you: "You",
      said: (who: string, text: string) => `${who}: ${text}`,
      label1: (who: string, time: string) => `${who}, ${time}`,
    },

    missed: {
      label: "New messages",
      count: newMessages,
      since: (count: number, when: string) => `${newMessages(count)} since ${when}`,
      go: "Jump to first",
      tip: "Jump to the first new message",
      goOn: "Load more",
      waive: "Mark all as read",
      stop: "Stop loading",
      progress: "New messages loaded",
      loading: (loaded: number, count: number) =>
        `Loading ${numbers.format(loaded)} of ${numbers.format(count)} new messages…`,
      paused: (loaded: number, count: number) =>
        `${numbers.format(loaded)} of ${numbers.format(count)} new messages are loaded`,
      failed: "The new messages could not be loaded.",
    },

    notices: {
      /** These are sentences of this language, though they may begin with a name of another one. */
      direction: "ltr" as "ltr" | "rtl",
      joined: (names: string[]) => `${list.format(names)} joined`,
      /** They have left, or were removed. */
      gone: (names: string[]) => `${list.format(names)} ${names.length === 1 ? "is" : "are"} no longer in the group`,
      others: (count: number) => `${numbers.format(count)} others`,
      renamed: (name: string) => `The group is now called ${name}`,
      unnamed: "The group has no name any more",
      owned: (name: string) => `${name} now owns the group`,
      ownedByYou: "You now own the group",
      somebody: "Somebody",
    },

    receipts: {
      sent: "Sent",
      read: "Read",
      readBy: (names: string) => `Read by ${names}`,
      readByCount: (count: number, total: number) => `Read by ${count} of ${total}`,
      readByEveryone: "Read by everyone",
      who: "Read by",
    },

    typing: {
      one: (name: string) => `${name} is typing…`,
      two: (first: string, second: string) => `${first} and ${second} are typing…`,
      many: (first: string, others: number) => `${first} and ${others} others are typing…`,
      inRow: "typing…",
      oneInRow: (name: string) => `${name} is typing…`,
    },

    actions: {
      more: "More actions",
      copy: "Copy text",
      copied: "Copied",
      edit: "Edit",
      delete: "Delete",
      retry: "Try again",
      discard: "Discard",
      deleteTitle: "Delete this message?",
      deleteText: "It disappears for everybody. That can’t be undone.",
      deleteAction: "Delete message",
      discardTitle: "Discard this message?",
      discardText: "It has not been sent, and its text is lost.",
      discardAction: "Discard message",
    },

    composer: {
      label: (title: string) => `Message to ${title}`,
      placeholder: (title: string) => `Message ${title}`,
      editing: "Editing a message",
      cancelEdit: "Cancel editing",
      save: "Save",
      send: "Send",
      emoji: "Insert an emoji",
      left: (count: number) => numbers.format(count),
      leftLabel: (count: number) => (count === 1 ? "1 character left" : `${count} characters left`),
      tooLong: (count: number) => (count === 1 ? "1 character too many" : `${count} characters too many`),
      tooLongToInsert: (most: number) =>
        `That is too long to be put in here: a message has at most ${numbers.format(most)} characters.`,
      suggestions: "Emoji",
    },

    emoji: {
      title: "Emoji",
      search: "Search emoji",
      recent: "Recently used",
      nothing: "No such emoji",
      groups: {
        "Smileys & Emotion": "Smileys",
        "People & Body": "People",
        "Animals & Nature": "Nature",
        "Food & Drink": "Food",
        "Travel & Places": "Travel",
        Activities: "Activities",
        Objects: "Objects",
        Symbols: "Symbols",
        Flags: "Flags",
      } as Record<string, string>,
    },

    state: {
      loading: "Loading…",
      removedTitle: "You are no longer in this conversation",
      removedText: "Somebody removed you, or you left. Its messages can’t be read any more.",
      unknownTitle: "There is no such conversation",
      unknownText: "The address may be wrong, or you are not one of its members.",
      back: "To the conversations",
      stale: "You are reading what was loaded earlier.",
    },

    keys: {
      move: "From message to message",
      first: "To the first loaded message (End: newest)",
      actions: "Actions on a message",
      edit: "Edit your message",
      editLast: "Edit your last message (empty text field)",
      delete: "Delete your message",
      copy: "Copy a message",
      retry: "Send a failed message again",
      firstNew: "To the first new message",
      waive: "Mark all new messages as read, or stop loading them",
      write: "Back to writing",
      send: "Send",
      newline: "New line",
      bold: "Bold",
      italics: "Italics",
      code: "Code",
      emoji: "Complete an emoji: :smile",
      scroll: "Scroll the messages (Page Down: back)",
      cancel: "Cancel editing",
      listMove: "From conversation to conversation",
      listOpen: "Open a conversation",
      search: "Search people and conversations",
    },
  },

  people: {
    count: (people: number) => count(people, "person", "people"),
    unread: (messages: number) => `${numbers.format(messages)} unread`,
    people: "People",
    search: "Name or e-mail",
    found: (people: number) => `${count(people, "person", "people")} found`,
    unchoose: (name: string) => `Remove ${name}`,
    nobodyFound: (text: string) => `Nobody found for “${text}”.`,
    allIn: "Everybody is in already.",
    invite: "To chat you need a second person. Let them open this address in their browser and create an account:",
    inviteLocal:
      "Alone at this computer? Open the address in another browser or a private window, and be the second person yourself.",
    inviteClosed: "To chat you need a second person: whoever runs this server can give them an account.",
    notShared:
      "You find people here once you share a conversation with them. Somebody has to add you to the first one.",
    inviteThen: "Once they are in, you find each other under “New conversation”.",
    copy: "Copy",
    copied: "Copied",
    online: "Online",
    lastSeen: (time: string) => `Last seen ${ago(time)}`,
    deactivated: "Account deactivated",
    joined: "Here since",
    startTitle: "New conversation",
    startChat: "Start chat",
    createGroup: (people: number) => `Create group of ${numbers.format(people)}`,
    groupName: "Group name",
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
