import { Failure } from "../../base/failure.ts";

/** How long a list or search waits for earlier ones of the same user, in ms. */
const PATIENCE_MS = 5_000;

/**
 * One list or search of a user at a time, in the order in which they were asked for: whoever asks for many at once waits
 * for their own, and takes no more of the database than others do. One list alone may be of tens of megabytes.
 */
export class OwnTurns {
  private readonly last = new Map<number, Promise<unknown>>();

  /** @throws Failure("unavailable") when it could not begin in time; it is not begun later then */
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
