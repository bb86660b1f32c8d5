import type { ChangeEvent } from "../bus/change-event.ts";
import { Run } from "../log/runs.ts";

/** How long a run grows before it goes out, in ms: the sockets of a busy message get one frame in this time. */
const TICK_MS = 25;

/** The topics of a room. */
export interface Topics {
  /** Sends a frame to the live sockets that get each change by itself. */
  publish(frame: string): void;
  /** Sends a frame to the live sockets that accept ranges. */
  publishRange(frame: string): void;
}

/**
 * The frames of a room on their way to its sockets. Sockets that accept ranges get a run of marks on one message as one
 * frame. The first mark goes out at once, and those that follow within a tick go out together at its end. Anything else ends
 * the run first, so the order stays.
 *
 * MUST be flushed in the tick in which a socket goes live. Otherwise the socket would get changes that its replay has
 * brought already.
 */
export class Delivery {
  private run = new Run();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private flushedAt = Number.NEGATIVE_INFINITY;
  /** How many live sockets accept ranges. Without any, no run is kept. */
  ranged = 0;

  constructor(private readonly topics: Topics) {}

  /** A socket that accepts ranges goes live. */
  enter(): void {
    this.flush();
    this.ranged++;
  }

  leave(): void {
    this.ranged--;
    if (this.ranged === 0) this.drop();
  }

  /** Sends the change that the room has just delivered. */
  deliver(event: ChangeEvent): void {
    this.topics.publish(event.frame);
    if (this.ranged > 0) this.deliverToRanged(event);
  }

  private deliverToRanged(event: ChangeEvent) {
    if (!this.run.take(event)) {
      this.flush();
      if (!this.run.take(event)) return this.topics.publishRange(event.frame);
    }
    const wait = this.flushedAt + TICK_MS - performance.now();
    if (wait <= 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), wait);
    return undefined;
  }

  /** Sends a frame that is no change, in its place among the changes. */
  send(frame: string): void {
    this.flush();
    this.topics.publish(frame);
    if (this.ranged > 0) this.topics.publishRange(frame);
  }

  /** Sends the run, if there is one. */
  flush(): void {
    const event = this.run.merged();
    if (!event) return;
    this.drop();
    this.flushedAt = performance.now();
    this.topics.publishRange(event.frame);
  }

  /** Sends nothing more of the run. */
  drop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.run.length > 0) this.run = new Run();
  }
}
