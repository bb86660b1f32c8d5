import { signal } from "@preact/signals";

/** The open menu of a message. */
export interface MessageMenu {
  /** The key of the message. */
  key: string;
  /** The list that the message is in. More than one can be on the page. */
  list: Element | null;
  /** The menu stands beside this rectangle. */
  at: DOMRectReadOnly;
  /** A finger opens a sheet at the bottom of the page. */
  isSheet: boolean;
}

export const messageMenu = signal<MessageMenu | undefined>(undefined);

export const rowAt = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>("[data-key]") : null;

/** Opens the menu of the message that an element is in. */
export function showMenu(element: HTMLElement, at: DOMRectReadOnly, isSheet = false) {
  const row = rowAt(element);
  const list = element.closest(".messages-scroller");
  messageMenu.value = { key: row?.dataset["key"] ?? "", list, at, isSheet };
}

/** Pixels. A long message has its menu below its first line. */
const LINE = 24;

/** Opens the menu of a focused message, at its upper end. */
export function openMenu(row: HTMLElement) {
  const { x, y, width } = row.getBoundingClientRect();
  showMenu(row, new DOMRect(x, y, width, LINE));
}

/** Opens the menu at the pointer. Links, selected text and Shift keep the menu of the browser. */
export function onContextMenu(event: MouseEvent) {
  const { target, clientX, clientY } = event;
  const row = rowAt(target);
  if (!row || event.defaultPrevented || event.shiftKey || !(target instanceof Element)) return;
  const selection = getSelection();
  const isSelected = selection && !selection.isCollapsed && selection.containsNode(target, true);
  if (isSelected || target.closest("a, button")) return;
  event.preventDefault();
  showMenu(row, new DOMRect(clientX, clientY));
}
