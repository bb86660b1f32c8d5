/** The sender of a request, as far as the server can trust the headers. */
export interface Caller {
  address: string;
  /** The key that requests are counted by: the address, for IPv6 its /64. */
  network: string;
  /** The /24 of an IPv4 address, the /48 of an IPv6 address. One owner often has all of it. */
  wide: string;
}

/** A caller who waits for a password to be hashed. */
export interface PasswordCaller extends Caller {
  /** The caller holds a session of this account, or the person has signed in from this network before. */
  isProven?: boolean;
  /**
   * Called when the caller's turn comes, because others may have reached the limit meanwhile. Rejects with the refusal.
   */
  mayGoOn?(): Promise<void>;
}

/** The command line. No limit by network applies to it. */
export const COMMAND_LINE: PasswordCaller = { address: "", network: "", wide: "", isProven: true };
