import { navigate, visit } from "../base/routing.ts";

/** Follows the link of a quote or of a found message. The entry in the history remembers that, for the way back. */
export function goToQuoted(event: MouseEvent, path: string, isFound = false) {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const before = location.pathname;
  navigate(path);
  if (before !== path) history.replaceState({ ...history.state, isQuoted: true, isFound }, "");
  visit.value = {};
}
