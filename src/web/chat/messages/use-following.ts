import type { RefObject, TargetedWheelEvent } from "preact";
import { useCallback, useRef } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { Conversation } from "../../../sdk/index.ts";

/** Nearer to the end than this, in pixels, is at the end. */
const END = 48;

/** Keeps the newest in sight while the reader is there, and nothing from its place when they are not. */
export function useFollowing(conversation: Conversation, list: RefObject<VirtualizerHandle | null>) {
  const follows = useRef(true);
  /** How far one could scroll when the end was last in sight. What has grown since is no reason to leave it. */
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
    // Who is there already is left alone: for a moment the list goes back to where it was told, also against a reader who leaves.
    else if (Math.abs(left()) >= 1) toEnd();
  }, [toEnd]);

  const leave = useCallback(() => {
    follows.current = false;
  }, []);

  return {
    left,
    isAtEnd,
    /** The top of this row is above what is in sight. */
    isAbove,
    toEnd,
    /** After whatever may have changed the heights. */
    stick,
    /** The reader wants to stay where they are. */
    leave,
    isFollowing: () => follows.current,
    onScroll(offset: number) {
      if (isAtEnd()) {
        follows.current = true;
        reach.current = offset + left();
      } else if (offset < reach.current - END) leave();
    },
    onWheel({ deltaY, currentTarget }: TargetedWheelEvent<HTMLElement>) {
      // What the list knows of the offset may be from before it was scrolled to the end.
      if (deltaY < 0 && currentTarget.scrollTop > 0) leave();
    },
  };
}
