/** The sender of a request, as far as it can be believed. */
export interface Caller {
  address: string;
  /** Requests are counted by it: the address, for IPv6 its /64. */
  network: string;
  /** The /24 of an IPv4 address, the /48 of an IPv6 address: one owner may well have all of it. */
  wide: string;
}

/** A caller who waits for a password to be hashed. */
export interface PasswordCaller extends Caller {
  /** They hold a session of this very account, or the person has signed in from their network before. */
  isProven?: boolean;
  /** Asked again when their turn has come: meanwhile others may have used up what is allowed. Rejects with the refusal. */
  mayGoOn?(): Promise<void>;
}

/** The command line, which no network limits. */
export const COMMAND_LINE: PasswordCaller = { address: "", network: "", wide: "", isProven: true };
