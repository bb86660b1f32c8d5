import { isUnfilled, type Send, writtenMessage } from "./append.ts";
import { appendInBoth, appendInGeneral } from "./append-general.ts";
import { appendPlain, type Written } from "./append-plain.ts";
import type { Writing, WrittenBatch } from "./entry.ts";

/** The most batches that skip the short way after it was taken in vain again and again. */
const SKIPPED_MAX = 63;
/** The most threads to remember. */
const THREADS_MAX = 10_000;

/**
 * Appends batches of sends. Most batches go the short way, `appendPlain`. A batch in which something stands in the way goes
 * to `confab_append_messages`, which says what it is.
 */
export class Appending {
  /** Batches that skip the short way from now on, and how many did after it was last taken in vain. */
  private left = 0;
  private skipped = 0;
  /** Conversations that are known as threads. */
  private readonly threads = new Set<string>();

  append = async (writing: Writing, batch: Send[]): Promise<WrittenBatch<Send>> => {
    const [first] = batch;
    if (first?.isAlone) return appendInBoth(writing, first);
    if (!writing.wait && this.isPlain(batch)) {
      const written = await appendPlain(writing.query, batch, writing.until - performance.now());
      this.skipped = written ? 0 : Math.min(2 * this.skipped + 1, SKIPPED_MAX);
      this.left = this.skipped;
      if (written) return plainlyWritten(batch, written);
    }
    return appendInGeneral(writing, batch, (thread) => this.noteThread(thread));
  };

  private isPlain(batch: readonly Send[]): boolean {
    if (batch.some(({ options, doubtful }) => options !== null || doubtful)) return false;
    if (this.threads.size > 0 && batch.some((send) => this.threads.has(send.conversationId))) return false;
    if (this.left === 0) return true;
    this.left--;
    return false;
  }

  private noteThread(conversationId: string) {
    if (this.threads.size >= THREADS_MAX) this.threads.clear();
    this.threads.add(conversationId);
  }
}

/** The result of a batch that went the short way. Its messages have no more than their drafts and fields. */
function plainlyWritten(batch: readonly Send[], written: readonly Written[]): WrittenBatch<Send> {
  if (written.length !== batch.length) throw new Error("confab_append_plain has not answered each send");
  const make = ({ draft }: Send, row: Written) => writtenMessage(draft, row);
  // The others are made when they are answered: the next batch goes to PostgreSQL before that.
  const made = written.map((row, i) => (batch[i]?.fields ? make(batch[i], row) : undefined));
  return {
    busy: [],
    unfilled: { read: [], appended: made.filter((message) => message !== undefined).filter(isUnfilled) },
    answer() {
      for (const [i, row] of written.entries()) {
        const send = batch[i];
        send?.resolve({ message: made[i] ?? make(send, row), first: true });
      }
    },
  };
}
