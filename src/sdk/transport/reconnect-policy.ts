import type { Timing } from "../public/client.ts";

// The numbers of the reconnect policy: when the client pings, gives a connection up, waits and tries again. They are here
// only; docs/sdk.md describes them ("How it handles failures"). Names in `_MS` are in milliseconds. The close codes and
// `reconnect_after_ms` are in docs/contract.md §7.

/** The defaults of `ConnectOptions.timing`, in ms. `Timing` explains each of them. */
export const DEFAULT_TIMING: Timing = {
  // A ping after 15 s and its answer within 7 s: a dead connection is noticed after 22 s.
  pingAfter: 15_000,
  answerWithin: 7_000,
  // An attempt without any answer is given up, so that the next one can begin.
  connectWithin: 10_000,
  // The server's `reconnect_after_ms` replaces this number.
  backoff: 1_000,
  // After a long outage, people wait no longer than this for the server that is back.
  backoffMax: 30_000,
  // Renewed every third of it, so that two renewals may be late.
  lease: 10_000,
};

/** A connection that has lived this long was a good one: the next waits are short again. */
export const GOOD_AFTER_MS = 5_000;

/** After close code 4429: the user has sent too many frames. The limit is 200 in 10 s (docs/contract.md §6). */
export const FLOOD_WAIT_MS = 10_000;

/** The longest wait that the server can ask for. Without a limit, one wrong number would keep the client away for ever. */
export const ADVICE_MAX_MS = 600_000;

/** A frame without an answer for this long, though the connection lives, ends the connection, so that nothing waits for ever. */
export const ANSWER_WITHIN_MS = 30_000;

/** How often the connection is checked. */
export const CHECK_EVERY_MS = 1_000;

/** When the clock has moved this far between two checks, the machine has slept, and the connection is checked at once. */
export const SLEPT_MS = 10_000;

/** All clients of a server learn at the same moment that its database has gone back. Each waits at random up to this long. */
export const RELOAD_WITHIN_MS = 1_000;

/** The waits before a request is repeated that the server could not do: doubled from the first up to the longest. */
const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 15_000;

/** A random wait up to `longest`. It spreads clients as far as possible, so that they don't storm a server that comes back. */
export const jitter = (longest: number) => Math.random() * longest;

/** The wait before a reconnect: random up to `first`, then up to twice as much with each attempt, up to `longest`. */
export const reconnectDelay = (attempt: number, first: number, longest: number) =>
  jitter(Math.min(first * 2 ** attempt, longest));

/** The wait before a request is repeated. At least half of it is certain, so that repeats don't come at once. */
export function retryDelay(failures: number): number {
  const half = Math.min(RETRY_FIRST_MS * 2 ** failures, RETRY_LONGEST_MS) / 2;
  return half + jitter(half);
}
