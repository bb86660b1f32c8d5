import { closeCodes } from "../../protocol/close-codes.ts";
import type { FieldErrors } from "../../protocol/envelope.ts";
import { type FailureName, failures } from "../../protocol/failures.ts";

interface Details {
  /** Faults by field, for `validation_failed`. */
  errors?: FieldErrors;
  /** The state that the request ran into, for the answer over HTTP. */
  data?: unknown;
  /** The client may try again after this many seconds. */
  retryAfter?: number;
  /** The newest message's `seq`, for `newer`. */
  lastSeq?: number;
  /** A text for people in place of the one in the table. */
  message?: string;
  /** The error that caused it, where the server may be at fault. It is logged and never sent. */
  cause?: unknown;
}

/**
 * A failure that the client gets as an answer. Any other error that is thrown is the server's own fault: clients get
 * `internal_error`. protocol/failures.ts declares all failures. http/answers.ts and ws/dispatch.ts send them.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: (typeof failures)[FailureName]["code"];
  readonly status: (typeof failures)[FailureName]["status"];
  /** The close code of a socket that fails this way while it opens. */
  readonly closeCode: number;
  readonly errors: FieldErrors | undefined;
  readonly data: unknown;
  readonly retryAfter: number | undefined;
  readonly lastSeq: number | undefined;

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
    this.data = details.data;
    this.retryAfter = details.retryAfter;
    this.lastSeq = details.lastSeq;
  }
}

/** The part of an error that goes to the log. A failure without a cause is no fault of the server and is not logged. */
export const errorToLog = (error: unknown): unknown => (error instanceof Failure ? error.cause : error);

/** The failure for one field's value. */
export const invalidField = (field: string, text: string) =>
  new Failure("validation_failed", { errors: { [field]: [text] } });

/**
 * The failure for too many requests. Clients of the API's first version know its text.
 * @param why a sentence that is added to the text
 */
export function throttled(retryAfterSeconds: number, why?: string): Failure {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
  const text = `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? "" : "s"}.`;
  return new Failure("throttled", { retryAfter: seconds, message: why === undefined ? text : `${text} ${why}` });
}
