import type { Message } from "./types.ts";

/** A message that the user has saved. Its key is the message's id. */
export interface SavedEntry {
  readonly conversation_id: string;
  readonly seq: number;
  readonly note: string | null;
  /** ISO 8601. `null`: there is no reminder. */
  readonly remind_at: string | null;
  readonly saved_at: string;
  /** The list of saved messages is ordered by it. */
  readonly saved_version: number;
}

/** A reminder that is due, and that the user has not ended yet. Its key is the message's id. */
export interface ReminderEntry {
  readonly conversation_id: string;
  readonly seq: number;
  readonly note: string | null;
  readonly remind_at: string;
}

/** A saved message as the list has it. */
export interface SavedMessage extends SavedEntry {
  readonly message_id: string;
  /** The message as it is now. `null`: the server no longer keeps it. */
  readonly message: Message | null;
  readonly is_due: boolean;
}
