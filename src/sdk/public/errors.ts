/** The codes of refusals: those of the server, `offline` when it could not be reached, `requested` when somebody must agree first. */
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

/** A refusal. `message` is for people; programs look at `code`. */
export class ConfabError extends Error {
  override readonly name = "ConfabError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Seconds after which trying again makes sense. */
    readonly retryAfter?: number,
    /** By field, when a form was refused: `{"email": ["Enter a valid email address."]}`. */
    readonly errors?: Record<string, string[]>,
  ) {
    super(message);
  }
}
