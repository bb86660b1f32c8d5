import type { RefObject, TargetedWheelEvent } from "preact";
import { useCallback, useRef } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { MessageView } from "../../../sdk/index.ts";

/** Pixels. This near to the end counts as at the end. */
const END = 48;

/** Keeps the newest message in view while the reader is at the end. Otherwise keeps the reader's place. */
export function useFollowing(view: MessageView, list: RefObject<VirtualizerHandle | null>) {
  const follows = useRef(true);
  /**
   * The scroll range when the end was last in view. Content that has grown since then is no reason to stop following.
   */
  const reach = useRef(0);

  const left = useCallback(() => {
    const handle = list.current;
    return handle ? handle.scrollSize - handle.viewportSize - handle.scrollOffset : 0;
  }, []);
  // The end of a window is not the newest message.
  const isAtEnd = useCallback(() => !view.hasNewer && left() <= END, [view]);
  const isAbove = useCallback((index: number) => {
    const handle = list.current;
    return handle !== null && handle.getItemOffset(index) < handle.scrollOffset;
  }, []);
  const isBelow = useCallback((index: number) => {
    const handle = list.current;
    return handle !== null && handle.getItemOffset(index) >= handle.scrollOffset + handle.viewportSize;
  }, []);
  /** The last message whose lower end is in view. */
  const lastSeen = useCallback(() => {
    const handle = list.current;
    if (!handle) return undefined;
    const end = handle.scrollOffset + handle.viewportSize;
    const index = handle.findItemIndex(end);
    const isWhole = handle.getItemOffset(index) + handle.getItemSize(index) <= end + 1;
    return view.messages[isWhole ? index : index - 1];
  }, [view]);

  const toEnd = useCallback(() => {
    const last = view.messages.length - 1;
    if (last < 0 || !list.current) return;
    follows.current = true;
    list.current.scrollToIndex(last, { align: "end" });
    reach.current = list.current.scrollSize - list.current.viewportSize;
  }, [view]);

  const stick = useCallback(() => {
    const handle = list.current;
    // Heights that were measured since then have moved the end. An old one would pull back a reader who is leaving.
    if (handle && isAtEnd()) reach.current = handle.scrollSize - handle.viewportSize;
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
    /** Whether the top of this row is below the view. */
    isBelow,
    lastSeen,
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
