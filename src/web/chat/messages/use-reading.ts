import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../client/index.ts";

/** Where the new messages began when the reader came, and how many they were. */
export interface Unread {
  afterSeq: number;
  count: number;
}

const isLookedAt = () => document.visibilityState === "visible" && document.hasFocus();

/** Says what was new, and tells the server what has been read: only while the page is looked at, and the newest is in sight. */
export function useReading(conversation: Conversation, isAtEnd: () => boolean) {
  const [unread, setUnread] = useState<Unread | undefined>(() => unreadOf(conversation));
  const wasUnread = useRef(conversation.unread);
  const seen = useRef(lastSeq(conversation));

  const look = () => {
    if (!isAtEnd()) return;
    seen.current = lastSeq(conversation);
    if (isLookedAt() && conversation.unread > 0) conversation.markRead();
  };

  useEffect(() => {
    // What comes while nobody looks is marked for when they come back.
    if (wasUnread.current === 0 && conversation.unread > 0 && !isLookedAt()) setUnread(unreadOf(conversation));
    else if (unread && conversation.unread > unread.count) setUnread({ ...unread, count: conversation.unread });
    wasUnread.current = conversation.unread;
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [conversation.revision]);

  useEffect(() => {
    addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [conversation]);

  return {
    unread,
    look,
    /** How many came since the end was last in sight. */
    newSince: () => (isAtEnd() ? 0 : Math.max(0, lastSeq(conversation) - seen.current)),
  };
}

const unreadOf = ({ unread, readSeq }: Conversation): Unread | undefined =>
  unread > 0 ? { afterSeq: readSeq, count: unread } : undefined;

const lastSeq = ({ messages }: Conversation) => messages.findLast((message) => message.state === "sent")?.seq ?? 0;
