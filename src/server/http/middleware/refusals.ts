import { LRUCache } from "lru-cache";

/**
 * Within WINDOW_MS the log gets WRITTEN_EACH refusals of one status and network. Of all networks together it gets
 * WRITTEN_A_SECOND each second.
 */
const WINDOW_MS = 10_000;
const WRITTEN_EACH = 5;
const WRITTEN_A_SECOND = 100;
/** The most pairs of status and network that are counted at once. */
const COUNTED_MAX = 5_000;

/**
 * Decides which refused requests `api.log` has one by one, so that refused requests can't fill a disk. The others are
 * counted.
 */
export class Refusals {
  private second = 0;
  private writtenInSecond = 0;
  private untold = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly many = new LRUCache<string, true>({
    maxSize: COUNTED_MAX,
    sizeCalculation: () => 1,
    ttl: WINDOW_MS,
  });
  private readonly counts = new LRUCache<string, { status: number; network: string; count: number }>({
    maxSize: COUNTED_MAX,
    sizeCalculation: () => 1,
    ttl: WINDOW_MS,
    ttlAutopurge: true,
    dispose: ({ status, network, count }) => {
      if (count > WRITTEN_EACH)
        this.write(`API Refused: ${count - WRITTEN_EACH} more - Status: ${status} - From: ${network}`);
    },
  });

  constructor(private readonly write: (line: string) => void) {}

  /** Whether refusals of this network are left out at the moment. */
  isMany(network: string): boolean {
    return this.many.has(network) || this.isSecondFull();
  }

  /** Counts a refusal. Gives false when it must not be written. */
  isWritten(status: number, network: string): boolean {
    const key = `${status} ${network}`;
    const counted = this.counts.get(key) ?? { status, network, count: 0 };
    if (++counted.count === 1) this.counts.set(key, counted);
    if (counted.count >= WRITTEN_EACH) this.many.set(network, true);
    if (counted.count > WRITTEN_EACH) return false;
    if (!this.isSecondFull()) {
      this.writtenInSecond++;
      return true;
    }
    this.untold++;
    this.timer ??= setTimeout(() => this.tell(), 1_000);
    return false;
  }

  /** Writes the counts that are not in the log yet. */
  close(): void {
    this.counts.clear();
    this.tell();
  }

  private isSecondFull(): boolean {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.writtenInSecond = 0;
    }
    return this.writtenInSecond >= WRITTEN_A_SECOND;
  }

  private tell() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.untold > 0) this.write(`API Refused: ${this.untold} more - From: many networks`);
    this.untold = 0;
  }
}
