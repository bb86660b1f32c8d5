import type { FileHandle } from "node:fs/promises";

/** How much is written before it is synced, so that a crash costs little of a long upload. */
const SYNC_EVERY_BYTES = 64 * 1024 * 1024;
const SYNC_EVERY_MS = 2_000;

/**
 * Lets one file be synced at a time. Each sync holds a thread until the disk is done, and Bun has one for each core: a few
 * at once would hold up all other reads and writes of the server.
 */
export class DiskTurns {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work);
    this.last = turn;
    return turn;
  }
}

/** Syncs a file while more is written to it, and says how much of it is durable. */
export class Syncs {
  private running: Promise<void> | undefined;
  private failure: { error: unknown } | undefined;
  private syncedAt = performance.now();
  private begun: number;

  constructor(
    private readonly handle: FileHandle,
    public durable: number,
    private readonly turns: DiskTurns,
    private readonly saved: (length: number) => Promise<void>,
  ) {
    this.begun = durable;
  }

  /** Waits only while a whole stretch is written and the one before it is not synced yet. */
  async written(position: number): Promise<void> {
    if (this.failure) throw this.failure.error;
    const isStretch = position - this.begun >= SYNC_EVERY_BYTES;
    if (!isStretch && performance.now() - this.syncedAt < SYNC_EVERY_MS) return;
    if (this.running && !isStretch) return;
    await this.running;
    this.begun = position;
    this.syncedAt = performance.now();
    this.running = this.sync(position).finally(() => {
      this.running = undefined;
    });
  }

  /** Syncs the rest. The caller saves that length itself. */
  async finish(position: number): Promise<void> {
    await this.running;
    if (this.failure) throw this.failure.error;
    await this.turns.run(() => this.handle.datasync());
    this.durable = position;
  }

  async settled(): Promise<void> {
    await this.running;
  }

  private async sync(position: number) {
    try {
      await this.turns.run(() => this.handle.datasync());
      this.durable = position;
      await this.saved(position);
    } catch (error) {
      this.failure = { error };
    }
  }
}
