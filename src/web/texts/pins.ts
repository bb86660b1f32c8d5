/** The texts of pinned messages. They load with the first one. */
export const pinTexts = {
  pinned: "Pinned",
  pinnedBy: (name: string) => `Pinned by ${name}`,
  empty: "Nothing is pinned",
  emptyHint: "To keep a message at hand for everybody, choose Pin in its menu.",
  unpin: "Unpin",
  failed: "The pinned messages can’t be loaded now.",
};
