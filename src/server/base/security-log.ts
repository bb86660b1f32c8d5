/** Events of accounts, sessions and rights. Operators' tools watch these names, so they never change their meaning. */
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
  /** The account's e-mail address. For an unknown account, the address as it was typed. */
  account?: string;
  userId?: number;
  /** The network and address of the caller. The command line has neither. */
  network?: string;
  address?: string;
  /** The admin who changed another person's account. `null`: the command line. */
  by?: number | null;
  details?: Record<string, string | number | boolean | null>;
}

/** Writes security events down. `record` never fails and never waits. */
export interface SecurityLog {
  record(event: SecurityEvent): void;
}

/** The security log of commands that write none. */
export const NO_SECURITY_LOG: SecurityLog = { record: () => {} };
