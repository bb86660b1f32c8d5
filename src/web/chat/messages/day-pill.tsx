import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { ChatMessage } from "../../../sdk/index.ts";
import { startsDay } from "./timeline.ts";
import { dayLabel } from "./times.ts";

/** Milliseconds after the last movement. */
const STAYS_MS = 1200;
/** The pill and a line between two days are about this tall, in rem. They never stand over each other. */
const TALL = 3.5;

export interface DayPillProps {
  messages: readonly ChatMessage[];
  scroller: RefObject<HTMLDivElement | null>;
  list: RefObject<VirtualizerHandle | null>;
  /** At the end the list scrolls by itself. The reader does not scroll and knows the day. */
  isFollowing: () => boolean;
}

/** The day of the first message in view, while the reader scrolls. Screen readers have the lines between the days. */
export function DayPill({ messages, scroller, list, isFollowing }: DayPillProps) {
  const [time, setTime] = useState<string>();
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const element = scroller.current;
    // Read once: reading it while the list is scrolled would make the browser compute all styles.
    const room = TALL * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    const look = () => {
      frame = 0;
      clearTimeout(timer);
      const handle = list.current;
      const index = handle && !isFollowing() ? dayInView(messages, handle, room) : undefined;
      setShown(index !== undefined);
      if (index === undefined) return;
      setTime(messages[index]?.created_at);
      timer = setTimeout(() => setShown(false), STAYS_MS);
    };
    // After the list has noted the new offset.
    const onScroll = () => {
      frame ||= requestAnimationFrame(look);
    };
    element?.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      element?.removeEventListener("scroll", onScroll);
    };
  }, [messages]);
  return time === undefined ? null : (
    <p class="day-pill" data-shown={isShown} aria-hidden="true">
      <bdi>{dayLabel(time)}</bdi>
    </p>
  );
}

/** The index of the first message in view, unless a line with its day is where the pill would be. */
function dayInView(messages: readonly ChatMessage[], list: VirtualizerHandle, room: number): number | undefined {
  const first = list.findItemIndex(list.scrollOffset);
  for (let index = first; index < messages.length; index++) {
    const top = list.getItemOffset(index) - list.scrollOffset;
    if (top > room) break;
    // In the first row of all, the line stands below the words about the beginning.
    if (startsDay(messages, index) && (top > -room || index === 0)) return undefined;
  }
  return first;
}
