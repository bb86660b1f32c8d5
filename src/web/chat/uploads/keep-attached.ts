import { effect } from "@preact/signals";
import type { Conversation } from "../../../sdk/index.ts";
import { draftKey } from "../messages/drafts.ts";
import { attachedTo } from "./attached.ts";

/** Restores the attached files of a stored draft. Ends with the returned function. */
export function keepAttached(userId: number | undefined, conversation: Conversation): () => void {
  if (userId === undefined) return () => {};
  const key = `${draftKey(userId, conversation.id)}.files`;
  // The bytes are in IndexedDB. This says whether it is worth looking.
  if (isMarked(key)) void import("./attach-files.ts").then(({ restore }) => restore(conversation));
  let had = false;
  return effect(() => {
    const has = attachedTo(conversation).length > 0;
    // Another tab may have the files.
    if (has !== had) mark(key, has);
    had = has;
  });
}

function isMarked(key: string): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}

function mark(key: string, isOn: boolean) {
  try {
    if (isOn) localStorage.setItem(key, "1");
    else localStorage.removeItem(key);
  } catch {
    // The files last as long as the page.
  }
}
