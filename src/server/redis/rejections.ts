import type { Logger } from "../base/logger.ts";

/** The log gets one line of each kind in this time, in ms, however many texts are rejected. */
const REPORT_EVERY_MS = 60_000;

const texts = {
  older:
    "A node of an older version serves this database. Its events on Redis are not signed, so this node asks the database each second instead. Update that node to this version.",
  stranger:
    "Somebody without this database's key writes to this Redis, or repeats the events of a node. This node ignores those texts and asks the database instead. Check who can reach Redis and who knows its password.",
} as const;

/** Logs the texts from Redis that this node rejects. */
export class Rejections {
  private readonly reportedAt = new Map<keyof typeof texts, number>();
  private readonly counts = { older: 0, stranger: 0 };

  constructor(private readonly logger: Logger) {}

  report(kind: keyof typeof texts, detail: { channel?: string; node?: string }): void {
    this.counts[kind]++;
    const now = performance.now();
    if (now - (this.reportedAt.get(kind) ?? Number.NEGATIVE_INFINITY) < REPORT_EVERY_MS) return;
    this.reportedAt.set(kind, now);
    const count = this.counts[kind];
    this.counts[kind] = 0;
    if (kind === "older") this.logger.warn(detail, texts.older);
    else this.logger.error({ ...detail, count }, texts.stranger);
  }
}
