import type { Logger } from "../base/logger.ts";
import type { MessageLog } from "../log/log.ts";
import { sleepAndWatch } from "./busy.ts";
import { type ChangeRange, type Follower, startsOverInNewEpoch } from "./follower.ts";
import { type Noted, Pending } from "./pending.ts";
import { readChanges } from "./replay.ts";
import { type FollowerStore, type Lease, type Move, type Position, SHARDS, Superseded } from "./store.ts";

/** The most changes whose effects on the outside happen again when a node dies in the middle of them. */
const EFFECTS_AT_ONCE = 200;

/** A follower that may lag first looks for this long, in ms, whether the node is busy. */
const LOOK_MS = 50;
/** It rests this many times as long as it worked while the node is wholly busy. */
const BUSY_RESTS = 20;
/** A rest ends well before the lease of a shard. */
const REST_MAX_MS = 4_000;
const REST_STEP_MS = 50;
/** A follower that closes looks this often, in ms, whether another node has freed a shard. */
const CLOSING_PAUSE_MS = 50;

/** Runs one follower on this node: in rounds, over the conversations that were noted. */
export class FollowerRunner {
  private readonly pending: Pending;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private isClosing = false;
  private hasFailed = false;

  constructor(
    private readonly follower: Follower,
    private readonly store: FollowerStore,
    private readonly log: Pick<MessageLog, "changes">,
    private readonly logger: Logger,
  ) {
    this.pending = new Pending(follower.runs);
  }

  get onlyThreads(): boolean {
    return this.follower.onlyThreads ?? false;
  }

  get name(): string {
    return this.follower.name;
  }

  /** How long the conversation has waited that was noted first. */
  get lagMs(): number {
    return this.pending.lagMs;
  }

  /** Notes that a conversation has a change. The next round handles it. With `isDue` it waits for no run. */
  note(conversationId: string, isDue = false): void {
    this.pending.note(conversationId, isDue);
    this.schedule();
  }

  /**
   * Handles the changes that are noted and due now. Shards of other nodes and failures stay for the next round. Never
   * rejects.
   */
  run(): Promise<void> {
    this.running ??= this.round().finally(() => {
      this.running = undefined;
      if (this.pending.size > 0) this.schedule();
    });
    return this.running;
  }

  /**
   * Ends the round under way early, and handles the noted changes in a last, short one. Threads are noted on this node alone.
   * Where another node holds their shard at this moment, it tries again until then (performance.now).
   */
  async close(until: number): Promise<void> {
    this.isClosing = true;
    clearTimeout(this.timer);
    await this.running;
    if (this.pending.size > 0) await this.round();
    while (this.onlyThreads && this.pending.size > 0 && !this.hasFailed && performance.now() < until) {
      await Bun.sleep(CLOSING_PAUSE_MS);
      await this.round();
    }
  }

  private schedule() {
    if (this.isClosing || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.run();
    }, this.follower.everyMs);
  }

  private async round() {
    const due = this.pending.due();
    if (due.size === 0) return;
    if (this.follower.mayLag) await this.restUntil(performance.now() + REST_MAX_MS * (await sleepAndWatch(LOOK_MS)));
    try {
      await this.handleAll(due);
      this.hasFailed = false;
    } catch (error) {
      if (error instanceof Superseded) return;
      // The failure is logged once, until a round succeeds.
      if (!this.hasFailed && !this.isClosing) {
        const { name } = this.follower;
        this.logger.warn({ err: error, follower: name }, "a follower failed, it will go on a little later");
      }
      this.hasFailed = true;
    }
  }

  private async handleAll(due: ReadonlyMap<string, Noted>) {
    const shards = new Set([...due.keys()].map(shardOf));
    const lease = await this.store.lease(this.follower.name, [...shards]);
    if (!lease) return;
    try {
      // After a failure conversations are handled one by one: one that always fails must not hold up the others.
      const atOnce = this.hasFailed ? 1 : this.store.most.conversations;
      const failures: unknown[] = [];
      const wasClosing = this.isClosing;
      const queue = [...due].filter(([id]) => lease.fences.has(shardOf(id)));
      while (queue.length > 0 && this.isClosing === wasClosing) {
        const started = performance.now();
        const unfinished = await this.handle(lease, new Map(queue.splice(0, atOnce))).catch((error: unknown) => {
          if (error instanceof Superseded || !this.hasFailed) throw error;
          failures.push(error);
          return [];
        });
        if (this.isClosing) continue;
        queue.push(...unfinished);
        await this.rest(performance.now() - started);
      }
      if (failures.length > 0) throw failures[0];
    } finally {
      await this.store.release(lease);
    }
  }

  /**
   * Rests for as long as the work took: everybody else has the database to themselves meanwhile. A follower that may lag
   * rests much longer when the node was busy without it.
   */
  private async rest(worked: number) {
    const started = performance.now();
    const busy = await sleepAndWatch(worked);
    if (this.follower.mayLag) await this.restUntil(started + Math.min(worked * BUSY_RESTS * busy, REST_MAX_MS));
  }

  private async restUntil(end: number) {
    while (performance.now() < end && !this.isClosing) await Bun.sleep(REST_STEP_MS);
  }

  /** Handles changes of some conversations, a bounded number. Returns the conversations that have more. */
  private async handle(lease: Lease, due: ReadonlyMap<string, Noted>): Promise<[string, Noted][]> {
    const started = performance.now();
    const positions = await this.store.positions(this.follower, [...due.keys()]);
    let left = "handle" in this.follower ? EFFECTS_AT_ONCE : this.store.most.changes;
    const moves: Move[] = [];
    const ranges: ChangeRange[] = [];
    const aims = new Map<string, { end: number; upTo: number; lastVersion: number }>();
    for (const position of positions) {
      const { conversationId, epoch, cursor, lastVersion } = position;
      const after = this.startOf(position);
      const end = this.endOf(position, after, due.get(conversationId)?.isDue ?? true);
      const upTo = Math.min(end, after + left);
      left -= upTo - after;
      aims.set(conversationId, { end, upTo, lastVersion });
      if (upTo > after) ranges.push(this.rangeOf(position, after, upTo));
      const isMoved = cursor === null ? upTo > 0 : cursor.version !== upTo || cursor.epoch !== epoch;
      if (isMoved) moves.push({ conversationId, from: cursor, version: upTo, epoch });
    }
    const ended = await this.apply(lease, ranges, moves);
    const unfinished: [string, Noted][] = [];
    for (const [id, noted] of due) {
      const { end, upTo, lastVersion } = aims.get(id) ?? { end: 0, upTo: 0, lastVersion: 0 };
      if ((ended?.get(id) ?? upTo) < end) unfinished.push([id, noted]);
      else this.pending.handled(id, noted, started, lastVersion - end);
    }
    return unfinished;
  }

  /** The version after which the follower goes on. A cursor beyond the head is rewound to it. */
  private startOf({ cursor, epoch, lastVersion, prunedVersion }: Position): number {
    const isVoid = cursor === null || (cursor.epoch !== epoch && startsOverInNewEpoch(this.follower));
    return Math.min(lastVersion, Math.max(prunedVersion, isVoid ? 0 : cursor.version));
  }

  /** The version up to which the follower goes on: that of the last complete run, when the rest need not be handled yet. */
  private endOf({ lastSeq, lastVersion }: Position, after: number, isDue: boolean): number {
    const end = lastVersion - (isDue ? 0 : lastSeq % (this.follower.runs?.messages ?? 1));
    return end > after ? end : lastVersion;
  }

  private rangeOf({ conversationId, epoch }: Position, after: number, upTo: number): ChangeRange {
    const changes = () => readChanges(this.log, conversationId, after, upTo);
    return { conversationId, epoch, after, upTo, changes };
  }

  private async apply(lease: Lease, ranges: readonly ChangeRange[], moves: readonly Move[]) {
    const { follower, store } = this;
    if (moves.length === 0) return undefined;
    if ("write" in follower) return store.move(lease, moves, (tx) => follower.write(tx, ranges));
    for (const range of ranges) await follower.handle(range);
    return store.move(lease, moves);
  }
}

/** The end of the id decides, because it is random. Its beginning is the time. */
const shardOf = (conversationId: string) => Number.parseInt(conversationId.slice(-2), 16) % SHARDS;
