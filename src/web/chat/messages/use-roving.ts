import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { Conversation } from "../../../sdk/index.ts";
import { latinKey } from "../../design/keys.ts";
import { focusComposer } from "./focus.ts";
import type { MessageActions } from "./use-message-actions.ts";

/** Tab reaches one message. Arrow keys lead to the others, also to those that are not rendered yet. */
export function useRoving(
  conversation: Conversation,
  scroller: RefObject<HTMLDivElement | null>,
  list: RefObject<VirtualizerHandle | null>,
) {
  const [active, setActive] = useState<string>();
  const wanted = useRef<string | undefined>(undefined);
  const indexOf = (key: string | undefined) =>
    key === undefined ? -1 : conversation.messages.findLastIndex((message) => message.key === key);
  const rowOf = (key: string) => scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);

  const focus = (index: number) => {
    const message = conversation.messages[index];
    if (!message) return;
    setActive(message.key);
    wanted.current = message.key;
    focusWhenDrawn(message.key, 10);
  };
  const go = (to: number) => {
    const index = Math.max(0, Math.min(to, conversation.messages.length - 1));
    list.current?.scrollToIndex(index, { align: "nearest" });
    focus(index);
  };
  const focusWhenDrawn = (key: string, tries: number) => {
    if (wanted.current !== key) return;
    const row = rowOf(key);
    if (row) {
      wanted.current = undefined;
      row.focus({ preventScroll: true });
    } else if (tries > 0) requestAnimationFrame(() => focusWhenDrawn(key, tries - 1));
  };

  const onFocusIn = (event: FocusEvent) => {
    const key = rowAt(event.target)?.dataset["key"];
    if (key !== undefined) setActive(key);
  };

  const onKeyDown = (event: KeyboardEvent, actions: MessageActions) => {
    const row = rowAt(event.target);
    const index = indexOf(row?.dataset["key"]);
    const message = conversation.messages[index];
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
    if (to !== undefined && event.key === "ArrowDown" && to >= conversation.messages.length) focusComposer();
    else if (to !== undefined) go(to);
    else if (event.key === "Enter" || event.key === "ContextMenu") openMenu(row);
    else if (event.key === "Escape") focusComposer();
    else if (!actions.byKey(latinKey(event), message)) return;
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

const rowAt = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>("[data-key]") : null;

/** Opens the menu beside a message. */
export const openMenu = (row: HTMLElement) => row.querySelector<HTMLElement>(".message-more")?.click();
