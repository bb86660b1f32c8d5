import { closeCodes } from "../../protocol/close-codes.ts";
import type { FieldErrors } from "../../protocol/envelope.ts";
import { type FailureName, failures } from "../../protocol/failures.ts";

interface Details {
  /** Faults by field, for `validation_failed`. */
  errors?: FieldErrors;
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
  /** A text for people that says more than the one in the table. */
  message?: string;
  /** The error behind it, where it may be a fault of ours: it is logged, and nobody is told of it. */
  cause?: unknown;
}

/**
 * A refusal that people are told about. Anything else that is thrown is a fault of ours and stays inside.
 * `src/protocol/failures.ts` declares them all; http/errors.ts and ws/errors.ts put them on the wire.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: (typeof failures)[FailureName]["code"];
  readonly status: (typeof failures)[FailureName]["status"];
  /** Closes a socket that fails so while it opens. */
  readonly closeCode: number;
  readonly errors: FieldErrors | undefined;
  readonly retryAfter: number | undefined;

  constructor(
    readonly reason: FailureName,
    details: Details = {},
  ) {
    const declared = failures[reason];
    super(details.message ?? declared.message, { cause: details.cause });
    this.code = declared.code;
    this.status = declared.status;
    this.closeCode = "close" in declared ? declared.close : closeCodes.tryAgain;
    this.errors = details.errors;
    this.retryAfter = details.retryAfter;
  }
}

/** The part of an error that goes to the log. A refusal with no error behind it is nobody's fault and is not logged. */
export const errorToLog = (error: unknown): unknown => (error instanceof Failure ? error.cause : error);

/** A refusal of one field's value. */
export const invalidField = (field: string, text: string) =>
  new Failure("validation_failed", { errors: { [field]: [text] } });

/**
 * A refusal for coming too often; the text is the one the seed's clients know.
 * @param why is added to it
 */
export function throttled(retryAfterSeconds: number, why?: string): Failure {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
  const text = `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? "" : "s"}.`;
  return new Failure("throttled", { retryAfter: seconds, message: why === undefined ? text : `${text} ${why}` });
}
