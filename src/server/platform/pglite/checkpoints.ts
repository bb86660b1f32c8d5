/** The part of a database that checkpoints use. */
interface Client {
  exec(text: string): Promise<void>;
  /** Writes the table files that have changed since `sinceMs` to the disk, while other statements go on. */
  syncChanged(sinceMs: number): Promise<void>;
}

/**
 * Makes checkpoints: writes to the tables' files what only the write-ahead log has, so that the log can be cut. The
 * embedded database makes none by itself while it runs.
 */
export class Checkpoints {
  private running: Promise<void> = Promise.resolve();
  private startedAt = 0;
  private held = 0;

  constructor(
    private readonly client: Client,
    private readonly sync: boolean,
  ) {}

  run(): Promise<void> {
    if (this.held === 0) this.running = this.running.catch(() => {}).then(() => this.checkpoint());
    return this.running;
  }

  /**
   * Holds checkpoints back until you call the returned function. Until then, a copy of the files and then of the log is
   * the database at the moment of the log's copy.
   */
  async hold(): Promise<() => void> {
    this.held++;
    await this.running.catch(() => {});
    let isHeld = true;
    return () => {
      if (isHeld) this.held--;
      isHeld = false;
    };
  }

  private async checkpoint() {
    const startedAt = Date.now();
    // During a checkpoint the database answers nothing until the disk has everything. This writes most of it before.
    if (this.sync) await this.client.syncChanged(this.startedAt);
    await this.client.exec("CHECKPOINT");
    this.startedAt = startedAt;
  }
}
