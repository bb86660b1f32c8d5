import { signal } from "@preact/signals";

// The first load has only this. The module that fills it loads when the page is in use.

/** The ids of the messages that you have saved. */
export const savedIds = signal<ReadonlySet<string>>(new Set());

/** How many reminders are due, and scheduled messages wait for your decision. */
export const dueCount = signal(0);

/** The ids of messages that you had read and that were edited or deleted before you came back. */
export const changedSince = signal<ReadonlySet<string>>(new Set());
