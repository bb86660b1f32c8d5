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
  endsGroup: boolean;
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
  const after = messages[index + 1];
  if (!message) return { startsDay: false, startsUnread: false, startsGroup: false, endsGroup: false };
  const startsUnread = isFirstUnread(before, message, readSeq);
  const hangTogether = (a: ChatMessage, b: ChatMessage) => together(a, b) && noticesBetween(notices, a, b).length === 0;
  return {
    startsDay: !before || !sameDay(before, message),
    startsUnread,
    startsGroup: startsUnread || !before || !hangTogether(before, message),
    endsGroup: !after || !hangTogether(message, after) || isFirstUnread(message, after, readSeq),
  };
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
