import { count } from "./format.ts";

const newMessages = (messages: number) => count(messages, "new message", "new messages");

/** The texts of the bar that says how many messages have come. It loads when it is first shown. */
export const missedTexts = {
  label: "New messages",
  count: newMessages,
  since: (messages: number, when: string) => `${newMessages(messages)} since ${when}`,
  go: "Jump to first",
  tip: "Jump to the first new message",
  waive: "Mark all as read",
  stop: "Stop loading",
  loading: "Loading the first new message…",
  failed: "Couldn’t load the new messages.",
};
