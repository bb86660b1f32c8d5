import type { AuditStore } from "../features/audit/store.ts";

/** How soon a node sees what a command has done on its database. */
const LOOK_EVERY_MS = 2_000;
/** Entries before the newest that are looked at in the first round: one may be committed after a later one. */
const OVERLAP = 100;

/**
 * Commands on the database itself, beside nodes that serve it, have no bus: they leave an entry in the audit log. Nodes
 * look there for new ones.
 */
export class CommandWatch {
  private readonly timer: ReturnType<typeof setInterval>;
  private last: number | undefined;
  private looking = false;

  /** @param onCommands is told of the users whom commands have changed */
  constructor(
    private readonly audit: Pick<AuditStore, "newest" | "byCommands">,
    private readonly onCommands: (userIds: number[]) => void,
  ) {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    void this.look();
  }

  /** The database may have gone back: entries that come now may have ids that were seen before. */
  restart(): void {
    this.last = undefined;
  }

  close(): void {
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
      // The database is away, which others say; the next round looks again.
    } finally {
      this.looking = false;
    }
  }
}
