/** Why a call to another server gave no answer. */
export type OutsideFault =
  /** The address is not one that Confab calls: its scheme, a user name in it, its port. */
  | "bad_address"
  /** The host has no address outside the operator's network. */
  | "private_address"
  | "unknown_host"
  | "unreachable"
  /** The certificate is not one for the host. */
  | "bad_certificate"
  | "timeout"
  | "too_large"
  | "too_many_redirects"
  /** The answer is no HTTP, or has a compression that Confab does not know. */
  | "bad_answer"
  /** The caller's signal. */
  | "aborted";

/** A call to another server failed. The text is for operators: people who named the address must not learn about the network. */
export class OutsideError extends Error {
  override readonly name = "OutsideError";

  constructor(
    readonly fault: OutsideFault,
    text: string,
    cause?: unknown,
  ) {
    super(text, { cause });
  }
}
