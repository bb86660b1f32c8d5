/** The part of a database that checkpoints use. */
interface Client {
  exec(text: string): Promise<void>;
  /** Writes what has changed in its tables since then to the disk, beside what else it does. */
  syncChanged(sinceMs: number): Promise<void>;
}

/**
 * Writes down what the log alone has, and lets go of that part of it. Nothing else does: the database never does so by
 * itself while it runs.
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
   * From when this resolves until it is let go, the files and then the log, copied as they are, are the database at the
   * moment of the log's copy.
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
    // The database answers nothing until the disk has it all: most of it is there already then.
    if (this.sync) await this.client.syncChanged(this.startedAt);
    await this.client.exec("CHECKPOINT");
    this.startedAt = startedAt;
  }
}
