import { useEffect } from "preact/hooks";
import type { Place } from "../../design/placed-menu.tsx";
import { useSession } from "../session/context.ts";
import { rowAt } from "./row-at.ts";

/**
 * The actions on the rows inside an element: a menu by the right button, by a finger that rests, by the keyboard or by
 * the button of a row, and swiping by touch. The menu loads when it is first opened.
 */
export function useRowActions(pane: { current: HTMLElement | null }) {
  const session = useSession();
  const open = (event: Event, place: (row: HTMLElement) => Place) => {
    const at = rowAt(event.target);
    if (!at) return;
    event.preventDefault();
    void import("./row-menu.ts").then((menu) => menu.openRowMenu(session, at.conversation, place(at.row)));
  };
  useEffect(() => {
    if (!pane.current || !matchMedia("(any-pointer: coarse)").matches) return;
    const stop = new AbortController();
    const { current } = pane;
    void import("./row-touch.tsx").then((touch) => touch.followTouch(current, session, stop.signal));
    return () => stop.abort();
  }, []);
  return {
    onContextMenu: (event: MouseEvent) => {
      // A finger that rests also has this event, before it is lifted.
      if ("pointerType" in event && event.pointerType === "touch") event.preventDefault();
      else open(event, () => ({ x: event.clientX, y: event.clientY }));
    },
    onClick: (event: MouseEvent) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>(".entry-more") : null;
      if (button) open(event, () => button);
    },
    /** Returns whether the key opened the menu. */
    onMenuKey: (event: KeyboardEvent): boolean => {
      const isMenuKey = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
      if (isMenuKey) open(event, (row) => row);
      return isMenuKey;
    },
  };
}
