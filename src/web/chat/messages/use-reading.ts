import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatMessage, Conversation, MessageView } from "../../../sdk/index.ts";

/** The read position and the number of new messages when the reader came. */
export interface Unread {
  afterSeq: number;
  count: number;
}

/** The part of the list that is in view. */
export interface Sight {
  isAtEnd: () => boolean;
  /** Whether the top of this row is above the view. */
  isAbove: (index: number) => boolean;
  /** Whether the top of this row is below the view. */
  isBelow: (index: number) => boolean;
  /** The last message that is in view as a whole. */
  lastSeen: () => ChatMessage | undefined;
}

const isLookedAt = () => document.visibilityState === "visible" && document.hasFocus();

/**
 * Tracks new messages, and tells the server what was read. A message counts as read only while the page is in use, and
 * after the reader saw the first new one or chose “Mark all as read”. At the end all are read. In a window those are
 * read that were in view.
 */
export function useReading(
  conversation: Conversation,
  view: MessageView,
  { isAtEnd, isAbove, isBelow, lastSeen }: Sight,
) {
  const [unread, setUnread] = useState<Unread | undefined>(() => unreadOf(conversation));
  /** Messages that arrive before the first synchronization are new to the reader. */
  const [isSettled, setSettled] = useState(conversation.state === "live");
  const [isMissed, setMissed] = useState(false);
  const met = useRef<number | undefined>(undefined);
  const wasUnread = useRef(conversation.unread);
  const seen = useRef(lastSeq(conversation));

  /** Where the first new message is. It moves on if the reader has answered or has read on another device meanwhile. */
  const firstIs = (): "above" | "here" | "beyond" => {
    const seq = Math.max(unread?.afterSeq ?? 0, conversation.readSeq) + 1;
    const first = view.indexOf(seq);
    if (first >= 0 && isAbove(first)) return "above";
    if (first >= 0) return isBelow(first) ? "beyond" : "here";
    if (view.hasNewer && lastSeq(view) < seq) return "beyond";
    // Retention may have deleted the first new message.
    return view.hasOlder || isAbove(0) ? "above" : "here";
  };
  /** Only once: a reader may mark the open conversation as unread, for later. */
  const isMarkEnded = useRef(false);
  const endMark = () => {
    if (!isMarkEnded.current && conversation.preferences.markedUnread)
      void conversation.update({ markedUnread: false }).catch(() => {});
    isMarkEnded.current = true;
  };
  const look = () => {
    if (isSettled && conversation.info && isLookedAt()) endMark();
    // Messages missed while offline are counted before they are loaded.
    if (!isSettled || conversation.state !== "live") return;
    const isMet = !unread || met.current === unread.afterSeq || conversation.unread === 0;
    const where = isMet ? "here" : firstIs();
    setMissed(where === "above");
    if (where === "here" && unread && isLookedAt()) met.current = unread.afterSeq;
    const isRead = where === "here" && isLookedAt() && conversation.unread > 0;
    if (isAtEnd()) {
      seen.current = lastSeq(conversation);
      if (isRead) conversation.markRead();
    } else if (isRead && view !== conversation) conversation.markRead(lastSeen()?.seq ?? 0);
  };
  const newest = useRef(look);
  newest.current = look;

  useEffect(() => {
    if (!isSettled) {
      setUnread(unreadOf(conversation));
      setSettled(conversation.state === "live");
    }
    // Messages that come while nobody looks, or without a connection, are marked for the reader's return.
    else if (wasUnread.current === 0 && conversation.unread > 0 && (!isLookedAt() || conversation.state !== "live"))
      setUnread(unreadOf(conversation));
    else if (unread && conversation.unread > unread.count) setUnread({ ...unread, count: conversation.unread });
    wasUnread.current = conversation.unread;
    const frame = requestAnimationFrame(() => newest.current());
    return () => cancelAnimationFrame(frame);
  }, [conversation.revision, isSettled]);

  useEffect(() => {
    // A hidden list is scrolled only in the first frame after it is visible again.
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
    /** Whether the first new message is above the view and was never in view. */
    isMissed,
    look,
    /** Marks everything as read that was new. */
    waive() {
      met.current = unread?.afterSeq;
      setMissed(false);
      conversation.markRead();
    },
    /** How many messages came since the end was last in view. */
    newSince: () => (isAtEnd() ? 0 : Math.max(0, lastSeq(conversation) - seen.current)),
  };
}

/** Retention may have deleted unread messages, so the new ones start at the first that exists. */
const unreadOf = (conversation: Conversation): Unread | undefined => {
  const { unread, readSeq } = conversation;
  return unread > 0 ? { afterSeq: Math.max(readSeq, lastSeq(conversation) - unread), count: unread } : undefined;
};

const lastSeq = ({ messages }: Pick<MessageView, "messages">) =>
  messages.findLast((message) => message.state === "sent")?.seq ?? 0;
