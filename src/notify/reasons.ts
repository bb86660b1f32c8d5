import type { NotifyReason } from "../protocol/notifications.ts";

/** Each reason in words, to the person whom it is about. */
export const reasonTexts: Record<NotifyReason, string> = {
  own_message: "You sent this message yourself.",
  deleted: "The message was deleted.",
  read: "You have read the message.",
  nothing: "You have muted this conversation for good.",
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
  looking: "You were looking at this conversation.",
  snoozed: "You have snoozed notifications. The message counts in your badge.",
  do_not_disturb: "It is one of your do-not-disturb hours. The message counts in your badge.",
};
