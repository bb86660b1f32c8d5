import { createHistogram } from "node:perf_hooks";

/**
 * The counts of a node's work. They are plain numbers, because every message updates them. `Sampler` reads and clears
 * them every few seconds.
 */
export class Meter {
  /** Sockets that were opened. */
  upgrades = 0;
  /** Messages that this node has committed. */
  messages = 0;
  /** Change frames, each counted once for every socket of this node that got it. */
  deliveries = 0;
  /** Client frames that were answered with a fault of the server. */
  frameErrors = 0;
  /** Files that a scanner called clean, files that it refused, and times that it gave no verdict. */
  scans = { clean: 0, refused: 0, failed: 0 };
  /** How long the scanner took for each of them, in µs. */
  readonly scan = createHistogram();
  /** HTTP answers by the first digit of their status. */
  readonly requests = [0, 0, 0, 0, 0, 0];
  /** The time from a send's arrival to its delivery to this node's sockets and to the bus, in µs. */
  readonly delivery = createHistogram();

  /** @param since the value of performance.now() when the send arrived */
  countMessage(since: number): void {
    this.messages++;
    this.delivery.record(Math.max(1, Math.round((performance.now() - since) * 1000)));
  }

  /** @param since the value of performance.now() when the scan began */
  countScan(outcome: keyof Meter["scans"], since: number): void {
    this.scans[outcome]++;
    this.scan.record(Math.max(1, Math.round((performance.now() - since) * 1000)));
  }

  countRequest(status: number): void {
    const hundreds = Math.floor(status / 100);
    this.requests[hundreds] = (this.requests[hundreds] ?? 0) + 1;
  }

  clear(): void {
    this.upgrades = this.messages = this.deliveries = this.frameErrors = 0;
    this.scans = { clean: 0, refused: 0, failed: 0 };
    this.scan.reset();
    this.requests.fill(0);
    this.delivery.reset();
  }
}
