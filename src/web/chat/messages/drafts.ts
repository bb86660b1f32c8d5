import { signal } from "@preact/signals";

const PREFIX = "confab.draft.";

/** Moves when a draft appears or goes, not with every letter. */
export const draftsRevision = signal(0);

/** Where nothing can be stored: for as long as the page lasts. */
const unstored = new Map<string, string>();

const key = (userId: number, conversationId: string) => `${PREFIX}${userId}.${conversationId}`;

/** What was begun and not sent; an empty text when there is none. */
export function draftOf(userId: number | undefined, conversationId: string): string {
  if (userId === undefined) return "";
  const name = key(userId, conversationId);
  return unstored.get(name) ?? stored(name) ?? "";
}

function stored(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keeps it over a reload; blank texts are not kept. */
export function keepDraft(userId: number | undefined, conversationId: string, text: string) {
  if (userId === undefined) return;
  const name = key(userId, conversationId);
  const was = draftOf(userId, conversationId) !== "";
  const blank = text.trim() === "";
  unstored.delete(name);
  try {
    if (blank) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch {
    // A full or forbidden storage: there is nobody to tell while somebody types.
    if (!blank) unstored.set(name, text);
  }
  if (was === blank) draftsRevision.value++;
}

/** At signing out: nothing that this person wrote stays on the machine. */
export function forgetDrafts(userId: number) {
  const own = key(userId, "");
  for (const name of unstored.keys()) if (name.startsWith(own)) unstored.delete(name);
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(own)) localStorage.removeItem(name);
  } catch {
    // Then none was stored.
  }
  draftsRevision.value++;
}

/** Hears what becomes of a draft in other tabs: what was sent there is not sent here again. */
export function hearDraft(userId: number | undefined, conversationId: string, changed: (text: string) => void) {
  const hear = (event: StorageEvent) => {
    if (userId !== undefined && event.key === key(userId, conversationId)) changed(event.newValue ?? "");
  };
  addEventListener("storage", hear);
  return () => removeEventListener("storage", hear);
}

/** The list shows what is begun in other tabs too. */
export function hearDrafts() {
  addEventListener("storage", ({ key: name, oldValue, newValue }) => {
    if (name?.startsWith(PREFIX) && (oldValue === null || newValue === null)) draftsRevision.value++;
  });
}
