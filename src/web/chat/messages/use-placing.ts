import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { Conversation, MessageView } from "../../../sdk/index.ts";
import { isFocusLost } from "../../design/lost-focus.ts";
import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { reading as placeInList } from "../base/routing.ts";
import { typedText } from "./focus.ts";
import { isDeleted } from "./preview.ts";
import type { useFollowing } from "./use-following.ts";
import type { useOwnMoves } from "./use-own-moves.ts";
import type { useReading } from "./use-reading.ts";
import type { useRoving } from "./use-roving.ts";
import type { Rows } from "./use-rows.ts";
import type { Aim, Shown } from "./use-view.ts";

/** Milliseconds for which a message is marked after a link has led to it. */
const MARKED_MS = 4_000;
/** Pixels above the first new message, for its line and the bar. */
const ABOVE_FIRST = -72;

interface Parts {
  following: ReturnType<typeof useFollowing>;
  reading: ReturnType<typeof useReading>;
  roving: ReturnType<typeof useRoving>;
  moves: ReturnType<typeof useOwnMoves>;
}

/**
 * Scrolls the list to where it opens: to its aim, to the first new message, or to its end.
 * @returns the `seq` of the message that a link has just led to
 */
export function usePlacing(
  conversation: Conversation,
  { view, aim, place: placeInView }: Shown,
  rows: Rows,
  list: RefObject<VirtualizerHandle | null>,
  { following, reading, roving, moves }: Parts,
): number | undefined {
  const [linked, setLinked] = useState<number>();

  const showFirst = (index: number) => {
    following.leave();
    list.current?.scrollToIndex(index, { align: "start", offset: ABOVE_FIRST });
  };
  /** Brings the aim into view. Returns the index of its message, or that of the nearest one. */
  const place = ({ kind, seq, offset = 0 }: Aim): number => {
    const found = view.indexOf(seq);
    const index = kind === "newest" ? view.messages.length - 1 : found < 0 ? nearest(view, seq) : found;
    if (kind === "newest" || index < 0) following.toEnd();
    else if (kind === "unread") showFirst(index);
    else {
      following.leave();
      const end = kind === "place" ? ({ align: "start", offset } as const) : ({ align: "center" } as const);
      list.current?.scrollToIndex(index, end);
    }
    return index;
  };
  const show = (aim: Aim, isAgain: boolean) => {
    const { kind, seq, isAsked, typed } = aim;
    const before = moves.count();
    const index = place(aim);
    // A new list does not know its height before its first frames.
    frames(2, () => {
      if (list.current && moves.count() === before) place(aim);
    });
    if (isAgain) return;
    // Somebody who has begun to write meanwhile goes on.
    if (kind === "link" || (isAsked && typedText() === typed) || isFocusLost()) roving.focus(index);
    if (kind !== "link" && kind !== "found") return;
    const message = view.messages[view.indexOf(seq)];
    if (!message || isDeleted(message)) toast(texts.messages.feed.linkedGone);
    setLinked(message?.seq);
  };

  // A conversation opens at its aim, at its first new message or at its end. A reader who has already moved stays in place.
  const generation = useRef(rows.generation);
  const movesAtFirst = useRef<number | undefined>(undefined);
  const aimed = useRef<Aim | undefined>(undefined);
  useLayoutEffect(() => {
    const isAnew = generation.current !== rows.generation;
    generation.current = rows.generation;
    const isAgain = aimed.current === aim;
    aimed.current = aim;
    if (aim && (isAnew || !isAgain)) return show(aim, isAgain);
    if (aim || (!isAnew && !following.isFollowing() && movesAtFirst.current !== moves.count())) return;
    const first = reading.unread && view.indexOf(reading.unread.afterSeq + 1);
    if (first === undefined || first < 0) return following.toEnd();
    // The first place may be wrong: kept data may count messages as new that were read since.
    movesAtFirst.current = moves.count();
    showFirst(first);
  }, [conversation, aim, rows.generation, reading.isSettled]);

  useEffect(() => {
    if (linked === undefined) return;
    const timer = setTimeout(setLinked, MARKED_MS, undefined);
    return () => clearTimeout(timer);
  }, [linked, aim]);

  // At once: otherwise the list before would delete the place after this one has set its own.
  useLayoutEffect(() => {
    const placeOf = () => {
      const handle = list.current;
      if (!handle || following.isAtEnd()) return undefined;
      const index = handle.findItemIndex(handle.scrollOffset);
      const seq = view.messages[index]?.seq;
      return seq === undefined ? undefined : { seq, offset: handle.scrollOffset - handle.getItemOffset(index) };
    };
    placeInView.current = placeOf;
    placeInList.place = placeOf;
    return () => {
      delete placeInList.place;
    };
  }, [view]);

  return linked;
}

const frames = (count: number, work: () => void) =>
  void requestAnimationFrame(() => (count > 1 ? frames(count - 1, work) : work()));

/** The message beside which the one with this `seq` would stand. */
function nearest({ messages }: MessageView, seq: number): number {
  const after = messages.findIndex((message) => message.seq === undefined || message.seq > seq);
  return after < 0 ? messages.length - 1 : after;
}
