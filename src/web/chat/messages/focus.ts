/** Fingers type here: what has the focus brings up what they type with. */
export const touches = matchMedia("(pointer: coarse)");

/** Goes (back) to writing. */
export const focusComposer = () => document.querySelector<HTMLElement>(".composer-input")?.focus();
