/** What happened to accounts, sessions and rights. The operator's tools watch these names: they never change their meaning. */
export type SecurityEventName =
  | "registered"
  | "first_superuser"
  | "login"
  | "login_failed"
  | "login_throttled"
  | "password_changed"
  | "password_reset"
  | "reset_link_made"
  | "session_ended"
  | "sessions_ended"
  | "superuser_granted"
  | "superuser_revoked"
  | "user_added"
  | "user_deactivated"
  | "user_reactivated"
  | "invite_made"
  | "invite_revoked";

export interface SecurityEvent {
  event: SecurityEventName;
  /** The account's e-mail address, as it was typed where there is no such account. */
  account?: string;
  userId?: number;
  /** Where it was asked from. The command line has neither. */
  network?: string;
  address?: string;
  /** The admin who did it to somebody else's account; null: the command line. */
  by?: number | null;
  details?: Record<string, string | number | boolean | null>;
}

/** Where security events are written down. Recording never fails and never waits. */
export interface SecurityLog {
  record(event: SecurityEvent): void;
}

/** For commands that leave no security log. */
export const NO_SECURITY_LOG: SecurityLog = { record: () => {} };
