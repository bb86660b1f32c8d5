import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { ChatMessage } from "../../../sdk/index.ts";
import type { useFollowing } from "./use-following.ts";

/** The messages that the list shows. */
interface View {
  readonly messages: readonly ChatMessage[];
}

/** Where the reader was before an edit: at the end, or so many pixels above it. */
interface Place {
  fromEnd: number | "end";
  moves: number;
}

/**
 * Scrolls to the message that you begin to edit, if it is out of sight. When you cancel, it leads back to your place,
 * unless you have scrolled meanwhile. When you save, the list stays.
 * @param moves counts the reader's moves in the list
 */
export function useEditedInSight(
  view: View,
  edited: string | undefined,
  list: RefObject<VirtualizerHandle | null>,
  following: ReturnType<typeof useFollowing>,
  moves: () => number,
) {
  const before = useRef<{ key: string; place: Place | undefined } | undefined>(undefined);
  useLayoutEffect(() => {
    const last = before.current;
    if (last && last.key !== edited) {
      before.current = undefined;
      if (edited === undefined && last.place && last.place.moves === moves() && !isChanged(view, last.key))
        goBack(last.place);
    }
    if (edited === undefined || before.current?.key === edited) return;
    const place = show(edited);
    before.current = { key: edited, place: last?.place ?? place };
  }, [edited, view.messages.length === 0]);

  function show(key: string): Place | undefined {
    const handle = list.current;
    const index = view.messages.findLastIndex((message) => message.key === key);
    if (!handle || index < 0) return undefined;
    const top = handle.getItemOffset(index);
    const height = handle.getItemSize(index);
    if (top >= handle.scrollOffset && top + height <= handle.scrollOffset + handle.viewportSize) return undefined;
    const place: Place = { fromEnd: following.isFollowing() ? "end" : following.left(), moves: moves() };
    following.leave();
    // A message that is taller than the view shows its beginning.
    handle.scrollToIndex(index, { align: height < handle.viewportSize ? "center" : "start" });
    return place;
  }

  function goBack({ fromEnd }: Place) {
    const handle = list.current;
    if (fromEnd === "end") following.toEnd();
    // Counted from the end, because older messages may have come in front.
    else handle?.scrollTo(handle.scrollSize - handle.viewportSize - fromEnd);
  }
}

const isChanged = ({ messages }: View, key: string) => {
  const message = messages.findLast((one) => one.key === key);
  return message?.state === "sent" && message.change?.kind === "edit";
};
