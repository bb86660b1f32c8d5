import { count } from "./format.ts";

/** The texts of the list of conversations. */
export const conversations = {
  title: "Conversations",
  search: "Search people and conversations",
  clearSearch: "Clear the search",
  empty: "No conversations yet",
  emptyHint: "Find someone and say hello.",
  nothingFound: (search: string) => `Nothing found for “${search}”`,
  people: "People",
  searching: "Searching…",
  searchFailed: "The search failed. Check your connection.",
  you: "You",
  draft: "Draft:",
  noMessages: "No messages yet",
  deleted: "Message deleted",
  unread: (messages: number) => count(messages, "unread message", "unread messages"),
  online: "online",
  pending: "Waiting to be sent",
  failed: "Not sent",
  tooMany: "99+",
  yesterday: "Yesterday",
  unnamed: (names: string[], more: number) => `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
};
