import { count, list, numbers, plural } from "./format.ts";

const newMessages = (messages: number) => count(messages, "new message", "new messages");

/** The texts of an open conversation: its messages, and the field that they are written in. */
export const messages = {
  deactivated: (name: string) => `This account is deactivated. ${name} won’t read new messages.`,

  header: {
    back: "Back to conversations",
    details: "Details and members",
    pins: "Pinned messages",
    files: "Files",
    more: "More about this conversation",
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
    loadingMore: "Loading more messages…",
    moreFailed: "Couldn’t load more messages.",
    loadingLinked: "Loading the message…",
    linkedFailed: "Couldn’t load the message.",
    linkedNotLoaded: "This message is not on this device yet. It loads when you are connected.",
    linkedGone: "This message is no longer here.",
    toNewest: "Go to newest messages",
    beginning: (title: string) => `This is the beginning of your conversation with ${title}.`,
    beginningOfGroup: (title: string) => `This is the beginning of ${title}.`,
    empty: "No messages yet. Say hello!",
    newMessages,
    jump: "Jump to the newest messages",
    jumpNew: (messages: number) => `${newMessages(messages)}, jump to ${plural(messages, "it", "them")}`,
    edited: "(edited)",
    deleted: "This message was deleted.",
    pending: "Sending…",
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

  /** Within the text of a message. */
  text: {
    empty: "Empty message",
    /** In place of a hidden text, in one line. */
    spoiler: "[spoiler]",
    /** A mentioned person whose name is not known. */
    somebody: "somebody",
    spoilerHidden: "Spoiler, hidden",
    showSpoiler: "Show the spoiler",
    open: "Not done",
    done: "Done",
    table: "Table",
    copyCode: "Copy code",
    copied: "Copied",
  },

  notices: {
    /** The direction of these sentences. One may begin with a name in a script that runs the other way. */
    direction: "ltr" as "ltr" | "rtl",
    joined: (names: string[]) => `${list.format(names)} joined`,
    added: (who: string, names: string[]) => `${who} added ${list.format(names)}`,
    left: (names: string[]) => `${list.format(names)} left`,
    removed: (who: string, names: string[]) => `${who} removed ${list.format(names)}`,
    /** They left, or were removed: an older server does not say which. */
    gone: (names: string[]) => `${list.format(names)} ${plural(names.length, "is", "are")} no longer in the group`,
    others: (people: number) => count(people, "other", "others"),
    renamed: (name: string) => `The group is now called ${name}`,
    renamedBy: (who: string, name: string) => `${who} named the group ${name}`,
    unnamed: "The group no longer has a name",
    unnamedBy: (who: string) => `${who} removed the name of the group`,
    pinned: (who: string) => `${who} pinned a message`,
    pictureChanged: (who: string) => `${who} changed the picture of the group`,
    owned: (name: string) => `${name} now owns the group`,
    ownedByYou: "You now own the group",
    somebody: "Someone",
    you: "You",
    /** Among the people whom somebody added or removed. */
    youToo: "you",
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

  composer: {
    label: (title: string) => `Message to ${title}`,
    placeholder: (title: string) => `Message ${title}`,
    editing: "Editing a message",
    cancelEdit: "Cancel editing",
    send: "Send",
    more: "Add something else",
    poll: "Poll",
    attach: "Photos and files",
    camera: "Take a photo",
    failed: "Remove the file that failed, or try it again",
    voice: "Record a voice message",
    emoji: "Insert an emoji",
    left: (characters: number) => numbers.format(characters),
    leftLabel: (characters: number) => `${count(characters, "character", "characters")} left`,
    tooLong: (characters: number) => `${count(characters, "character", "characters")} too many`,
    tooLongToInsert: (most: number) =>
      `This text is too long. A message can have up to ${count(most, "character", "characters")}.`,
    suggestions: "Emoji",
    format: "Formatting",
    blank: "Write a message first",
  },

  state: {
    loading: "Loading…",
    removedTitle: "You are no longer in this conversation",
    removedText: "You left or were removed. You can no longer read its messages.",
    unknownTitle: "Conversation not found",
    unknownText: "The address may be wrong, or you are not a member.",
  },
};
