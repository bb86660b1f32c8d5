import { isComposing } from "../../design/keys.ts";

/** Arrow keys lead from the field into the results and through them, and Escape back. A letter goes on with the query. */
export function moveAmongResults(event: KeyboardEvent, results: HTMLElement | null, toBox: () => void) {
  if (event.defaultPrevented || isComposing(event) || !(event.target instanceof HTMLElement) || !results) return;
  const isInBox = event.target.matches("[data-search-box]");
  if (!isInBox && !results.contains(event.target)) return;
  const stops = [...results.querySelectorAll<HTMLElement>("a[href], .search-place, .search-stop")];
  const at = stops.indexOf(event.target);
  if (event.key === "ArrowDown") stops[Math.min(at + 1, stops.length - 1)]?.focus();
  else if (event.key === "ArrowUp" && at > 0) stops[at - 1]?.focus();
  else if (event.key === "ArrowUp" && at === 0) toBox();
  else if (event.key === "Home" && at >= 0) stops[0]?.focus();
  else if (event.key === "End" && at >= 0) stops.at(-1)?.focus();
  else if (event.key === "Escape" && !isInBox) toBox();
  else if (!isInBox && isLetter(event)) return toBox();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** The key types its letter into the field, which has the focus by then. */
const isLetter = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) =>
  /^[\p{L}\p{N}]$/u.test(key) && !ctrlKey && !metaKey && !altKey;
