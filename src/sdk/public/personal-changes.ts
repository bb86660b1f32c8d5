import type { DraftEntry } from "./drafts.ts";
import type { MentionEntry, NotificationSettings } from "./notifications.ts";
import type { PreviewSettings } from "./previews.ts";
import type { ReminderEntry, SavedEntry } from "./saved.ts";
import type { ScheduledEntry } from "./scheduled.ts";

/**
 * The values of the user's personal things beside the settings of conversations, by their kind. The client emits an event of
 * that name when one has changed, here or on another device.
 */
export interface PersonalValues {
  saved: SavedEntry;
  draft: DraftEntry;
  scheduled: ScheduledEntry;
  notifications: NotificationSettings;
  reminder: ReminderEntry;
  mention: MentionEntry;
  previews: PreviewSettings;
}

export interface PersonalChange<K extends keyof PersonalValues> {
  readonly kind: K;
  /** The name of the thing, such as the id of a message or of a conversation. */
  readonly key: string;
  /** Its place in the user's own stream. */
  readonly me_version: number;
  /** `null`: it is gone. */
  readonly value: PersonalValues[K] | null;
}

export type PersonalChangeEvents = { [K in keyof PersonalValues]: [change: PersonalChange<K>] };
