import { draftKey } from "../messages/drafts.ts";

const KEPT = 8;

/** With the drafts of the user, the page forgets them at sign-out. */
const keyOf = (userId: number) => draftKey(userId, "searches");

/** The last searches of this user in this browser, the newest first. */
export function recentSearches(userId: number | undefined): string[] {
  if (userId === undefined) return [];
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(userId)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((query) => typeof query === "string").slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

export function rememberSearch(userId: number | undefined, query: string) {
  if (query === "") return;
  keep(userId, [query, ...recentSearches(userId).filter((other) => other !== query)].slice(0, KEPT));
}

export const forgetSearch = (userId: number | undefined, query: string) =>
  keep(
    userId,
    recentSearches(userId).filter((other) => other !== query),
  );

export const forgetSearches = (userId: number | undefined) => keep(userId, []);

function keep(userId: number | undefined, queries: readonly string[]) {
  if (userId === undefined) return;
  try {
    if (queries.length === 0) localStorage.removeItem(keyOf(userId));
    else localStorage.setItem(keyOf(userId), JSON.stringify(queries));
  } catch {
    // Without storage, searches are not remembered.
  }
}
