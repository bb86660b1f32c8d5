import type { Conversation } from "../../../sdk/index.ts";

/** The conversations of the rows that are shown. */
const conversations = new WeakMap<Element, Conversation>();

/** Makes the element a row of this conversation, for the actions on it. */
export const rowOf = (conversation: Conversation) => (element: Element | null) => {
  if (element) conversations.set(element, conversation);
};

/** The row at an element inside it. */
export function rowAt(target: EventTarget | null): { row: HTMLElement; conversation: Conversation } | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>(".entry") : null;
  const conversation = row && conversations.get(row);
  return conversation ? { row, conversation } : undefined;
}
