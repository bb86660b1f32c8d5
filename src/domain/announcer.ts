import type { Bus } from "./bus.ts";
import { type Change, changeEvent } from "./changes.ts";
import { Failure } from "./errors.ts";
import type { Logger } from "./logger.ts";
import type { MessageLog } from "./ports.ts";

const RETRY_MS = 500;
/** A statement whose caller gave up may commit this much later, in ms: the store's time-outs, and some slack. */
const DOUBT_MS = 10_000;

/**
 * Tells the nodes of changes, after their commit. A commit whose answer got lost may have gone through unannounced:
 * its conversation is remembered, and its head announced once the database answers again.
 */
export class Announcer {
  /** Conversations in doubt, and until when (performance.now). */
  private readonly unsure = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly log: MessageLog,
    private readonly logger: Logger,
  ) {}

  announce(change: Change): void {
    this.bus.publish(changeEvent(change));
  }

  /** A conversation is at least at this version, which somebody may not have heard of. */
  remind(conversationId: string, version: number, lastSeq: number): void {
    this.bus.publish({ kind: "head", conversationId, version, lastSeq });
  }

  /** Passes a write's error on; unless it says that nothing was done, its conversation is looked after. */
  doubt(conversationId: string, error: unknown): never {
    if (!(error instanceof Failure) || error.reason === "unavailable") {
      this.unsure.set(conversationId, performance.now() + DOUBT_MS);
      this.timer ??= setTimeout(() => this.settle(), RETRY_MS);
    }
    throw error;
  }

  close(): void {
    clearTimeout(this.timer);
    this.unsure.clear();
  }

  private async settle() {
    for (const [conversationId, until] of [...this.unsure]) {
      try {
        const asked = performance.now();
        const head = await this.log.head(conversationId);
        if (asked >= until && this.unsure.get(conversationId) === until) this.unsure.delete(conversationId);
        if (head) this.remind(conversationId, head.lastVersion, head.lastSeq);
      } catch (error) {
        this.logger.debug({ err: error }, "the database does not answer yet");
        break;
      }
    }
    this.timer = this.unsure.size > 0 ? setTimeout(() => this.settle(), RETRY_MS) : undefined;
  }
}
