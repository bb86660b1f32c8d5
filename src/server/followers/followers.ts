import type { Logger } from "../base/logger.ts";
import type { MessageLog } from "../log/log.ts";
import type { Follower } from "./follower.ts";
import { FollowerRunner } from "./runner.ts";
import type { FollowerStore } from "./store.ts";

const RETRY_MS = 1_000;
/**
 * After each piece a sweep rests this many times as long as the piece took. While events get lost, one sweep follows
 * the other.
 */
const SWEEP_RESTS = 9;
/** A node that stops waits at most this long for its last round. */
const CLOSE_MS = 2_000;
/** Smaller than all ids. */
const NO_ID = "00000000-0000-0000-0000-000000000000";

/**
 * Work that runs after the commit. A follower goes through the changes of every conversation, in order, and does something with
 * them: count, index, send. Nothing is added to the append path:
 * - A node notes the conversations of the changes that it commits or that the bus reports, and its followers handle
 *   them a little later.
 * - A cursor for each follower and conversation has the last handled version. It moves after the effect.
 * - One node at a time runs a shard of a follower, by a lease with a fencing number.
 * - A sweep compares cursors with heads: after a start, after events may have got lost (as when a node dies), and in a new
 *   epoch. A sweep finds the changes that nobody has noted.
 */
export class Followers {
  private readonly runners: readonly FollowerRunner[];
  private sweeping: Promise<void> | undefined;
  private isSweepWanted = false;
  private hasBegun = false;
  private isClosed = false;

  constructor(
    private readonly followers: readonly Follower[],
    private readonly store: FollowerStore,
    log: Pick<MessageLog, "changes">,
    private readonly logger: Logger,
  ) {
    this.runners = followers.map((follower) => new FollowerRunner(follower, store, log, logger));
  }

  /**
   * Notes that a conversation has a change, or may have one. Costs next to nothing.
   * @param mayBeThread whether those that follow threads alone are to look
   */
  note(conversationId: string, mayBeThread = false): void {
    // Before that, the first sweep finds the change.
    if (!this.hasBegun) return;
    for (const runner of this.runners) if (mayBeThread || !runner.onlyThreads) runner.note(conversationId);
  }

  /** How long a change has waited at most for a follower on this node, in ms. */
  lagMs(name: string): number {
    return this.runners.find((runner) => runner.name === name)?.lagMs ?? 0;
  }

  /** Looks for changes that nobody has noted. A call during a sweep makes it run once more. Never rejects. */
  sweep(): Promise<void> {
    this.isSweepWanted = true;
    this.sweeping ??= this.sweepAll().finally(() => {
      this.sweeping = undefined;
    });
    return this.sweeping;
  }

  private async sweepAll() {
    while (this.isSweepWanted && !this.isClosed) {
      this.isSweepWanted = false;
      try {
        await this.sweepOnce();
      } catch (error) {
        this.logger.debug({ err: error }, "followers look a little later for what they have missed");
        this.isSweepWanted = true;
        if (!this.isClosed) await Bun.sleep(RETRY_MS);
      }
    }
  }

  private async sweepOnce() {
    if (!this.hasBegun) for (const follower of this.followers) await this.store.begin(follower);
    this.hasBegun = true;
    for (let after: string | undefined = NO_ID; after !== undefined && !this.isClosed; ) {
      const started = performance.now();
      const { ids, last }: { ids: string[]; last: string | undefined } = await this.store.behind(this.followers, after);
      if (last !== undefined) await Bun.sleep(SWEEP_RESTS * (performance.now() - started));
      for (const id of ids) for (const runner of this.runners) runner.note(id, true);
      // The sweep runs piece by piece, so that few conversations are noted at a time.
      if (ids.length > 0) for (const runner of this.runners) await runner.run();
      after = last;
    }
  }

  /** Stops within two seconds. The sweep of another node, or of the next start, finds the rest. */
  async close(): Promise<void> {
    this.isClosed = true;
    const until = performance.now() + CLOSE_MS;
    const ends = Promise.all(this.runners.map((runner) => runner.close(until)));
    await Promise.race([ends, Bun.sleep(CLOSE_MS)]);
  }
}
