import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { Bus } from "../bus/bus.ts";
import { type Change, changeEvent } from "./changes.ts";
import type { MessageLog } from "./log.ts";

const RETRY_MS = 500;
/** A statement whose caller gave up can still commit this much later, in ms: the database's time-outs, and some slack. */
const DOUBT_MS = 10_000;

/**
 * Announces changes to the nodes, after their commit. A commit whose answer was lost may have happened without an
 * announcement. So the announcer remembers the conversation, and announces its head once the database answers again.
 */
export class Announcer {
  /** Conversations in doubt, until when (performance.now), and whether the doubt is about their removal. */
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

  /** Announces that a conversation is at least at this version, in case a node has missed it. */
  remind(conversationId: string, version: number, lastSeq: number): void {
    this.bus.publish({ kind: "head", conversationId, version, lastSeq });
  }

  /** Announces that a conversation is gone. */
  announceRemoval(conversationId: string): void {
    this.bus.publish({ kind: "conversation_removed", conversationId });
  }

  /**
   * Throws a write's error again. Unless the error says that nothing was done, the conversation is checked until it is clear.
   * @param isRemoval the write was to remove the conversation; only then does a missing conversation mean that the
   * write has removed it
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
        // A conversation that is gone does not come back.
        if (!head) this.unsure.delete(conversationId);
        else if (asked >= doubt.until && this.unsure.get(conversationId) === doubt) this.unsure.delete(conversationId);
        if (head) this.remind(conversationId, head.lastVersion, head.lastSeq);
        // A reply may have a copy in the parent of its thread.
        const parent = head?.parentId == null ? undefined : await this.log.head(head.parentId);
        if (head?.parentId && parent) this.remind(head.parentId, parent.lastVersion, parent.lastSeq);
        else if (doubt.isRemoval) this.announceRemoval(conversationId);
      } catch (error) {
        this.logger.debug({ err: error }, "the database does not answer yet");
        break;
      }
    }
    this.timer = this.unsure.size > 0 ? setTimeout(() => this.settle(), RETRY_MS) : undefined;
  }
}
