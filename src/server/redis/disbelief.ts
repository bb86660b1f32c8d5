import type { Logger } from "../base/logger.ts";

/** Each kind is said this often at most, however much of it comes, in ms. */
const SAID_EVERY_MS = 60_000;

const texts = {
  older:
    "A node of an older version serves this database. What it says on Redis is not signed: this node asks the database each second instead. Replace it by this version.",
  stranger:
    "Somebody without this database's key writes to this Redis, or repeats what a node said. It is not believed; the database is asked instead. See who can reach Redis and knows its password.",
} as const;

/** Says in the log what is not believed of what Redis brings. */
export class Disbelief {
  private readonly saidAt = new Map<keyof typeof texts, number>();
  private readonly counts = { older: 0, stranger: 0 };

  constructor(private readonly logger: Logger) {}

  say(kind: keyof typeof texts, detail: { channel?: string; node?: string }): void {
    this.counts[kind]++;
    const now = performance.now();
    if (now - (this.saidAt.get(kind) ?? Number.NEGATIVE_INFINITY) < SAID_EVERY_MS) return;
    this.saidAt.set(kind, now);
    const count = this.counts[kind];
    this.counts[kind] = 0;
    if (kind === "older") this.logger.warn(detail, texts.older);
    else this.logger.error({ ...detail, count }, texts.stranger);
  }
}
