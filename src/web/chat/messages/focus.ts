/** The device has a touch screen. Focusing a text field opens its keyboard. */
export const touches = matchMedia("(pointer: coarse)");

/** Moves the focus to the text field. */
export const focusComposer = () => document.querySelector<HTMLElement>(".composer-input")?.focus();
