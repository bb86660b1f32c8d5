import { Failure } from "../../base/failure.ts";
import { type FilesStore, LEASE_MS } from "./store.ts";

/** For this long after a renewal nobody else writes to the file, with time to spare for a write that has begun. */
const SURE_MS = LEASE_MS / 2;

/** The right of one request to write a file, until another one has taken over. */
export class Lease {
  private sureUntil: number;
  private isLost = false;

  /** @param askedAt when it was asked for */
  constructor(
    private readonly store: Pick<FilesStore, "renew">,
    private readonly id: string,
    readonly token: string,
    askedAt: number,
  ) {
    this.sureUntil = askedAt + SURE_MS;
  }

  /** False: another request has taken over. */
  async renew(): Promise<boolean> {
    const askedAt = performance.now();
    if (!(await this.store.renew(this.id, this.token))) return false;
    this.sureUntil = askedAt + SURE_MS;
    return true;
  }

  /**
   * Passes bytes on while this request has the file. A client that was silent for long may send the rest after another
   * request has finished the file, and after it was scanned.
   */
  async *guarded(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of source) {
      if (performance.now() > this.sureUntil && !(await this.renew())) {
        this.isLost = true;
        return;
      }
      yield chunk;
    }
  }

  /** @throws Failure `upload_locked` when bytes were held back */
  require(): void {
    if (this.isLost) throw new Failure("upload_locked", { retryAfter: 1 });
  }
}
