import { count, list, numbers } from "./format.ts";

const newMessages = (messages: number) => count(messages, "new message", "new messages");

/** The texts of an open conversation: its messages, and the field that they are written in. */
export const messages = {
  deactivated: (name: string) => `This account is deactivated. ${name} won’t read new messages.`,

  header: {
    back: "Back to conversations",
    details: "Details and members",
    people: (people: number) => count(people, "person", "people"),
    online: "Online",
    lastSeen: (when: string) => `Last seen ${when}`,
    offline: "Offline",
    deactivated: "Account deactivated",
  },

  day: { today: "Today", yesterday: "Yesterday" },

  feed: {
    label: (title: string) => `Messages with ${title}`,
    labelOfGroup: (title: string) => `Messages in ${title}`,
    loading: "Loading messages…",
    notLoaded: "These messages are not on this device yet. They load when you are connected.",
    loadingOlder: "Loading older messages…",
    olderFailed: "Couldn’t load older messages.",
    beginning: (title: string) => `This is the beginning of your conversation with ${title}.`,
    beginningOfGroup: (title: string) => `This is the beginning of ${title}.`,
    empty: "No messages yet. Say hello!",
    newMessages,
    jump: "Jump to the newest messages",
    jumpNew: (messages: number) => `${newMessages(messages)}, jump to ${messages === 1 ? "it" : "them"}`,
    edited: "edited",
    deleted: "This message was deleted.",
    pending: "Sending…",
    pendingOffline: "Will be sent when you are connected",
    editPending: "Saving…",
    deletePending: "Deleting…",
    failed: (reason: string) => `Not sent: ${reason}`,
    editFailed: (reason: string) => `Not changed: ${reason}`,
    deleteFailed: (reason: string) => `Not deleted: ${reason}`,
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
    since: (messages: number, when: string) => `${newMessages(messages)} since ${when}`,
    go: "Jump to first",
    tip: "Jump to the first new message",
    goOn: "Load more",
    waive: "Mark all as read",
    stop: "Stop loading",
    progress: "New messages loaded",
    loading: (loaded: number, all: number) => `Loading ${numbers.format(loaded)} of ${newMessages(all)}…`,
    paused: (loaded: number, all: number) => `${numbers.format(loaded)} of ${newMessages(all)} loaded`,
    failed: "Couldn’t load the new messages.",
  },

  notices: {
    /** The direction of these sentences. One may begin with a name in a script that runs the other way. */
    direction: "ltr" as "ltr" | "rtl",
    joined: (names: string[]) => `${list.format(names)} joined`,
    /** They left, or were removed. */
    gone: (names: string[]) => `${list.format(names)} ${names.length === 1 ? "is" : "are"} no longer in the group`,
    others: (people: number) => count(people, "other", "others"),
    renamed: (name: string) => `The group is now called ${name}`,
    unnamed: "The group no longer has a name",
    owned: (name: string) => `${name} now owns the group`,
    ownedByYou: "You now own the group",
    somebody: "Someone",
  },

  receipts: {
    sent: "Sent",
    read: "Read",
    readBy: (names: string) => `Read by ${names}`,
    readByCount: (people: number, total: number) => `Read by ${numbers.format(people)} of ${numbers.format(total)}`,
    readByEveryone: "Read by everyone",
    who: "Read by",
  },

  typing: {
    one: (name: string) => `${name} is typing…`,
    two: (first: string, second: string) => `${first} and ${second} are typing…`,
    many: (first: string, others: number) => `${first} and ${count(others, "other", "others")} are typing…`,
    inRow: "typing…",
  },

  actions: {
    more: "More actions",
    copy: "Copy text",
    copied: "Copied",
    edit: "Edit",
    delete: "Delete",
    discard: "Discard",
    deleteTitle: "Delete this message?",
    deleteText: "It is deleted for everyone. You can’t undo this.",
    deleteAction: "Delete message",
    discardTitle: "Discard this message?",
    discardText: "It was not sent. Its text will be lost.",
    discardAction: "Discard message",
  },

  composer: {
    label: (title: string) => `Message to ${title}`,
    placeholder: (title: string) => `Message ${title}`,
    editing: "Editing a message",
    cancelEdit: "Cancel editing",
    send: "Send",
    emoji: "Insert an emoji",
    left: (characters: number) => numbers.format(characters),
    leftLabel: (characters: number) => `${count(characters, "character", "characters")} left`,
    tooLong: (characters: number) => `${count(characters, "character", "characters")} too many`,
    tooLongToInsert: (most: number) =>
      `This text is too long. A message can have up to ${numbers.format(most)} characters.`,
    suggestions: "Emoji",
  },

  state: {
    loading: "Loading…",
    removedTitle: "You are no longer in this conversation",
    removedText: "You left or were removed. You can no longer read its messages.",
    unknownTitle: "Conversation not found",
    unknownText: "The address may be wrong, or you are not a member.",
    stale: "You are reading messages that were loaded earlier.",
  },
};
