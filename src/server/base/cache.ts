import { LRUCache } from "lru-cache";

/** How long a read stays valid, unless the bus reports a change earlier (docs/contract.md §8). */
const BELIEVED_MS = 5_000;

/** Remembers reads by key. Readers of one key share one read. `forget` also discards a read that is under way. */
export class ReadCache<V extends object | string> {
  private readonly reads: LRUCache<string, Promise<V>>;

  /**
   * @param isSure false while changes may be missed. Then a read is forgotten when it ends, and serves only the readers
   * that wait for it
   */
  constructor(
    max: number,
    private readonly isSure: () => boolean,
  ) {
    this.reads = new LRUCache({ max, ttl: BELIEVED_MS });
  }

  get(key: string, read: () => Promise<V>): Promise<V> {
    const known = this.reads.get(key);
    if (known) return known;
    const reading = read();
    this.reads.set(key, reading);
    const drop = () => {
      if (this.reads.peek(key) === reading) this.reads.delete(key);
    };
    reading.then(() => this.isSure() || drop(), drop);
    return reading;
  }

  forget(key: string): void {
    this.reads.delete(key);
  }

  clear(): void {
    this.reads.clear();
  }
}
