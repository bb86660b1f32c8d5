import type { RefObject } from "preact";
import { useCallback, useEffect } from "preact/hooks";

/** The events of scrolling, choosing a message or selecting text. */
const MOVES = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/** Counts the moves of the reader in the list. */
export function useOwnMoves(scroller: RefObject<HTMLDivElement | null>, moves: RefObject<number>) {
  const note = useCallback((event?: Event) => {
    // Keys with these modifiers belong to the page or the browser.
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
