import type { RefObject, TargetedWheelEvent } from "preact";
import { useCallback, useRef } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { Conversation } from "../../../sdk/index.ts";

/** Pixels. This near to the end counts as at the end. */
const END = 48;

/** Keeps the newest message in view while the reader is at the end. Otherwise keeps the reader's place. */
export function useFollowing(conversation: Conversation, list: RefObject<VirtualizerHandle | null>) {
  const follows = useRef(true);
  /**
   * The scroll range when the end was last in view. Content that has grown since then is no reason to stop following.
   */
  const reach = useRef(0);

  const left = useCallback(() => {
    const handle = list.current;
    return handle ? handle.scrollSize - handle.viewportSize - handle.scrollOffset : 0;
  }, []);
  const isAtEnd = useCallback(() => left() <= END, []);
  const isAbove = useCallback((index: number) => {
    const handle = list.current;
    return handle !== null && handle.getItemOffset(index) < handle.scrollOffset;
  }, []);

  const toEnd = useCallback(() => {
    const last = conversation.messages.length - 1;
    if (last < 0 || !list.current) return;
    follows.current = true;
    list.current.scrollToIndex(last, { align: "end" });
    reach.current = list.current.scrollSize - list.current.viewportSize;
  }, [conversation]);

  const stick = useCallback(() => {
    if (!follows.current) follows.current = isAtEnd();
    // Does nothing at the end: scrolling there would for a moment pull back a reader who is leaving.
    else if (Math.abs(left()) >= 1) toEnd();
  }, [toEnd]);

  const leave = useCallback(() => {
    follows.current = false;
  }, []);

  return {
    left,
    isAtEnd,
    /** Whether the top of this row is above the view. */
    isAbove,
    toEnd,
    /** Called after any change of heights. */
    stick,
    /** The reader wants to stay in place. */
    leave,
    isFollowing: () => follows.current,
    onScroll(offset: number) {
      if (isAtEnd()) {
        follows.current = true;
        reach.current = offset + left();
      } else if (offset < reach.current - END) leave();
    },
    onWheel({ deltaY, currentTarget }: TargetedWheelEvent<HTMLElement>) {
      // The list may know an older offset, from before it was scrolled to the end.
      if (deltaY < 0 && currentTarget.scrollTop > 0) leave();
    },
  };
}
