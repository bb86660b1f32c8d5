import { createHistogram } from "node:perf_hooks";

/**
 * What a node counts while it works: plain numbers, as each message passes here. `Sampler` reads and clears them every
 * few seconds.
 */
export class Meter {
  /** Sockets that were opened. */
  upgrades = 0;
  /** Messages that this node has committed. */
  messages = 0;
  /** Frames of changes times the sockets here that they went to. */
  deliveries = 0;
  /** Frames of clients that were answered with a fault of the server. */
  frameErrors = 0;
  /** Answers by the hundreds of their status. */
  readonly requests = [0, 0, 0, 0, 0, 0];
  /** µs from a send's arrival in the domain to its handover to all sockets of this node and to the bus. */
  readonly delivery = createHistogram();

  /** @param since performance.now() when the send arrived */
  countMessage(since: number): void {
    this.messages++;
    this.delivery.record(Math.max(1, Math.round((performance.now() - since) * 1000)));
  }

  countRequest(status: number): void {
    const hundreds = Math.floor(status / 100);
    this.requests[hundreds] = (this.requests[hundreds] ?? 0) + 1;
  }

  clear(): void {
    this.upgrades = this.messages = this.deliveries = this.frameErrors = 0;
    this.requests.fill(0);
    this.delivery.reset();
  }
}
