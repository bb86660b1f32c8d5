import { encode } from "../../protocol/frames.ts";
import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import { changeEvent } from "../log/changes.ts";
import type { Head } from "../log/head.ts";
import type { MessageLog } from "../log/log.ts";
import type { Standing } from "../log/ports.ts";
import type { Subscription } from "./subscription.ts";

/** A missing version often arrives by itself, from another connection of the same node: this long is waited for it. */
const GAP_WAIT_MS = 20;
const FILL_RETRY_MS = 250;
const FILL_PAGE = 500;
/** A room that is behind catches up by then, or says that it can't for now. */
const REACHED_WITHIN_MS = 2_000;
/** Events kept while a gap is open; those beyond are read from the log when their turn comes. */
const WAITING_MAX = 1_000;
/** How many tags of delivered changes are remembered. */
const TAGS_KEPT = 32;
/** A change too old to be remembered makes the room ask the log, this often at most. */
const SUSPECT_EVERY_MS = 1_000;

/** What a room asks of the hub. */
export interface RoomEvents {
  /** Resolves when the bus brings the conversation's changes. */
  subscribe(): Promise<void>;
  /** Sends a frame to all live sockets. */
  publish(frame: string): void;
  /** A change was found in the log that the bus had not brought. */
  filled(event: ChangeEvent): void;
  /** Where a user stands in the conversation; `undefined`: they take no part. */
  standing(userId: number): Promise<Standing | undefined>;
  /** The log has another history than the one of this epoch. */
  contradicted(): void;
  /** There is no such conversation any more. */
  gone(): void;
  /** The room can't go on: nobody new may enter it. */
  broken(): void;
}

/**
 * One conversation that has sockets on this node: the only place from which its changes go out. A change is delivered
 * when it is the next one; an earlier one is dropped, and for a later one the log is asked what is missing. That
 * alone gives the sockets one order, no holes and no doubles, whatever the bus does.
 *
 * A database may go back in time, and versions are then given again. The room keeps the tags of what it delivered; where
 * the log has others, it starts over at the log's head, and its sockets get a `reset`.
 */
export class Room {
  /** The version that all live sockets here have got. */
  delivered = 0;
  /** The tag of the change at that version; null when it is not known. */
  tag: string | null = null;
  /** `last_seq` at that version. */
  lastSeq = 0;
  prunedSeq = 0;
  participantCount = 0;
  /** The epoch in which what was delivered was last compared with the log. */
  epoch = "";
  /** Counts how often the room has started over; it moves at the start of that. */
  generation = 0;
  /** Resolves when the room stands at the conversation's head and follows it. */
  started: Promise<void>;
  readonly subscriptions = new Set<Subscription>();
  private following = false;
  private closed = false;
  private readonly waiting = new Map<number, ChangeEvent>();
  /** The newest version heard of. */
  private known = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private filling = false;
  private readonly arrivals: (() => void)[] = [];
  private readonly reads = new Map<string, Promise<ChangeEvent[] | "gone" | "other_history">>();
  /** Of the newest versions delivered, by version modulo their number; made when the first is. */
  private marks: Uint32Array | undefined;
  /** The versions above this one were delivered here, and have their marks. */
  private markedAfter = 0;
  private comparing: Promise<void> | undefined;
  private isSuspected = false;
  private suspectedAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly conversationId: string,
    private readonly log: MessageLog,
    private readonly on: RoomEvents,
    private readonly logger: Logger,
  ) {
    this.started = this.start();
    // Who has joined so far hears of it; who joins from now on finds a new room.
    this.started.catch(() => on.broken());
  }

  /** Subscribed first, so that no change falls between the head and what the bus brings. */
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
    this.epoch = head.epoch;
    this.markedAfter = head.lastVersion;
  }

  /** Takes a committed change, in whatever order they come. */
  receive(event: ChangeEvent): void {
    if (this.following && event.version === this.delivered + 1 && this.waiting.size === 0) {
      this.deliver(event);
      return;
    }
    if (event.version <= this.delivered) {
      this.lookAtEarlier(event);
      return;
    }
    const other = this.waiting.get(event.version);
    if (other && other.tag !== event.tag) {
      // One of the two is of another history: the log knows which.
      this.waiting.delete(event.version);
      void this.suspect();
    } else if (this.waiting.size < WAITING_MAX) this.waiting.set(event.version, event);
    this.expect(event.version);
  }

  /**
   * Hears where the log stands.
   * @param delivered what was delivered here when that was asked
   */
  observe(head: Head, delivered: number): void {
    if (!this.following) return;
    const isOther = head.lastVersion === delivered && delivered === this.delivered && isAnother(head.tag, this.tag);
    if (head.lastVersion < delivered || isOther) void this.suspect();
    else this.expect(head.lastVersion);
  }

  /** Retention has removed messages up to there. */
  prune(prunedSeq: number): void {
    if (prunedSeq <= this.prunedSeq) return;
    this.prunedSeq = prunedSeq;
    this.on.publish(encode({ type: "pruned", conversation_id: this.conversationId, pruned_seq: prunedSeq }));
  }

  /** A change that was delivered comes again, unless it is another one of the same version. */
  private lookAtEarlier({ version, tag }: ChangeEvent) {
    const mark = this.markOf(version);
    if (version === this.delivered ? isAnother(tag, this.tag) : mark !== undefined && mark !== markFor(tag))
      return void this.suspect();
    const now = performance.now();
    if (mark !== undefined || version === this.delivered || now - this.suspectedAt < SUSPECT_EVERY_MS) return;
    this.suspectedAt = now;
    void this.compare();
  }

  /** Nothing more goes out until the log was asked. MUST be followed by `suspect`. */
  hold(): void {
    this.following = false;
  }

  /** Something contradicts what was delivered: nothing more goes out until the log was asked. Resolves then. */
  suspect(): Promise<void> {
    this.isSuspected = true;
    this.following = false;
    return this.compare();
  }

  /** Compares what was delivered with the log, and starts over where that has another history. Never rejects. */
  compare(): Promise<void> {
    this.comparing ??= this.compareWithLog().finally(() => {
      this.comparing = undefined;
    });
    return this.comparing;
  }

  private async compareWithLog() {
    await this.started.catch(() => {});
    while (!this.closed) {
      this.isSuspected = false;
      try {
        const { conversationId, delivered, tag, epoch, generation } = this;
        const from = Math.max(this.markedAfter, delivered - TAGS_KEPT) + 1;
        const place = { conversationId, from: Math.min(from, delivered), to: delivered, tag };
        const found = (await this.log.places([place])).get(conversationId);
        if (this.closed) return;
        if (!found) return this.on.gone();
        // It has started over meanwhile, because of a gap: that ends first.
        if (generation !== this.generation) {
          await this.started.catch(() => {});
          continue;
        }
        if (this.agrees(place, found)) {
          this.epoch = found.head.epoch;
          // A suspicion that came meanwhile may be newer than this answer.
          if (this.isSuspected) continue;
          this.following = true;
          this.advance();
          return;
        }
        // With another epoch it is known already that the database has gone back.
        if (found.head.epoch === epoch) this.on.contradicted();
        await this.startOver(found.head);
        if (!this.isSuspected) return;
      } catch (error) {
        if (!passes(error)) return this.dissolve(error);
        this.logger.warn({ err: error, conversation_id: this.conversationId }, "can't compare with the log yet");
        await Bun.sleep(FILL_RETRY_MS);
      }
    }
  }

  /** Whether the log has what was delivered. Of what retention has removed it knows nothing. */
  private agrees(
    place: { from: number; to: number; tag: string | null },
    found: { head: Head; prunedVersion: number; tags: (string | null)[] },
  ): boolean {
    if (found.head.lastVersion < place.to) return false;
    return found.tags.every((tag, i) => {
      const version = place.from + i;
      if (version <= found.prunedVersion) return true;
      if (version === place.to) return !isAnother(tag, place.tag);
      const mark = this.markOf(version);
      return mark === undefined || (tag !== null && markFor(tag) === mark);
    });
  }

  /** Stands at this head from now on. Sockets of former participants leave, and all others get a `reset`. */
  private startOver(head: Head): Promise<void> {
    const { conversationId: conversation_id, delivered } = this;
    this.logger.warn({ conversation_id, delivered, head: head.lastVersion }, "a conversation's sockets are reset");
    this.generation++;
    this.following = false;
    // They may be of either history. What was committed since the head was read is found in the log: `known` stays.
    this.waiting.clear();
    this.standAt(head);
    const { started } = this;
    this.started = started.then(() => this.admit()).then(() => this.resume());
    this.started.catch((error: unknown) => this.dissolve(error));
    return this.started.catch(() => {});
  }

  /** Asks for each socket whether its user takes part, as the log has it now. */
  private async admit() {
    if (this.closed) return;
    const users = new Map<number, Subscription[]>();
    for (const subscription of this.subscriptions) {
      const own = users.get(subscription.userId);
      if (own) own.push(subscription);
      else users.set(subscription.userId, [subscription]);
    }
    const admitting = [...users].map(async ([userId, subscriptions]) => {
      const standing = await this.untilAnswered(() => this.on.standing(userId));
      if (this.closed) return;
      for (const subscription of subscriptions) subscription.admit(standing);
    });
    await Promise.all(admitting);
  }

  private async untilAnswered<T>(ask: () => Promise<T>): Promise<T | undefined> {
    while (!this.closed) {
      try {
        return await ask();
      } catch (error) {
        if (!passes(error)) throw error;
        await Bun.sleep(FILL_RETRY_MS);
      }
    }
    return undefined;
  }

  /** In one tick, so that the reset comes before everything of the new history. */
  private resume() {
    if (this.closed) return;
    this.on.publish(this.resetFrame());
    // A suspicion that came meanwhile is looked at first.
    this.following = !this.isSuspected;
    this.expect(this.delivered);
  }

  /** Tells a client to fetch the conversation anew, and where it goes on from. */
  resetFrame(): string {
    const { conversationId: conversation_id, delivered: last_version, tag, prunedSeq: pruned_seq, epoch } = this;
    return encode({ type: "reset", conversation_id, last_version, tag, pruned_seq, epoch });
  }

  /** Hears that the conversation is at this version, without the change itself. */
  expect(version: number): void {
    this.known = Math.max(this.known, version);
    if (this.following) this.advance();
  }

  /**
   * Resolves when this version, which the log has, is delivered here, or the room has ended.
   * @throws Failure `unavailable` when that takes too long
   */
  async reached(version: number): Promise<void> {
    this.expect(version);
    const until = performance.now() + REACHED_WITHIN_MS;
    while (this.delivered < version && !this.closed) {
      const left = until - performance.now();
      if (left <= 0) throw new Failure("unavailable", { retryAfter: 1 });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.arrivals.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.waiting.clear();
    for (const resolve of this.arrivals.splice(0)) resolve();
  }

  /**
   * The changes with `after` < version, up to what is delivered here; resumes at the same place share one read.
   * @param tag of the change at `after`, where it is known
   */
  read(after: number, tag: string | undefined, limit: number): Promise<ChangeEvent[] | "gone" | "other_history"> {
    const upTo = Math.min(this.delivered, after + limit);
    const key = `${after} ${tag} ${upTo}`;
    const known = this.reads.get(key);
    if (known) return known;
    const reading = this.readLog(after, upTo, limit, tag).finally(() => this.reads.delete(key));
    this.reads.set(key, reading);
    return reading;
  }

  /** Who has been greeted is not sent away because the database is: it is asked again. */
  private async readLog(after: number, upTo: number, limit: number, tag: string | undefined) {
    while (!this.closed) {
      try {
        const changes = await this.log.changes(this.conversationId, after, upTo, limit, tag);
        return typeof changes === "string" ? changes : changes.map(changeEvent);
      } catch (error) {
        if (!passes(error)) throw error;
        this.logger.warn({ err: error, conversation_id: this.conversationId }, "can't read for a replay yet");
        await Bun.sleep(FILL_RETRY_MS);
      }
    }
    return "gone" as const;
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
      if (!passes(error)) return this.dissolve(error);
      this.logger.warn({ err: error, conversation_id: this.conversationId }, "can't fill a gap yet");
      pause = FILL_RETRY_MS;
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
   * What is missing is not to be had from the log: it is of another history, retention has removed it, or it was heard of
   * but never was.
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

  /** What is missing is not to be had from the log. Who joins anew is asked for their right, and told `reset` if it is gone. */
  private dissolve(error?: unknown) {
    this.logger.warn(
      { err: error, conversation_id: this.conversationId },
      "a gap can't be filled; its sockets start anew",
    );
    this.on.broken();
    for (const subscription of [...this.subscriptions]) subscription.socket.restart();
  }

  private markOf(version: number): number | undefined {
    const isKept = version > this.markedAfter && version > this.delivered - TAGS_KEPT && version <= this.delivered;
    return isKept ? this.marks?.[version % TAGS_KEPT] : undefined;
  }

  private deliver(event: ChangeEvent) {
    this.waiting.delete(event.version);
    this.delivered = event.version;
    this.tag = event.tag;
    this.marks ??= new Uint32Array(TAGS_KEPT);
    this.marks[event.version % TAGS_KEPT] = markFor(event.tag);
    this.lastSeq = event.lastSeq;
    this.participantCount += (event.added?.length ?? 0) - (event.removed?.length ?? 0);
    // Those who leave get this change and nothing after it.
    if (event.removed && event.removed.length > 0) {
      for (const subscription of this.subscriptions)
        if (event.removed.includes(subscription.userId)) subscription.expel(event);
    }
    this.on.publish(event.frame);
    for (const resolve of this.arrivals.splice(0)) resolve();
  }
}

/** Tags end in random digits: a hash of the last eight tells one tag from another, and takes four bytes. */
function markFor(tag: string): number {
  let mark = 0;
  for (let i = tag.length - 8; i < tag.length; i++) mark = (Math.imul(mark, 31) + tag.charCodeAt(i)) >>> 0;
  return mark;
}

/** Whether two tags of one version show two histories; one that is not known shows nothing. */
const isAnother = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;

/** Whether asking again may help. */
const passes = (error: unknown) => error instanceof Failure && error.reason === "unavailable";
