import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { Bus } from "../bus/bus.ts";
import { type Change, changeEvent } from "./changes.ts";
import type { MessageLog } from "./log.ts";

const RETRY_MS = 500;
/** A statement whose caller gave up may commit this much later, in ms: the store's time-outs, and some slack. */
const DOUBT_MS = 10_000;

/**
 * Tells the nodes of changes, after their commit. A commit whose answer got lost may have gone through unannounced:
 * its conversation is remembered, and its head announced once the database answers again.
 */
export class Announcer {
  /** Conversations in doubt, until when (performance.now), and whether it is about their removal. */
  private readonly unsure = new Map<string, { until: number; isRemoval: boolean }>();
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

  /** There is no such conversation any more. */
  announceRemoval(conversationId: string): void {
    this.bus.publish({ kind: "conversation_removed", conversationId });
  }

  /**
   * Passes a write's error on; unless it says that nothing was done, its conversation is looked after.
   * @param isRemoval the write was to remove the conversation: of any other write a missing one is no news
   */
  doubt(conversationId: string, error: unknown, isRemoval = false): never {
    if (!(error instanceof Failure) || error.reason === "unavailable") {
      const removes = isRemoval || (this.unsure.get(conversationId)?.isRemoval ?? false);
      this.unsure.set(conversationId, { until: performance.now() + DOUBT_MS, isRemoval: removes });
      this.timer ??= setTimeout(() => this.settle(), RETRY_MS);
    }
    throw error;
  }

  close(): void {
    clearTimeout(this.timer);
    this.unsure.clear();
  }

  private async settle() {
    for (const [conversationId, doubt] of [...this.unsure]) {
      try {
        const asked = performance.now();
        const head = await this.log.head(conversationId);
        // One that is not there won't be there again.
        if (!head) this.unsure.delete(conversationId);
        else if (asked >= doubt.until && this.unsure.get(conversationId) === doubt) this.unsure.delete(conversationId);
        if (head) this.remind(conversationId, head.lastVersion, head.lastSeq);
        else if (doubt.isRemoval) this.announceRemoval(conversationId);
      } catch (error) {
        this.logger.debug({ err: error }, "the database does not answer yet");
        break;
      }
    }
    this.timer = this.unsure.size > 0 ? setTimeout(() => this.settle(), RETRY_MS) : undefined;
  }
}
