import { signal } from "@preact/signals";

/** How many unread replies you have in the threads that you follow. */
export const unreadReplies = signal(0);
