import type { Logger } from "../base/logger.ts";

/** While the bus is in doubt, the log is asked this often. */
const ASK_EVERY_MS = 1_000;

interface DoubtNeeds {
  /** Whether every event of every node arrives now. */
  isWhole(): boolean;
  /** Replaces a connection that is half open. */
  replaceDeafConnection(now: number): void;
}

/**
 * Whether the bus may have lost an event. While it may, the handler asks the log. A run of the handler ends the doubt
 * if it succeeds, the bus is whole throughout, and nothing may have been lost meanwhile.
 */
export class Doubt {
  private handler: () => Promise<void> = async () => {};
  private sure = false;
  /** How many times an event may have been lost. */
  private losses = 0;
  /**
   * Whether texts were rejected since the bus was sure. They must not make the node ask the log more often than a cut
   * does.
   */
  private hasRejected = false;
  private isAsking = false;
  private askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly needs: DoubtNeeds,
    private readonly logger: Logger,
  ) {}

  onDoubt(handler: () => Promise<void>): void {
    this.handler = handler;
  }

  get isSure(): boolean {
    return this.sure && this.needs.isWhole();
  }

  /** Begins the doubt, because an event may have been lost. */
  begin(): void {
    this.losses++;
    if (this.sure) this.logger.info({}, "the bus is in doubt: the log is asked for what may be missing");
    this.sure = false;
  }

  /** Begins the doubt after a rejected text, which may have been an event. */
  beginByRejection(): void {
    this.hasRejected = true;
    this.begin();
  }

  /** MUST be called several times a second. Checks whether the bus is whole, and runs the handler while in doubt. */
  async check(): Promise<void> {
    const isWhole = this.needs.isWhole();
    if (isWhole && this.sure) return;
    if (this.sure) this.begin();
    const now = performance.now();
    this.needs.replaceDeafConnection(now);
    if (this.isAsking || ((!isWhole || this.hasRejected) && now - this.askedAt < ASK_EVERY_MS)) return;
    this.isAsking = true;
    this.askedAt = now;
    const { losses } = this;
    try {
      await this.handler();
      if (isWhole && this.needs.isWhole() && losses === this.losses) {
        this.sure = true;
        this.hasRejected = false;
        this.logger.info({}, "the bus is whole");
      }
    } catch (error) {
      this.logger.warn({ err: error }, "the log can't be asked yet for events that the bus may have lost");
    } finally {
      this.isAsking = false;
    }
  }
}
