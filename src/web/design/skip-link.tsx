import type { ComponentChildren } from "preact";

/**
 * The first element for Tab. It skips the start of the page and leads to `#main`. As a button it adds nothing to the
 * history.
 */
export const SkipLink = ({ children }: { children: ComponentChildren }) => (
  <button type="button" class="skip-link" onClick={() => document.getElementById("main")?.focus()}>
    {children}
  </button>
);
