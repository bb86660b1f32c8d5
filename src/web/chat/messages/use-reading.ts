import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";

/** Where the new messages began when the reader came, and how many they were. */
export interface Unread {
  afterSeq: number;
  count: number;
}

/** What of the list is in sight. */
export interface Sight {
  isAtEnd: () => boolean;
  /** The top of this row is above it. */
  isAbove: (index: number) => boolean;
}

const isLookedAt = () => document.visibilityState === "visible" && document.hasFocus();

/**
 * Says what was new, and tells the server what has been read: only while the page is looked at, the newest is in sight,
 * and the first new one has been seen or waived.
 */
export function useReading(conversation: Conversation, { isAtEnd, isAbove }: Sight) {
  const [unread, setUnread] = useState<Unread | undefined>(() => unreadOf(conversation));
  /** What came before it had caught up for the first time is new to who comes. */
  const [isSettled, setSettled] = useState(conversation.state === "live");
  const [isMissed, setMissed] = useState(false);
  const met = useRef<number | undefined>(undefined);
  const wasUnread = useRef(conversation.unread);
  const seen = useRef(lastSeq(conversation));

  const isFirstAbove = () => {
    if (!unread || met.current === unread.afterSeq || conversation.unread === 0) return false;
    // Further on, where one has answered meanwhile, or has read on another device.
    const first = conversation.indexOf(Math.max(unread.afterSeq, conversation.readSeq) + 1);
    // Retention may have taken it.
    return first < 0 ? conversation.hasOlder || isAbove(0) : isAbove(first);
  };
  const look = () => {
    // What was missed without a connection is counted before it is there.
    if (!isSettled || conversation.state !== "live") return;
    const missed = isFirstAbove();
    setMissed(missed);
    if (!missed && unread && isLookedAt()) met.current = unread.afterSeq;
    if (!isAtEnd()) return;
    seen.current = lastSeq(conversation);
    if (!missed && isLookedAt() && conversation.unread > 0) conversation.markRead();
  };
  const newest = useRef(look);
  newest.current = look;

  useEffect(() => {
    if (!isSettled) {
      setUnread(unreadOf(conversation));
      setSettled(conversation.state === "live");
    }
    // What comes while nobody looks, or without a connection, is marked for when they come back.
    else if (wasUnread.current === 0 && conversation.unread > 0 && (!isLookedAt() || conversation.state !== "live"))
      setUnread(unreadOf(conversation));
    else if (unread && conversation.unread > unread.count) setUnread({ ...unread, count: conversation.unread });
    wasUnread.current = conversation.unread;
    const frame = requestAnimationFrame(() => newest.current());
    return () => cancelAnimationFrame(frame);
  }, [conversation.revision, isSettled]);

  useEffect(() => {
    // A hidden list is scrolled with the first frame after it is seen again.
    const again = () => void requestAnimationFrame(() => newest.current());
    addEventListener("focus", again);
    document.addEventListener("visibilitychange", again);
    return () => {
      removeEventListener("focus", again);
      document.removeEventListener("visibilitychange", again);
    };
  }, [conversation]);

  return {
    unread,
    isSettled,
    /** The first new one is farther up than what is in sight, and has not been there. */
    isMissed,
    look,
    /** The reader wants to see no more of what was new than is in sight. */
    waive() {
      met.current = unread?.afterSeq;
      setMissed(false);
      conversation.markRead();
    },
    /** How many came since the end was last in sight. */
    newSince: () => (isAtEnd() ? 0 : Math.max(0, lastSeq(conversation) - seen.current)),
  };
}

/** Retention may have taken what was not read: the new ones begin where there are some. */
const unreadOf = (conversation: Conversation): Unread | undefined => {
  const { unread, readSeq } = conversation;
  return unread > 0 ? { afterSeq: Math.max(readSeq, lastSeq(conversation) - unread), count: unread } : undefined;
};

const lastSeq = ({ messages }: Conversation) => messages.findLast((message) => message.state === "sent")?.seq ?? 0;
