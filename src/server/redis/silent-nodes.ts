import type { Logger } from "../base/logger.ts";

/** The times of reports, in ms. */
export interface SilenceTimes {
  /** A node that is silent for this long is reported: a dead machine has lost its lock in the database by then. */
  warnAfter: number;
  /** After this long it is an error: a frozen or overloaded machine would be back. */
  errorAfter: number;
  /** How often the error is repeated while it lasts. */
  repeatEvery: number;
}

const TIMES: SilenceTimes = { warnAfter: 20_000, errorAfter: 120_000, repeatEvery: 60_000 };

/**
 * Reports nodes that serve the database and whose beats do not come over this Redis. The first report is a warning,
 * because most such nodes come back or leave the database's list soon. Later ones are errors. All times are of a
 * monotonic clock, in ms.
 */
export class SilentNodes {
  /** How each silent node was last reported, and when. */
  private readonly reported = new Map<string, { level: "warn" | "error"; at: number }>();

  constructor(
    private readonly logger: Logger,
    private readonly times: SilenceTimes = TIMES,
  ) {}

  /**
   * How long a node has been silent, when that is worth a report; otherwise 0.
   * @param listeningSince when this node's subscriptions stood: before that it could receive no beats
   */
  silentMs(heardAt: number, listeningSince: number, now: number): number {
    const silentMs = now - Math.max(heardAt, listeningSince);
    return silentMs > this.times.warnAfter ? silentMs : 0;
  }

  report(node: string, silentMs: number, now: number): void {
    const level = silentMs < this.times.errorAfter ? "warn" : "error";
    const last = this.reported.get(node);
    if (last?.level === level && (level === "warn" || now - last.at < this.times.repeatEvery)) return;
    this.reported.set(node, { level, at: now });
    const fields = { node, silentSeconds: Math.round(silentMs / 1000) };
    const text = "A node of this database is not heard on this Redis.";
    if (level === "warn")
      this.logger.warn(
        fields,
        `${text} If it has died or is frozen, this ends by itself. Until then this node asks the database each second.`,
      );
    else
      this.logger.error(
        fields,
        `${text} Give all nodes the same REDIS_URL, stop that node if it is frozen, or see what cuts it off.`,
      );
  }

  /** Forgets the nodes that are not silent any more, so that their next silence is reported as a new one. */
  keepOnly(silent: ReadonlySet<string>): void {
    for (const node of this.reported.keys()) if (!silent.has(node)) this.reported.delete(node);
  }
}
