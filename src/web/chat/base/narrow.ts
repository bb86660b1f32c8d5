import { signal } from "@preact/signals";

const narrow = matchMedia("(max-width: 47.99rem)");

/** The page shows one of the list and the open page, as on a phone. */
export const isNarrow = signal(narrow.matches);

narrow.addEventListener("change", ({ matches }) => {
  isNarrow.value = matches;
});
