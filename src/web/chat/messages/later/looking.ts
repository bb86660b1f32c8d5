import { changesSince, looked } from "../../../../sdk/features/changes.ts";
import type { Conversation } from "../../../../sdk/index.ts";
import { changedSince } from "./state.ts";

/** An open page tells the server this often how far its reader has looked, in ms. A page may end without a word. */
const TELL_EVERY_MS = 30_000;

/**
 * Marks what has changed in a conversation since its reader last looked, and notes how far they look now.
 * @returns ends it, when the reader leaves
 */
export function lookAt(conversation: Conversation): () => void {
  let isOver = false;
  const isLookedAt = () => document.visibilityState === "visible" && document.hasFocus();
  const tell = () => !isOver && isLookedAt() && looked(conversation);
  // Marks from an earlier visit were seen by now.
  changedSince.value = new Set();
  const asked = changesSince(conversation).then(
    ({ changed }) => {
      if (!isOver && changed.length > 0) changedSince.value = new Set(changed.map(({ id }) => id));
    },
    // Without a connection there is nothing to compare with.
    () => {},
  );
  const timer = setInterval(() => void asked.then(tell), TELL_EVERY_MS);
  const hide = () => {
    if (document.visibilityState === "hidden" && !isOver) looked(conversation);
  };
  document.addEventListener("visibilitychange", hide);
  return () => {
    if (isOver) return;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", hide);
    looked(conversation);
    isOver = true;
    changedSince.value = new Set();
  };
}
