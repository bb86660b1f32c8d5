import type { RefObject } from "preact";
import { useCallback, useEffect, useRef } from "preact/hooks";

/** What somebody does who scrolls, chooses a message or marks a text. */
const MOVES = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/** Counts what the reader does in the list themselves. */
export function useOwnMoves(scroller: RefObject<HTMLDivElement | null>) {
  const moves = useRef(0);
  const note = useCallback((event?: Event) => {
    // Keys with these are the page's, or the browser's.
    if (event instanceof KeyboardEvent && (event.ctrlKey || event.metaKey || event.altKey)) return;
    moves.current++;
  }, []);
  useEffect(() => {
    const ended = new AbortController();
    for (const move of MOVES) scroller.current?.addEventListener(move, note, { passive: true, signal: ended.signal });
    return () => ended.abort();
  }, []);
  return { count: () => moves.current, note: () => note() };
}
