import { count } from "./format.ts";

/** The texts of mentions. They load when somebody types an `@`, or opens the list of mentions. */
export const mentionTexts = {
  suggestions: "People and everybody",
  scopes: { here: "Notifies everybody who is online", all: "Notifies everybody here" },
  asksAll: (people: number) => ({
    title: "Notify everybody?",
    text: `This notifies ${count(people, "person", "people")}.`,
    action: "Notify and send",
  }),
  asksHere: (people: number) => ({
    title: "Notify everybody who is online?",
    text: `This notifies up to ${count(people, "person", "people")}.`,
    action: "Notify and send",
  }),
  page: "Mentions",
  empty: "Nobody has mentioned you yet.",
  emptyText: "Messages that mention you, or everybody in a group, will be here.",
  loading: "Loading mentions…",
  failed: "Couldn’t load the mentions.",
  more: "Show older ones",
  onlyUnread: "Unread only",
  noUnread: "You have read all messages that mention you.",
  unread: "Unread",
  inConversation: (title: string) => `in ${title}`,
  next: (mentions: number) => `${count(mentions, "mention", "mentions")}, go to the next one`,
  why: {
    title: "Why you were or were not notified",
    if: "If a message like this came now, while you look elsewhere:",
    badge: "It counts in your badge",
    sound: "A page that is open shows a notification",
    push: "Your phone notifies you",
    mail: "You get a mail when it stays unread",
    yes: "Yes",
    no: "No",
    loading: "Asking the server…",
    failed: "Couldn’t ask the server. Try again when you are connected.",
    settings: "Notification settings",
  },
};

/** The reasons in words. Reasons of a newer server come with words of their own. */
export const reasonWords: Readonly<Record<string, string>> = {
  own_message: "You sent this message yourself.",
  deleted: "The message was deleted.",
  nothing: "You have muted this conversation.",
  muted: "You have muted this conversation for a time.",
  mention: "The message mentions you.",
  reply: "The message answers one of yours.",
  here: "The message mentions everybody who is online.",
  all: "The message mentions everybody.",
  keyword: "The message has one of your keywords.",
  direct: "It is a message in a 1-on-1.",
  following: "You follow this thread.",
  every_message: "You get every message of this conversation.",
  not_following: "You do not follow this thread, and the message does not mention you.",
  only_mentions: "You only get mentions in this conversation, and the message does not mention you.",
  snoozed: "You have snoozed notifications.",
  do_not_disturb: "It is one of your do-not-disturb hours.",
};
