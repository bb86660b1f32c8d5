/** The codes of the server, and `offline` when it can't be reached, `requested` when somebody must agree first. */
export type ErrorCode =
  | "validation_failed"
  | "authentication_required"
  | "invalid_credentials"
  | "registration_closed"
  | "not_found"
  | "not_a_participant"
  | "not_a_group"
  | "not_the_owner"
  | "not_the_sender"
  | "message_deleted"
  | "client_id_conflict"
  | "unstorable"
  | "throttled"
  | "unavailable"
  | "internal_error"
  | "removed_from_group"
  | "requested"
  | "offline"
  | (string & {});

/** A refused call. `message` is for people, `code` for programs. */
export class ConfabError extends Error {
  override readonly name = "ConfabError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Seconds after which trying again makes sense. */
    readonly retryAfter?: number,
    /** The errors of a refused form, by field: `{"email": ["Enter a valid email address."]}`. */
    readonly errors?: Record<string, string[]>,
  ) {
    super(message);
  }
}
