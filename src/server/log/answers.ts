import type { Entry, Unfilled, WrittenBatch } from "./entry.ts";
import type { Filling } from "./filling.ts";

/**
 * Answers batches in the order in which they were committed. Some answers wait for names and quotes. The next batch is
 * written meanwhile, or a database that is slow to read would hold up all sends.
 */
export class Answers {
  private written: WrittenBatch<Entry>[] = [];
  /** Resolves when all batches that were given have their answers. `undefined`: they have. */
  private last: Promise<void> | undefined;

  constructor(private readonly filling: Pick<Filling, "fillCommitted">) {}

  /** Adds a batch that is committed. */
  add(written: WrittenBatch<Entry>): void {
    this.written.push(written);
  }

  /** Gives the batches that were added their answers. MUST follow each `add`. */
  give(): void {
    for (const written of this.written.splice(0)) this.giveOne(written);
  }

  private giveOne({ unfilled, answer }: WrittenBatch<Entry>): void {
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
