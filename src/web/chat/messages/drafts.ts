import { signal } from "@preact/signals";

const PREFIX = "confab.draft.";

/** Moves when a draft appears or goes, not with every letter. */
export const draftsRevision = signal(0);

const key = (userId: number, conversationId: string) => `${PREFIX}${userId}.${conversationId}`;

/** What was begun and not sent; an empty text when there is none. */
export function draftOf(userId: number | undefined, conversationId: string): string {
  if (userId === undefined) return "";
  try {
    return localStorage.getItem(key(userId, conversationId)) ?? "";
  } catch {
    return "";
  }
}

/** Keeps it over a reload; blank texts are not kept. Where nothing can be stored, it lasts as long as the page. */
export function keepDraft(userId: number | undefined, conversationId: string, text: string) {
  if (userId === undefined) return;
  const blank = text.trim() === "";
  try {
    const name = key(userId, conversationId);
    const was = localStorage.getItem(name) !== null;
    if (blank) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
    if (was === blank) draftsRevision.value++;
  } catch {
    // A full or forbidden storage: there is nobody to tell while somebody types.
  }
}

/** At signing out: nothing that this person wrote stays on the machine. */
export function forgetDrafts(userId: number) {
  const own = key(userId, "");
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(own)) localStorage.removeItem(name);
  } catch {
    // As above.
  }
  draftsRevision.value++;
}
