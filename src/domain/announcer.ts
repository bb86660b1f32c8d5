import type { Bus } from "./bus.ts";
import { type Change, changeEvent } from "./changes.ts";
import { Failure } from "./errors.ts";
import type { Logger } from "./logger.ts";
import type { MessageLog } from "./ports.ts";

const RETRY_MS = 500;

/**
 * Tells the nodes of changes, after their commit. A commit whose answer got lost may have gone through unannounced:
 * its conversation is remembered, and its head announced once the database answers again.
 */
export class Announcer {
  private readonly unsure = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly log: MessageLog,
    private readonly logger: Logger,
  ) {}

  announce(change: Change): void {
    this.bus.publish(changeEvent(change));
  }

  /** Passes a write's error on; when it does not say whether the write was done, its conversation is looked after. */
  doubt(conversationId: string, error: unknown): never {
    if (error instanceof Failure && error.reason === "unavailable") {
      this.unsure.add(conversationId);
      this.timer ??= setTimeout(() => this.settle(), RETRY_MS);
    }
    throw error;
  }

  close(): void {
    clearTimeout(this.timer);
    this.unsure.clear();
  }

  private async settle() {
    for (const conversationId of [...this.unsure]) {
      try {
        const head = await this.log.head(conversationId);
        this.unsure.delete(conversationId);
        if (head) this.bus.publish({ kind: "head", conversationId, version: head.lastVersion });
      } catch (error) {
        this.logger.debug({ err: error }, "the database does not answer yet");
        break;
      }
    }
    this.timer = this.unsure.size > 0 ? setTimeout(() => this.settle(), RETRY_MS) : undefined;
  }
}
