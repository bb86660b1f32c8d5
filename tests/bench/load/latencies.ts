/** Latencies within one part in a hundred, in as much memory for a thousand as for a billion. */
export class Latencies {
  private readonly counts = new Uint32Array(2_400);
  private total = 0;

  add(us: number): void {
    const at = us < 1 ? 0 : Math.floor(Math.log(us) * 100);
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.total++;
  }

  clear(): void {
    this.counts.fill(0);
    this.total = 0;
  }

  /** In milliseconds; NaN when there are none. */
  quantile(share: number): number {
    let left = Math.ceil(this.total * share);
    for (const [at, count] of this.counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return Math.exp((at + 0.5) / 100) / 1000;
    }
    return Number.NaN;
  }
}
