const clock = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });

/** The texts of the actions on a conversation that only you see the effect of. They load with its menu. */
export const preferenceTexts = {
  markRead: "Mark as read",
  markUnread: "Mark as unread",
  mute: "Mute",
  unmute: "Unmute",
  levels: { all: "Notify of all messages", mentions: "Notify of mentions only" },
  muteFor: {
    hour: "For 1 hour",
    hours: "For 8 hours",
    morning: (time: Date) => `Until tomorrow, ${clock.format(time)}`,
    always: "Until I unmute it",
  },
  archive: "Archive",
  unarchive: "Unarchive",
  archived: "Archived. A new message brings it back.",
  archivedMuted: "Archived. It stays there while it is muted.",
  unarchived: "Moved back to your chats.",
  details: "Details",
};
