/** The device has a touch screen. Focusing a text field opens its keyboard. */
export const touches = matchMedia("(pointer: coarse)");

/** The place of a conversation on the page. A thread beside its conversation is one of its own. */
export const placeOf = (conversationId: string) =>
  document.querySelector(`[data-conversation="${CSS.escape(conversationId)}"]`);

/** The text field of the conversation that an element is in. */
export const composerNear = (element: Element | null | undefined) =>
  (element?.closest("[data-conversation]") ?? document).querySelector<HTMLTextAreaElement>("textarea.composer-input");

/** Moves the focus to the text field of the conversation that an element is in. */
export const focusComposer = (near: Element | null | undefined) => composerNear(near)?.focus();

/** The text in the field that has the focus. */
export const typedText = () =>
  document.activeElement instanceof HTMLTextAreaElement ? document.activeElement.value : undefined;
