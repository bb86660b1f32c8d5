import { Failure } from "./failure.ts";

/** How long, in ms, a list or search waits for earlier ones of the same user. */
const PATIENCE_MS = 5_000;

/**
 * Runs one list or search of a user at a time, in the order of the calls. A user who makes many calls at once waits for
 * their own calls, and takes no more of the database than others do. A single list may have tens of megabytes.
 */
export class OwnTurns {
  private readonly last = new Map<number, Promise<unknown>>();

  /** @throws Failure `unavailable` when the work could not begin in time; it does not begin later */
  async run<T>(userId: number, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(userId);
    const expiresAt = performance.now() + PATIENCE_MS;
    const begin = () => {
      if (performance.now() > expiresAt) throw new Failure("unavailable", { retryAfter: 1 });
      return work();
    };
    const turn = before ? before.then(begin, begin) : begin();
    this.last.set(userId, turn);
    try {
      return await turn;
    } finally {
      if (this.last.get(userId) === turn) this.last.delete(userId);
    }
  }
}
