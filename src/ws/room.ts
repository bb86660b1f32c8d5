import { type ChangeEvent, changeEvent } from "../domain/changes.ts";
import { Failure } from "../domain/errors.ts";
import type { Logger } from "../domain/logger.ts";
import type { MessageLog } from "../domain/ports.ts";
import type { Subscription } from "./subscription.ts";

/** A missing version often arrives by itself, from another connection of the same node: this long is waited for it. */
const GAP_WAIT_MS = 20;
const FILL_RETRY_MS = 250;
const FILL_PAGE = 500;
/** A room that is behind catches up by then, or says that it can't for now. */
const REACHED_WITHIN_MS = 2_000;
/** Events kept while a gap is open; those beyond are read from the log when their turn comes. */
const WAITING_MAX = 1_000;

/** What a room asks of the hub. */
export interface RoomEvents {
  /** Resolves when the bus brings the conversation's changes. */
  subscribe(): Promise<void>;
  /** Sends a frame to all live sockets. */
  publish(frame: string): void;
  /** A change was found in the log that the bus had not brought. */
  filled(event: ChangeEvent): void;
  /** The room can't go on: nobody new may enter it. */
  broken(): void;
}

/**
 * One conversation that has sockets on this node: the only place from which its changes go out. A change is delivered
 * when it is the next one; an earlier one is dropped, and for a later one the log is asked what is missing. That
 * alone gives the sockets one order, no holes and no doubles, whatever the bus does.
 */
export class Room {
  /** The version that all live sockets here have got. */
  delivered = 0;
  /** `last_seq` at that version. */
  lastSeq = 0;
  participantCount = 0;
  /** Resolves when the room stands at the conversation's head and follows it. */
  readonly started: Promise<void>;
  readonly subscriptions = new Set<Subscription>();
  private following = false;
  private closed = false;
  private readonly waiting = new Map<number, ChangeEvent>();
  /** The newest version heard of. */
  private known = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private filling = false;
  private readonly arrivals: (() => void)[] = [];
  private readonly reads = new Map<string, Promise<ChangeEvent[] | "gone">>();

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
    this.delivered = head?.lastVersion ?? 0;
    this.lastSeq = head?.lastSeq ?? 0;
    this.participantCount = head?.participantCount ?? 0;
    this.following = true;
    this.advance();
  }

  /** Takes a committed change, in whatever order they come. */
  receive(event: ChangeEvent): void {
    if (this.following && event.version === this.delivered + 1 && this.waiting.size === 0) {
      this.deliver(event);
      return;
    }
    if (event.version <= this.delivered) return;
    if (this.waiting.size < WAITING_MAX) this.waiting.set(event.version, event);
    this.expect(event.version);
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

  /** The changes with `after` < version, up to what is delivered here; resumes at the same place share one read. */
  read(after: number, limit: number): Promise<ChangeEvent[] | "gone"> {
    const upTo = Math.min(this.delivered, after + limit);
    const key = `${after} ${upTo}`;
    const known = this.reads.get(key);
    if (known) return known;
    const reading = this.readLog(after, upTo, limit).finally(() => this.reads.delete(key));
    this.reads.set(key, reading);
    return reading;
  }

  /** Who has been greeted is not sent away because the database is: it is asked again. */
  private async readLog(after: number, upTo: number, limit: number): Promise<ChangeEvent[] | "gone"> {
    while (!this.closed) {
      try {
        const changes = await this.log.changes(this.conversationId, after, upTo, limit);
        return changes === "gone" ? changes : changes.map(changeEvent);
      } catch (error) {
        if (!passes(error)) throw error;
        this.logger.warn({ err: error, conversation_id: this.conversationId }, "can't read for a replay yet");
        await Bun.sleep(FILL_RETRY_MS);
      }
    }
    return "gone";
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
    if (this.filling || this.closed || this.known <= this.delivered) return;
    this.filling = true;
    let pause = GAP_WAIT_MS;
    try {
      const changes = await this.log.changes(this.conversationId, this.delivered, this.known, FILL_PAGE);
      if (this.closed) return;
      if (changes === "gone") return this.dissolve();
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
    if (!this.closed && this.known > this.delivered) {
      this.timer ??= setTimeout(() => this.fill(), this.waiting.has(this.delivered + 1) ? 0 : pause);
      this.advance();
    }
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

  private deliver(event: ChangeEvent) {
    this.waiting.delete(event.version);
    this.delivered = event.version;
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

/** Whether asking again may help. */
const passes = (error: unknown) => error instanceof Failure && error.reason === "unavailable";
