import type { ConversationInfo, Message } from "./types.ts";

/** A message that mentions the user, and its conversation. */
export interface Mention {
  message: Message;
  conversation: ConversationInfo;
}

/** The newest message of a conversation that mentions the user. */
export interface MentionEntry {
  seq: number;
  message_id: string;
}

/** How a message like this one would notify the user if it came now, while they look elsewhere. */
export interface Why {
  /** It counts in the badge. */
  badge: boolean;
  /** An open page shows a notification. */
  sound: boolean;
  push: boolean;
  mail: boolean;
  /** A stable word, such as `mention` or `do_not_disturb`. */
  reason: string;
  /** The reason in words, in English. */
  text: string;
}

export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

/** Hours that begin on one day, as `22:00`. With `to` before `from` or equal to it, they end on the next day. */
export interface QuietHours {
  from: string;
  to: string;
}

/** When and about what the user wants to be notified. All devices have the same. */
export interface NotificationSettings {
  /** The IANA time zone of the hours. */
  zone: string;
  do_not_disturb: Record<Weekday, QuietHours | null>;
  /** ISO 8601. Nothing disturbs until then. */
  snooze_until: string | null;
  /** Words and phrases that notify as a mention does. At most 20. */
  keywords: string[];
}

/** Any field may be left out, and so may each weekday. */
export interface NotificationChanges {
  zone?: string;
  do_not_disturb?: Partial<Record<Weekday, QuietHours | null>>;
  snooze_until?: string | null;
  keywords?: readonly string[];
}

/** The user's notification settings, kept up to date until `close`. */
export interface LiveNotificationSettings {
  /** `undefined` until they are known. */
  readonly value: NotificationSettings | undefined;
  /**
   * Changes some of the settings. They show at once. When the server refuses a change or can't be reached, it is taken back,
   * and this rejects.
   */
  update(changes: NotificationChanges): Promise<void>;
  /** Calls the listener after each change. Call the result to remove it. */
  on(event: "change", listener: () => void): () => void;
  close(): void;
}
