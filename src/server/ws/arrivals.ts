import { Failure } from "../base/failure.ts";

/** A room that is behind catches up within this time, or fails with `unavailable`. */
const REACHED_WITHIN_MS = 2_000;

interface AwaitedRoom {
  readonly delivered: number;
  readonly closed: boolean;
}

/** Waits until a room has delivered a version. */
export class Arrivals {
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly room: AwaitedRoom) {}

  /**
   * Resolves when the version is delivered, or the room has ended.
   * @throws Failure `unavailable` when that takes too long
   */
  async reached(version: number): Promise<void> {
    const until = performance.now() + REACHED_WITHIN_MS;
    while (this.room.delivered < version && !this.room.closed) {
      const left = until - performance.now();
      if (left <= 0) throw new Failure("unavailable", { retryAfter: 1 });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** MUST be called after each delivery, and when the room has closed. */
  wake(): void {
    if (this.waiting.length > 0) for (const resolve of this.waiting.splice(0)) resolve();
  }
}
