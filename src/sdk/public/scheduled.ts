export type Repeat = "daily" | "weekdays" | "weekly" | "monthly";

/** A message that is sent later. Its key is its id. */
export interface ScheduledEntry {
  readonly conversation_id: string;
  readonly content: string;
  /** ISO 8601: when it is sent next. */
  readonly send_at: string;
  readonly repeat: Repeat | null;
  /** The IANA time zone that `repeat` follows. */
  readonly zone: string | null;
  /** `late`: it could not be sent in time. `failed`: it was refused, and `error` says why. Both wait for a decision. */
  readonly state: "waiting" | "late" | "failed";
  readonly error: string | null;
  readonly created_at: string;
}

export interface ScheduledTime {
  readonly send_at: string;
  readonly repeat?: Repeat | null;
  readonly zone?: string | null;
}
