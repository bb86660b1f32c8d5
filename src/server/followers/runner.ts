import type { Logger } from "../base/logger.ts";
import type { MessageLog } from "../log/log.ts";
import { type ChangeRange, type Follower, startsOverInNewEpoch } from "./follower.ts";
import { readChanges } from "./replay.ts";
import { type FollowerStore, type Lease, type Move, type Position, SHARDS, Superseded } from "./store.ts";

/** The most changes whose effects on the outside happen again when a node dies in the middle of them. */
const EFFECTS_AT_ONCE = 200;

/** Runs one follower on this node: in rounds, over the conversations that were noted. */
export class FollowerRunner {
  /** Conversations with changes that may not have been handled, and how often that was noted. */
  private readonly pending = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private isClosing = false;
  private hasFailed = false;

  constructor(
    private readonly follower: Follower,
    private readonly store: FollowerStore,
    private readonly log: Pick<MessageLog, "changes">,
    private readonly logger: Logger,
  ) {}

  /** Notes that a conversation has changes. The next round handles them. */
  note(conversationId: string): void {
    this.pending.set(conversationId, (this.pending.get(conversationId) ?? 0) + 1);
    this.schedule();
  }

  /**
   * Handles the changes that are noted now. Shards of other nodes and failures stay for the next round. Never rejects.
   */
  run(): Promise<void> {
    this.running ??= this.round().finally(() => {
      this.running = undefined;
      if (this.pending.size > 0) this.schedule();
    });
    return this.running;
  }

  /** Ends the round under way early, and handles the noted changes in a last, short one. */
  async close(): Promise<void> {
    this.isClosing = true;
    clearTimeout(this.timer);
    await this.running;
    if (this.pending.size > 0) await this.round();
  }

  private schedule() {
    if (this.isClosing || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.run();
    }, this.follower.everyMs);
  }

  private async round() {
    const shards = Map.groupBy(this.pending.keys(), shardOf);
    let hasFailed = false;
    for (const [shard, ids] of shards) {
      try {
        await this.runShard(shard, ids);
      } catch (error) {
        if (error instanceof Superseded) continue;
        hasFailed = true;
        // The failure is logged once, until a round succeeds.
        if (!this.hasFailed && !this.isClosing) {
          const { name } = this.follower;
          this.logger.warn({ err: error, follower: name }, "a follower failed, it will go on a little later");
        }
      }
    }
    this.hasFailed = hasFailed;
  }

  private async runShard(shard: number, ids: string[]) {
    const lease = await this.store.lease(this.follower.name, shard);
    if (!lease) return;
    try {
      // After a failure conversations are handled one by one: one that always fails must not hold up the others.
      const atOnce = this.hasFailed ? 1 : this.store.most.conversations;
      const failures: unknown[] = [];
      const wasClosing = this.isClosing;
      for (const queue = [...ids]; queue.length > 0 && this.isClosing === wasClosing; ) {
        const started = performance.now();
        const unfinished = await this.handle(lease, queue.splice(0, atOnce)).catch((error: unknown) => {
          if (error instanceof Superseded || !this.hasFailed) throw error;
          failures.push(error);
          return [];
        });
        if (this.isClosing) continue;
        queue.push(...unfinished);
        // Rest for as long as the work took: everybody else has the database to themselves meanwhile.
        await Bun.sleep(performance.now() - started);
      }
      if (failures.length > 0) throw failures[0];
    } finally {
      await this.store.release(lease);
    }
  }

  /** Handles changes of some conversations, a bounded number. Returns the conversations that have more. */
  private async handle(lease: Lease, ids: readonly string[]): Promise<string[]> {
    const noted = new Map(ids.map((id) => [id, this.pending.get(id)]));
    const unfinished: string[] = [];
    const positions = await this.store.positions(this.follower.name, ids);
    let left = "handle" in this.follower ? EFFECTS_AT_ONCE : this.store.most.changes;
    const moves: Move[] = [];
    const ranges: ChangeRange[] = [];
    for (const position of positions) {
      const { conversationId, lastVersion, epoch, cursor } = position;
      const after = this.startOf(position);
      const upTo = Math.min(lastVersion, after + left);
      left -= upTo - after;
      if (upTo < lastVersion) unfinished.push(conversationId);
      if (upTo > after) ranges.push(this.rangeOf(position, after, upTo));
      const isMoved = cursor === null ? upTo > 0 : cursor.version !== upTo || cursor.epoch !== epoch;
      if (isMoved) moves.push({ conversationId, from: cursor, version: upTo, epoch });
    }
    await this.apply(lease, ranges, moves);
    // A conversation that changed meanwhile was noted once more, and stays noted.
    for (const id of ids)
      if (!unfinished.includes(id) && this.pending.get(id) === noted.get(id)) this.pending.delete(id);
    return unfinished;
  }

  /** The version after which the follower goes on. A cursor beyond the head is rewound to it. */
  private startOf({ cursor, epoch, lastVersion, prunedVersion }: Position): number {
    const isVoid = cursor === null || (cursor.epoch !== epoch && startsOverInNewEpoch(this.follower));
    return Math.min(lastVersion, Math.max(prunedVersion, isVoid ? 0 : cursor.version));
  }

  private rangeOf({ conversationId, epoch }: Position, after: number, upTo: number): ChangeRange {
    const changes = () => readChanges(this.log, conversationId, after, upTo);
    return { conversationId, epoch, after, upTo, changes };
  }

  private async apply(lease: Lease, ranges: readonly ChangeRange[], moves: readonly Move[]) {
    const { follower, store } = this;
    if (moves.length === 0) return;
    if ("write" in follower) return store.move(lease, moves, (tx) => follower.write(tx, ranges));
    for (const range of ranges) await follower.handle(range);
    await store.move(lease, moves);
  }
}

/** The end of the id decides, because it is random. Its beginning is the time. */
const shardOf = (conversationId: string) => Number.parseInt(conversationId.slice(-2), 16) % SHARDS;
