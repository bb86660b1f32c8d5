/** No slot became free in time. */
class NoSlotError extends Error {
  readonly code = "CALL_TIMEOUT";
}

/**
 * Lets a number of calls run at once. The others wait here, not in the driver's own queue: a call that waits there
 * can't be withdrawn. It would run when the database is back, although its caller was refused.
 */
export class Slots {
  private free: number;
  private readonly waiting: { start: () => void }[] = [];

  constructor(count: number) {
    this.free = count;
  }

  /** @throws NoSlotError when no slot became free within `timeoutMs` */
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
