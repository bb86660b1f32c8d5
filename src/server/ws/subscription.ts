import { Failure } from "../base/failure.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import type { Memberships, Standing } from "../log/memberships.ts";
import { RUN_MAX } from "../log/runs.ts";
import type { Room } from "./room.ts";
import type { RoomSubscription } from "./room-parts.ts";
import type { ClientSocket, Cursor, SocketSubscription } from "./socket.ts";
import { rangeTopic, roomTopic } from "./topics.ts";

/** A replay reads this many changes at a time. */
const REPLAY_PAGE = 50;
/** A replay to a socket that accepts ranges reads more at a time while it finds long runs, up to this many. */
const RANGE_PAGE = RUN_MAX;
/** A client that would get more frames gets a `reset` (docs/contract.md §7). */
export const REPLAY_MAX = 10_000;
/** The same for changes, on sockets that accept ranges. It bounds how much of the log one client reads. */
export const RANGE_REPLAY_MAX = 250_000;

/**
 * The part of one socket in one room. It is registered before the user's right is read, so that a removal is either in
 * that read or arrives here as an event. It is live from the tick in which the socket has everything that was
 * delivered.
 */
export class Subscription implements RoomSubscription, SocketSubscription {
  private state: "joining" | "live" | "over" = "joining";
  /**
   * The version at which the log had the user as a member. Removals before it no longer count. Of a thread, both are
   * versions of its parent.
   */
  private inAt: number | undefined;
  /** The version of the newest removal that came while the log was read for `inAt`. */
  private outAt = 0;

  constructor(
    readonly socket: ClientSocket,
    readonly room: Room,
    /**
     * All subscriptions of a hub share this function: a closure for each would be much of the cost of an idle socket.
     */
    private readonly onExpelled: (subscription: Subscription) => void,
  ) {
    room.subscriptions.add(this);
  }

  get userId() {
    return this.socket.actor.userId;
  }

  get live() {
    return this.state === "live";
  }

  private get over() {
    return this.state === "over";
  }

  private get acceptsRanges() {
    return this.socket.accepts.has("ranges");
  }

  /** The text is made again for each use, because an idle socket should cost little. */
  private get topic() {
    const { conversationId } = this.room;
    return this.acceptsRanges ? rangeTopic(conversationId) : roomTopic(conversationId);
  }

  /**
   * Greets the client, replays the changes after the cursor, and goes live. The replay may go on after the promise
   * resolves. If the log has another change at the cursor, the client gets a `reset` instead.
   * @param greet sends the first frame, in the same tick in which its state is read
   * @throws Failure when the user is no member, or the log can't be read
   */
  async join(
    conversations: Memberships,
    cursor: Cursor | undefined,
    greet: (standing: Standing, room: Room) => void,
  ): Promise<void> {
    const { room } = this;
    for (;;) {
      await room.started;
      const { generation } = room;
      const standing = await this.readStanding(conversations, cursor);
      if (this.over) return;
      if (generation !== room.generation) continue;
      if (!standing || standing.rightsVersion < this.outAt) throw new Failure("not_a_participant");
      this.inAt = standing.rightsVersion;
      const isOther = cursor?.tag !== undefined && cursor.tag !== standing.tagThere;
      // A node that has missed changes may be behind its client, which must not get those changes twice.
      if (cursor && !isOther && cursor.version <= standing.lastVersion) await room.reached(cursor.version);
      if (this.over) return;
      if (generation !== room.generation) continue;
      room.prunedSeq = Math.max(room.prunedSeq, standing.prunedSeq);
      greet(standing, room);
      if (!cursor) this.goLive();
      // The replay is not awaited: the other frames of the socket go on, however long the log can't be read.
      else if (isOther) void this.reset().catch(() => this.socket.restart());
      else void this.replay(cursor, standing, generation).catch(() => this.socket.restart());
      return;
    }
  }

  /** Reads where the user stands, and compares the room with the log if one of them may have gone back in time. */
  private async readStanding(conversations: Memberships, cursor: Cursor | undefined) {
    const { room } = this;
    const { delivered } = room;
    const version = cursor?.tag === undefined ? undefined : cursor.version;
    const standing = await conversations.standing(room.conversationId, this.userId, version);
    const isBack = standing && (standing.lastVersion < delivered || standing.epoch !== room.epoch);
    if (isBack || (cursor?.tag !== undefined && cursor.tag !== standing?.tagThere)) await room.compare();
    return standing;
  }

  /** The room has started over. `standing` is the user's as the log has it now; `undefined`: they are no member. */
  admit(standing: Standing | undefined): void {
    if (this.over) return;
    this.outAt = 0;
    // A socket that is just reading its right reads it again by itself.
    if (this.inAt === undefined) return;
    if (standing) this.inAt = standing.rightsVersion;
    else this.end();
  }

  readmit(standing: Standing | undefined): void {
    if (this.over || this.inAt === undefined) return;
    if (standing) this.inAt = Math.max(this.inAt, standing.rightsVersion);
    else this.end();
  }

  leftParent(parentId: string, version: number): void {
    if (this.over || this.room.parentId !== parentId) return;
    if (this.inAt === undefined) this.outAt = Math.max(this.outAt, version);
    else if (version > this.inAt) this.end();
  }

  /**
   * The user was removed with this change. It is the last change that this socket gets, unless the user is known to be
   * back.
   */
  expel({ version, frame }: ChangeEvent): void {
    if (this.over) return;
    // A room that lags behind delivers removals that are older than the right to be here.
    if (this.inAt === undefined) this.outAt = version;
    if (this.inAt === undefined || version <= this.inAt) return;
    if (this.live) {
      this.socket.leaveTopic(this.topic);
      this.socket.send(frame);
    }
    this.leave();
    this.onExpelled(this);
  }

  /** The conversation is gone. */
  end(): void {
    if (this.over) return;
    // A `join` that is reading the right fails.
    this.outAt = Number.MAX_SAFE_INTEGER;
    if (this.inAt === undefined) return;
    this.leave();
    this.onExpelled(this);
  }

  leave(): void {
    if (this.over) return;
    this.room.subscriptions.delete(this);
    if (this.live) {
      this.socket.leaveTopic(this.topic);
      if (this.acceptsRanges) this.room.delivery.leave();
    }
    this.state = "over";
  }

  private goLive() {
    this.state = "live";
    if (this.acceptsRanges) this.room.delivery.enter();
    this.socket.joinTopic(this.topic);
  }

  /** Ends live. MUST NOT await between seeing that the cursor has caught up and going live: a change could pass by. */
  private async replay({ version: after, tag }: Cursor, standing: Standing, generation: number) {
    const { room, acceptsRanges } = this;
    const newest = Math.max(room.delivered, standing.lastVersion);
    const most = acceptsRanges ? RANGE_REPLAY_MAX : REPLAY_MAX;
    if (after > newest || after < standing.prunedVersion || newest - after > most) return this.reset();
    let cursor: Cursor = { version: after, tag };
    let page = REPLAY_PAGE;
    let frames = 0;
    // `delivered` moves on while pages are read and sent. The replay ends in the tick in which the cursor has caught
    // up.
    while (cursor.version < room.delivered) {
      const events = await room.read(cursor.version, cursor.tag, page, acceptsRanges);
      if (this.over) return;
      if (events === "other_history") await room.compare();
      if (typeof events === "string" || generation !== room.generation) return this.reset();
      frames += events.length;
      // The log is read to know how many frames its runs make.
      if (acceptsRanges && frames > REPLAY_MAX) return this.reset();
      page = acceptsRanges && events.length < REPLAY_PAGE / 2 ? Math.min(4 * page, RANGE_PAGE) : REPLAY_PAGE;
      for (const event of events) {
        await this.socket.writable();
        if (this.over) return;
        if (generation !== room.generation) return this.reset();
        this.socket.send(event.frame);
        cursor = event;
      }
    }
    if (generation !== room.generation) return this.reset();
    this.goLive();
  }

  /** Goes live at the version of the room. MUST NOT await between the frame and going live. */
  private async reset() {
    for (let generation = -1; generation !== this.room.generation; ) {
      ({ generation } = this.room);
      await this.room.started;
    }
    if (this.over) return;
    this.socket.send(this.room.resetFrame());
    this.goLive();
  }
}
