import type { ChatMessage } from "../../../sdk/index.ts";
import { type Notice, noticesBetween } from "./notices.ts";
import { daysBetween } from "./times.ts";

/** How a message stands among its neighbours. */
export interface Place {
  /** A separator with the day stands above it. */
  startsDay: boolean;
  /** The line "3 new messages" stands above it. */
  startsUnread: boolean;
  /** The name of the sender stands above it: the sender before is another one, or some time has passed. */
  startsGroup: boolean;
}

/** Milliseconds. Messages of one sender within this time form a group. */
const TOGETHER_MS = 5 * 60_000;

/** @param readSeq the read position when the conversation was opened; `undefined` if nothing was new */
export function placeOf(
  messages: readonly ChatMessage[],
  index: number,
  readSeq: number | undefined,
  notices: readonly Notice[] = [],
): Place {
  const message = messages[index];
  const before = messages[index - 1];
  if (!message) return { startsDay: false, startsUnread: false, startsGroup: false };
  const startsUnread = isFirstUnread(before, message, readSeq);
  return {
    startsDay: startsDay(messages, index),
    startsUnread,
    startsGroup:
      startsUnread || !before || !together(before, message) || noticesBetween(notices, before, message).length > 0,
  };
}

/** Whether a message is the first of its day. */
export function startsDay(messages: readonly ChatMessage[], index: number): boolean {
  const [before, message] = [messages[index - 1], messages[index]];
  return message !== undefined && (!before || !sameDay(before, message));
}

function isFirstUnread(before: ChatMessage | undefined, message: ChatMessage, readSeq: number | undefined): boolean {
  if (readSeq === undefined || message.seq === undefined || message.seq <= readSeq) return false;
  return before === undefined ? message.seq === readSeq + 1 : before.seq !== undefined && before.seq <= readSeq;
}

const sameDay = (a: ChatMessage, b: ChatMessage) => daysBetween(new Date(a.created_at), new Date(b.created_at)) === 0;

const together = (a: ChatMessage, b: ChatMessage) =>
  a.sender_id === b.sender_id &&
  sameDay(a, b) &&
  Math.abs(Date.parse(b.created_at) - Date.parse(a.created_at)) < TOGETHER_MS;
