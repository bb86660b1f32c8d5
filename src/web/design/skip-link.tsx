import type { ComponentChildren } from "preact";

/** The first thing that Tab reaches: leads past what every page begins with, to `#main`. No page of the history for "back". */
export const SkipLink = ({ children }: { children: ComponentChildren }) => (
  <button type="button" class="skip-link" onClick={() => document.getElementById("main")?.focus()}>
    {children}
  </button>
);
