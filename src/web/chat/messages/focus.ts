/** Goes (back) to writing. */
export const focusComposer = () => document.querySelector<HTMLElement>(".composer-input")?.focus();
