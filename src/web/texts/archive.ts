/** The texts of the page with archived conversations. They load with it. */
export const archiveTexts = {
  hint: "A new message brings a conversation back to your chats, unless you have muted it.",
  empty: "Nothing is archived",
  emptyHint: "To clear a conversation from your chats, choose Archive in its menu, or swipe it aside.",
};
