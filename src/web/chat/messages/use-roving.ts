import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { MessageView } from "../../../sdk/index.ts";
import { runByKey } from "./actions/run.ts";
import { focusComposer } from "./focus.ts";
import type { ActionContext } from "./message-action.ts";
import { openMenu, rowAt } from "./message-menu.ts";

/** Tab reaches one message. Arrow keys lead to the others, also to those that are not rendered yet. */
export function useRoving(
  view: MessageView,
  scroller: RefObject<HTMLDivElement | null>,
  list: RefObject<VirtualizerHandle | null>,
  toNewest: () => void,
) {
  const [active, setActive] = useState<string>();
  const wanted = useRef<string | undefined>(undefined);
  const indexOf = (key: string | undefined) =>
    key === undefined ? -1 : view.messages.findLastIndex((message) => message.key === key);
  const rowOf = (key: string) => scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);

  const focus = (index: number) => {
    const message = view.messages[index];
    if (!message) return;
    setActive(message.key);
    wanted.current = message.key;
    focusWhenDrawn(message.key, 10);
  };
  const go = (to: number) => {
    const index = Math.max(0, Math.min(to, view.messages.length - 1));
    list.current?.scrollToIndex(index, { align: "nearest" });
    focus(index);
  };
  const focusWhenDrawn = (key: string, tries: number) => {
    if (wanted.current !== key) return;
    const row = rowOf(key);
    row?.focus({ preventScroll: true });
    // A row takes no focus before it is measured.
    if (row && row === document.activeElement) wanted.current = undefined;
    else if (tries > 0) requestAnimationFrame(() => focusWhenDrawn(key, tries - 1));
  };

  const onFocusIn = (event: FocusEvent) => {
    const key = rowAt(event.target)?.dataset["key"];
    if (key !== undefined) setActive(key);
  };

  const onKeyDown = (event: KeyboardEvent, actions: ActionContext) => {
    const row = rowAt(event.target);
    const index = indexOf(row?.dataset["key"]);
    const message = view.messages[index];
    if (!row || !message || event.target !== row) {
      if (event.key === "Escape" && !event.defaultPrevented && row) row.focus();
      return;
    }
    const steps: Record<string, number> = {
      ArrowUp: index - 1,
      ArrowDown: index + 1,
      Home: 0,
      End: Number.MAX_SAFE_INTEGER,
    };
    const to = steps[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (to !== undefined && event.key === "ArrowDown" && to >= view.messages.length && !view.hasNewer)
      focusComposer(row);
    else if (event.key === "End" && view.hasNewer) toNewest();
    else if (to !== undefined) go(to);
    else if (event.key === "Enter" || event.key === "ContextMenu") openMenu(row);
    else if (event.key === "Escape") focusComposer(row);
    else if (!runByKey(event, message, actions)) return;
    event.preventDefault();
  };

  // Computed once, not for each row, because there may be very many messages.
  const activeIndex = indexOf(active);
  return {
    /** Focuses a message after scrolling to it. */
    focus,
    onFocusIn,
    onKeyDown,
    isActive: (key: string, isLast: boolean) => (activeIndex < 0 ? isLast : key === active),
    /** The focused row stays in the page wherever it is. Otherwise the focus would be lost. */
    keepMounted: () => (activeIndex < 0 ? [] : [activeIndex]),
  };
}
