/** Waited for a slot in vain. */
class NoSlotError extends Error {
  readonly code = "CALL_TIMEOUT";
}

/**
 * Lets so many calls run at once; the others wait here, and not in the driver's own queue, from which they could not
 * be called back: what its caller was refused would be done when the database is back.
 */
export class Slots {
  private free: number;
  private readonly waiting: { start: () => void }[] = [];

  constructor(count: number) {
    this.free = count;
  }

  /** @throws NoSlotError when `work` was not started within so many ms */
  async run<T>(work: () => Promise<T>, timeoutMs: number): Promise<T> {
    if (this.free > 0) this.free--;
    else await this.turn(timeoutMs);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next.start();
      else this.free++;
    }
  }

  private turn(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = {
        start: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(new NoSlotError(`no connection was free within ${timeoutMs} ms`));
      }, timeoutMs);
      this.waiting.push(entry);
    });
  }
}
