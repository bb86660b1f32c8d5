import { encode } from "../../protocol/frames.ts";
import type { Logger } from "../base/logger.ts";
import { SmallSet } from "../base/small-set.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import { changeEvent } from "../log/changes.ts";
import type { Head } from "../log/head.ts";
import type { MessageLog } from "../log/log.ts";
import { isAnotherTag } from "../log/tags.ts";
import { admitMembers } from "./admission.ts";
import { Arrivals } from "./arrivals.ts";
import { DeliveredTags } from "./delivered-tags.ts";
import { Delivery } from "./delivery.ts";
import { ASK_AGAIN_MS, isAway } from "./log-away.ts";
import { type ComparedRoom, LogComparison } from "./log-comparison.ts";
import { ReplayReads } from "./replay-reads.ts";
import type { RoomEvents, RoomSubscription } from "./room-parts.ts";

/** A missing version often arrives by itself, from another connection of the same node. The room waits for it. */
const GAP_WAIT_MS = 20;
const FILL_PAGE = 500;
/** The most events that wait while a gap is open. Later ones are read from the log when their turn comes. */
const WAITING_MAX = 1_000;

/**
 * One conversation that has sockets on this node: the only place from which its changes go out. The room delivers the
 * next change and drops earlier ones. At a later change, it first fills the gap from the log. That alone gives the
 * sockets one order, no holes and no doubles, whatever the bus does.
 *
 * A database may go back in time, and then it uses versions again (see LogComparison). If the log has another history
 * than the room has delivered, the room starts over at the log's head, and its sockets get a `reset`.
 */
export class Room implements ComparedRoom {
  /** The version up to which all live sockets here have everything. */
  delivered = 0;
  /** The tag of the change at `delivered`; null when it is not known. */
  tag: string | null = null;
  /** `last_seq` at `delivered`. */
  lastSeq = 0;
  prunedSeq = 0;
  participantCount = 0;
  /** The conversation that this thread belongs to. Null: it is no thread, or the room has not started. */
  parentId: string | null = null;
  /** The epoch in which the delivered changes were last compared with the log. */
  epoch = "";
  /** How often the room has begun to start over. */
  generation = 0;
  /** Resolves when the room stands at the conversation's head and follows it. */
  started: Promise<void>;
  readonly subscriptions = new SmallSet<RoomSubscription>();
  readonly tags = new DeliveredTags();
  readonly delivery: Delivery;
  closed = false;
  private following = false;
  private readonly waiting = new Map<number, ChangeEvent>();
  /** The newest version that this node knows of. */
  private known = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private filling = false;
  private readonly arrivals = new Arrivals(this);
  private readonly reads: ReplayReads;
  private readonly comparison: LogComparison;

  constructor(
    readonly conversationId: string,
    private readonly log: MessageLog,
    private readonly on: RoomEvents,
    private readonly logger: Logger,
  ) {
    this.delivery = new Delivery(on);
    this.reads = new ReplayReads(this, log, logger);
    this.comparison = new LogComparison(this, log, on, logger);
    this.started = this.start();
    // Subscriptions that wait for `started` fail. Later ones find a new room.
    this.started.catch(() => on.broken());
  }

  /** Subscribes first, so that no change falls between the head and what the bus brings. */
  private async start() {
    await this.on.subscribe();
    const head = await this.log.head(this.conversationId);
    if (head) this.standAt(head);
    this.following = true;
    this.advance();
  }

  private standAt(head: Head) {
    this.delivered = head.lastVersion;
    this.tag = head.tag;
    this.lastSeq = head.lastSeq;
    this.prunedSeq = head.prunedSeq;
    this.participantCount = head.participantCount;
    this.parentId = head.parentId;
    this.epoch = head.epoch;
    this.tags.startAfter(head.lastVersion);
  }

  /** Receives a committed change. They may come in any order. */
  receive(event: ChangeEvent): void {
    if (this.following && event.version === this.delivered + 1 && this.waiting.size === 0) {
      this.deliver(event);
      return;
    }
    if (event.version <= this.delivered) {
      this.comparison.checkEarlier(event);
      return;
    }
    const other = this.waiting.get(event.version);
    if (other && other.tag !== event.tag) {
      // One of the two changes is of another history: the log shows which.
      this.waiting.delete(event.version);
      void this.suspect();
    } else if (this.waiting.size < WAITING_MAX) this.waiting.set(event.version, event);
    this.expect(event.version);
  }

  /**
   * Compares the room with the head of the log.
   * @param delivered the room's version when the log was asked
   */
  observe(head: Head, delivered: number): void {
    if (!this.following) return;
    const isOther = head.lastVersion === delivered && delivered === this.delivered && isAnotherTag(head.tag, this.tag);
    if (head.lastVersion < delivered || isOther) void this.suspect();
    else this.expect(head.lastVersion);
  }

  /** Retention has removed messages up to `prunedSeq`. */
  prune(prunedSeq: number): void {
    if (prunedSeq <= this.prunedSeq) return;
    this.prunedSeq = prunedSeq;
    this.delivery.send(encode({ type: "pruned", conversation_id: this.conversationId, pruned_seq: prunedSeq }));
  }

  /** Delivers nothing until the log has answered. MUST be followed by `suspect`. */
  hold(): void {
    this.delivery.flush();
    this.following = false;
  }

  /** Delivers again. */
  follow(): void {
    this.following = true;
    this.advance();
  }

  suspect = (): Promise<void> => this.comparison.suspect();
  compare = (): Promise<void> => this.comparison.compare();

  /** Stands at this head from now on. Sockets of former members leave, and all others get a `reset`. */
  startOver(head: Head): Promise<void> {
    const { conversationId: conversation_id, delivered } = this;
    this.logger.warn({ conversation_id, delivered, head: head.lastVersion }, "a conversation's sockets are reset");
    this.generation++;
    this.following = false;
    this.delivery.flush();
    // Waiting changes may be of either history. Those since the head was read are in the log, so `known` stays.
    this.waiting.clear();
    this.standAt(head);
    const { started } = this;
    this.started = started
      .then(() => admitMembers(this, (userId) => this.on.standing(userId)))
      .then(() => this.resume());
    this.started.catch((error: unknown) => this.dissolve(error));
    return this.started.catch(() => {});
  }

  /** Runs in one tick, so that the reset comes before everything of the new history. */
  private resume() {
    if (this.closed) return;
    this.delivery.send(this.resetFrame());
    // A suspicion that came meanwhile is examined first.
    this.following = !this.comparison.isSuspected;
    this.expect(this.delivered);
  }

  /** The frame that makes a client fetch the conversation again, with the place from which it goes on. */
  resetFrame(): string {
    const { conversationId: conversation_id, delivered: last_version, tag, prunedSeq: pruned_seq, epoch } = this;
    return encode({ type: "reset", conversation_id, last_version, tag, pruned_seq, epoch });
  }

  /** Notes that the conversation is at this version, without the change itself. */
  expect(version: number): void {
    this.known = Math.max(this.known, version);
    if (this.following) this.advance();
  }

  /**
   * Resolves when this version, which the log has, is delivered here, or the room has ended.
   * @throws Failure `unavailable` when that takes too long
   */
  reached(version: number): Promise<void> {
    this.expect(version);
    return this.arrivals.reached(version);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.delivery.drop();
    this.waiting.clear();
    this.arrivals.wake();
  }

  /**
   * Reads the changes with `after` < version, up to the delivered one. Resumes at the same place share one read.
   * With `merged`, a run of marks is one event. `tag`: of the change at `after`, where it is known.
   */
  read(after: number, tag: string | undefined, limit: number, merged: boolean) {
    return this.reads.read(after, Math.min(this.delivered, after + limit), tag, merged);
  }

  private advance() {
    for (;;) {
      const next = this.waiting.get(this.delivered + 1);
      if (!next) break;
      this.deliver(next);
    }
    for (const version of this.waiting.keys()) if (version <= this.delivered) this.waiting.delete(version);
    if (this.known > this.delivered) this.timer ??= setTimeout(() => this.fill(), GAP_WAIT_MS);
  }

  private async fill() {
    this.timer = undefined;
    if (this.filling || this.closed || !this.following || this.known <= this.delivered) return;
    this.filling = true;
    let pause = GAP_WAIT_MS;
    try {
      const { generation } = this;
      const changes = await this.log.changes(this.conversationId, this.delivered, this.known, FILL_PAGE, this.tag);
      if (this.closed || generation !== this.generation || !this.following) return;
      if (typeof changes === "string") return await this.skipGap();
      for (const change of changes) {
        if (change.version !== this.delivered + 1) continue;
        const event = changeEvent(change);
        this.on.filled(event);
        this.deliver(event);
      }
    } catch (error) {
      if (!isAway(error)) return this.dissolve(error);
      this.logger.warn({ err: error, conversation_id: this.conversationId }, "can't fill a gap yet");
      pause = ASK_AGAIN_MS;
    } finally {
      this.filling = false;
    }
    for (const version of this.waiting.keys()) if (version <= this.delivered) this.waiting.delete(version);
    if (!this.closed && this.following && this.known > this.delivered) {
      this.timer ??= setTimeout(() => this.fill(), this.waiting.has(this.delivered + 1) ? 0 : pause);
      this.advance();
    }
  }

  /**
   * The log does not have the missing changes: they are of another history, retention has removed them, or they were
   * announced but never committed.
   */
  private async skipGap() {
    const { generation } = this;
    await this.compare();
    if (this.closed || generation !== this.generation) return;
    const { known } = this;
    this.waiting.clear();
    this.known = 0;
    let head: Head | undefined;
    try {
      head = await this.log.head(this.conversationId);
    } catch (error) {
      this.known = Math.max(this.known, known);
      throw error;
    }
    if (this.closed || generation !== this.generation) return;
    if (!head) this.on.gone();
    else if (known <= head.lastVersion) await this.startOver(head);
    else this.expect(head.lastVersion);
  }

  /** The room can't go on. Its sockets come back: then their right is checked, and they get a `reset`. */
  dissolve(error: unknown): void {
    const { conversationId: conversation_id } = this;
    this.logger.warn({ err: error, conversation_id }, "a gap can't be filled; its sockets start anew");
    this.on.broken();
    for (const subscription of [...this.subscriptions]) subscription.socket.restart();
  }

  private deliver(event: ChangeEvent) {
    this.waiting.delete(event.version);
    this.delivered = event.version;
    this.tag = event.tag;
    this.tags.record(event.version, event.tag);
    this.lastSeq = event.lastSeq;
    this.participantCount += (event.added?.length ?? 0) - (event.removed?.length ?? 0);
    // Members who leave get this change and nothing after it.
    if (event.removed && event.removed.length > 0) {
      this.delivery.flush();
      for (const subscription of this.subscriptions)
        if (event.removed.includes(subscription.userId)) subscription.expel(event);
    }
    this.delivery.deliver(event);
    this.arrivals.wake();
  }
}
