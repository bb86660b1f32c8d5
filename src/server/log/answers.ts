import type { Entry, Unfilled, WrittenBatch } from "./entry.ts";
import type { Filling } from "./filling.ts";

/**
 * Answers batches in the order in which they were committed. Some answers wait for names and quotes. The next batch is
 * written meanwhile, or a database that is slow to read would hold up all sends.
 */
export class Answers {
  /** Resolves when all batches so far have their answers. `undefined`: they have. */
  private last: Promise<void> | undefined;

  constructor(private readonly filling: Pick<Filling, "fillCommitted">) {}

  add({ unfilled, answer }: WrittenBatch<Entry>): void {
    const filled = isFilled(unfilled) ? undefined : this.filling.fillCommitted(unfilled.read, unfilled.appended);
    if (!filled && !this.last) {
      answer();
      return;
    }
    const turn = Promise.all([this.last, filled]).then(() => {
      answer();
      if (this.last === turn) this.last = undefined;
    });
    this.last = turn;
  }
}

const isFilled = ({ read, appended }: Unfilled) => read.length + appended.length === 0;
