import type { ChangeEvent } from "../domain/changes.ts";
import { Failure } from "../domain/errors.ts";
import type { ConversationStore, Standing } from "../domain/ports.ts";
import { encode } from "../protocol/frames.ts";
import type { Room } from "./room.ts";
import type { ClientSocket } from "./socket.ts";

/** A replay reads this many changes at a time. */
const REPLAY_PAGE = 50;
/** CONTRACT §7: who is further behind refetches. */
export const REPLAY_MAX = 10_000;

/**
 * One socket's part in one room. It is registered before its right is read, so that a removal is either seen by that
 * read or arrives here as an event; it is live from the tick in which it has everything that was delivered.
 */
export class Subscription {
  live = false;
  private over = false;
  /** The version at which the user was seen to take part; what ended it before is over. */
  private inAt: number | undefined;
  /** The newest removal that came while that was read. */
  private outAt = 0;

  constructor(
    readonly socket: ClientSocket,
    readonly room: Room,
    private readonly topic: string,
    /** Shared by all of a hub: a closure for each would be much of what an idle socket costs. */
    private readonly onExpelled: (subscription: Subscription) => void,
  ) {
    room.subscriptions.add(this);
  }

  get userId() {
    return this.socket.actor.userId;
  }

  /**
   * Greets; then replays what came after version `after` and goes live, which does not end with this promise.
   * @param greet sends the first frame, in the tick whose state it tells
   * @throws Failure when the user is no participant, or the log can't be read
   */
  async join(
    conversations: ConversationStore,
    after: number | undefined,
    greet: (standing: Standing, room: Room) => void,
  ): Promise<void> {
    await this.room.started;
    const standing = await conversations.standing(this.room.conversationId, this.userId);
    if (this.over) return;
    if (!standing || standing.lastVersion < this.outAt) throw new Failure("not_a_participant");
    this.inAt = standing.lastVersion;
    // A node that has missed something may stand behind its client, which must not get that twice.
    if (after !== undefined && after <= standing.lastVersion) await this.room.reached(after);
    if (this.over) return;
    greet(standing, this.room);
    if (after === undefined) this.goLive();
    // Not waited for: what else comes over the socket goes on, however long the log can't be read.
    else void this.replay(after, standing).catch(() => this.socket.restart());
  }

  /** The user was removed with this change: the last that this socket gets, unless they are known to be back. */
  expel({ version, frame }: ChangeEvent): void {
    if (this.over) return;
    // A room that lags behind comes to removals that are older than the right to be here.
    if (this.inAt === undefined) this.outAt = version;
    if (this.inAt === undefined || version <= this.inAt) return;
    if (this.live) {
      this.socket.leaveTopic(this.topic);
      this.socket.send(frame);
    }
    this.leave();
    this.onExpelled(this);
  }

  /** There is no such conversation any more. */
  end(): void {
    if (this.over) return;
    // Who is just asking for their right is told that there is none.
    this.outAt = Number.MAX_SAFE_INTEGER;
    if (this.inAt === undefined) return;
    this.leave();
    this.onExpelled(this);
  }

  leave(): void {
    if (this.over) return;
    this.over = true;
    this.room.subscriptions.delete(this);
    if (this.live) this.socket.leaveTopic(this.topic);
    this.live = false;
  }

  private goLive() {
    this.live = true;
    this.socket.joinTopic(this.topic);
  }

  /** Ends live. MUST NOT await between seeing that the cursor has caught up and going live: a change could pass by. */
  private async replay(after: number, standing: Standing) {
    const newest = Math.max(this.room.delivered, standing.lastVersion);
    if (after > newest || after < standing.prunedVersion || newest - after > REPLAY_MAX) return this.reset();
    let cursor = after;
    // `delivered` moves on while pages are read and sent; in the tick where the cursor has caught up, we are done.
    while (cursor < this.room.delivered) {
      const events = await this.room.read(cursor, REPLAY_PAGE);
      if (this.over) return;
      if (events === "gone") return this.reset();
      for (const event of events) {
        await this.socket.writable();
        if (this.over) return;
        this.socket.send(event.frame);
        cursor = event.version;
      }
    }
    this.goLive();
  }

  private reset() {
    const { conversationId: conversation_id, delivered: last_version } = this.room;
    this.socket.send(encode({ type: "reset", conversation_id, last_version }));
    this.goLive();
  }
}
