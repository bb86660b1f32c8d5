import type { AuditStore } from "../../features/audit/store.ts";

/** How soon a node notices a command on its database. */
const LOOK_EVERY_MS = 2_000;
/**
 * How many entries before the newest one the first round reads, because an entry may be committed after a later one.
 */
const OVERLAP = 100;

/**
 * Notices commands that work on the database itself, beside nodes that serve it. Such a command has no bus, but leaves
 * an entry in the audit log. Nodes look there for new ones.
 */
export class DatabaseCommands {
  private timer: ReturnType<typeof setInterval> | undefined;
  private last: number | undefined;
  private looking = false;

  /** @param onCommands gets the ids of the users whom commands have changed */
  constructor(
    private readonly audit: Pick<AuditStore, "newest" | "byCommands">,
    private readonly onCommands: (userIds: number[]) => void,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    void this.look();
  }

  /** Call it when the database may have gone back in time: new entries may have ids that were seen before. */
  restart(): void {
    this.last = undefined;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look() {
    if (this.looking) return;
    this.looking = true;
    try {
      const after = this.last ?? Math.max(0, (await this.audit.newest()) - OVERLAP);
      const entries = await this.audit.byCommands(after);
      this.last = entries.at(-1)?.id ?? after;
      if (entries.length > 0) this.onCommands([...new Set(entries.map(({ userId }) => userId))]);
    } catch {
      // The database is away. Other parts log that. The next round looks again.
    } finally {
      this.looking = false;
    }
  }
}
