import { closeCodes } from "../../protocol/close-codes.ts";
import { encode } from "../../protocol/frames.ts";
import type { Logger } from "../base/logger.ts";
import type { Meter } from "../base/meter.ts";
import type { Bus, BusEvent, ToUserEvent } from "../bus/bus.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import type { Presence } from "../features/presence/service.ts";
import { PresenceWatching } from "../features/presence/watching.ts";
import type { History } from "../log/history.ts";
import type { MessageLog } from "../log/log.ts";
import type { ConversationStore } from "../log/ports.ts";
import { type Publish, Watching } from "./activity.ts";
import { Room } from "./room.ts";
import type { ClientSocket } from "./socket.ts";
import { Subscription } from "./subscription.ts";

/** Conversations that one statement asks after. */
const HEADS_AT_ONCE = 1_000;
/** Rooms that compare themselves with the log at once, after the database may have gone back. */
const ROOMS_AT_ONCE = 20;
const RETRY_MS = 250;

const roomTopic = (conversationId: string) => `c:${conversationId}`;

/** All sockets of this node, their rooms, and what the bus brings for them. */
export class Hub {
  readonly sockets = new Set<ClientSocket>();
  /** What the sockets for all conversations of a user watch. */
  readonly watching: Watching;
  /** Whom they watch. */
  readonly presence: PresenceWatching;
  private readonly rooms = new Map<string, Room>();
  private readonly socketsByUser = new Map<number, Set<ClientSocket>>();
  /** How many rooms and watching sockets here want a conversation's events. */
  private readonly interest = new Map<string, number>();

  constructor(
    private readonly bus: Bus,
    private readonly log: MessageLog,
    private readonly conversations: Pick<ConversationStore, "ofUsers" | "standing">,
    private readonly history: History,
    private readonly publish: Publish,
    private readonly forgetMemberships: (conversationId: string, userIds: number[]) => void,
    private readonly meter: Meter,
    presence: Presence,
    private readonly logger: Logger,
  ) {
    this.presence = new PresenceWatching(presence, logger);
    this.watching = new Watching({
      publish,
      follow: (conversationId) =>
        void this.want(conversationId).catch((error: unknown) =>
          logger.warn({ err: error, conversation_id: conversationId }, "can't follow a conversation's activity"),
        ),
      unfollow: (conversationId) => this.unwant(conversationId),
    });
  }

  /** The database's, as this node knows it. */
  get epoch(): string {
    return this.history.epoch;
  }

  // Sockets

  add(socket: ClientSocket): void {
    this.sockets.add(socket);
    const { userId } = socket.actor;
    const sockets = this.socketsByUser.get(userId);
    if (sockets) sockets.add(socket);
    else this.socketsByUser.set(userId, new Set([socket]));
  }

  /** MUST be called once for every socket that was added, when it has closed. */
  remove(socket: ClientSocket): void {
    this.sockets.delete(socket);
    for (const subscription of [...socket.subscriptions.values()]) this.leave(subscription);
    this.watching.end(socket);
    this.presence.end(socket);
    const { userId } = socket.actor;
    const sockets = this.socketsByUser.get(userId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.socketsByUser.delete(userId);
  }

  // Conversations

  /** Registers the socket in the conversation's room; it gets nothing before its `join`. */
  enter(socket: ClientSocket, conversationId: string): Subscription {
    const room = this.rooms.get(conversationId) ?? this.open(conversationId);
    const subscription = new Subscription(socket, room, roomTopic(conversationId), this.onExpelled);
    socket.subscriptions.set(conversationId, subscription);
    return subscription;
  }

  private open(conversationId: string): Room {
    const topic = roomTopic(conversationId);
    const room: Room = new Room(
      conversationId,
      this.log,
      {
        subscribe: () => this.want(conversationId),
        publish: (frame) => {
          this.meter.deliveries += room.subscriptions.size;
          this.publish(topic, frame);
        },
        filled: (event) => {
          this.applyRemovals(event);
          this.watching.moved(event.conversationId, event.version, event.lastSeq);
          this.applyAdditions(event);
          this.history.note(event);
        },
        standing: (userId) => this.conversations.standing(conversationId, userId),
        contradicted: () => this.history.contradict(),
        gone: () => this.removeConversation(conversationId),
        broken: () => this.discard(room),
      },
      this.logger,
    );
    this.rooms.set(conversationId, room);
    const noteHead = () => {
      this.history.noteHead(conversationId, room.delivered, room.tag);
      if (room.epoch !== "") this.history.observe(room.epoch);
    };
    // Of a room that can't start, those who wait for it hear.
    room.started.then(noteHead, () => {});
    return room;
  }

  private readonly onExpelled = ({ socket, room }: Subscription) => {
    socket.subscriptions.delete(room.conversationId);
    this.closeIfEmpty(room);
    socket.onExpelled(room.conversationId);
    // A room that is behind ends what was before; the user may have come back since.
    this.watching.setActivity(socket, room.conversationId, true);
  };

  leave(subscription: Subscription): void {
    const { socket, room } = subscription;
    subscription.leave();
    if (socket.subscriptions.get(room.conversationId) === subscription)
      socket.subscriptions.delete(room.conversationId);
    this.closeIfEmpty(room);
  }

  /** Whether another socket of the user on this node is in the conversation. */
  isPresent(conversationId: string, userId: number): boolean {
    // Not asked of the room: each of its sockets asks when it closes, and in a large one they are many.
    for (const socket of this.socketsByUser.get(userId) ?? [])
      if (socket.subscriptions.has(conversationId)) return true;
    return false;
  }

  // Events

  /** The one way in for what happened, here or on another node. */
  handle(event: BusEvent): void {
    switch (event.kind) {
      case "change":
        this.handleChange(event);
        break;
      case "head":
        this.rooms.get(event.conversationId)?.expect(event.version);
        this.watching.moved(event.conversationId, event.version, event.lastSeq);
        break;
      case "ephemeral":
        this.sendEphemeral(event.conversationId, event.fromUserId, event.frame);
        break;
      case "read_position":
        this.sendReadPosition(event.conversationId, event.userId, event.frame);
        break;
      case "to_user":
        this.sendToUser(event);
        break;
      case "presence":
        this.presence.changed(event.changes);
        break;
      case "sessions_ended":
        this.endSessions(
          event.userId,
          event.sessions.map((session) => session.id),
        );
        break;
      case "user_changed":
        for (const socket of this.socketsByUser.get(event.userId) ?? []) socket.actor.fullName = event.fullName;
        break;
      case "conversation_removed":
        this.removeConversation(event.conversationId);
        break;
      case "pruned":
        this.rooms.get(event.conversationId)?.prune(event.prunedSeq);
        this.watching.pruned(event.conversationId, event.prunedSeq);
    }
  }

  /**
   * The database may have gone back in time: each room is compared with the log, and what sockets watch is read anew.
   * Then the sockets for all conversations of a user hear of the new epoch. Never rejects.
   */
  async startEpoch(epoch: string): Promise<void> {
    const rooms = [...this.rooms.values()];
    for (const room of rooms) room.hold();
    const compareSome = async () => {
      for (let room = rooms.pop(); room; room = rooms.pop()) await room.suspect();
    };
    await Promise.all([this.readWatchedAnew(epoch), ...Array.from({ length: ROOMS_AT_ONCE }, compareSome)]);
    if (this.history.epoch !== epoch) return;
    const frame = encode({ type: "epoch", epoch });
    for (const socket of this.sockets) if (socket.isUserSocket && socket.isGreeted) socket.send(frame);
    for (const room of this.rooms.values()) this.history.noteHead(room.conversationId, room.delivered, room.tag);
  }

  private async readWatchedAnew(epoch: string) {
    while (this.history.epoch === epoch) {
      try {
        await this.watching.restart((userIds) => this.conversations.ofUsers(userIds));
        this.presence.heal();
        return;
      } catch (error) {
        this.logger.warn({ err: error }, "can't read yet what sockets watch in the new epoch");
        await Bun.sleep(RETRY_MS);
      }
    }
  }

  /** Asks what the bus may have failed to bring: rooms fill up to the head, watchers hear who is in, and of activity. */
  async heal(): Promise<void> {
    this.presence.heal();
    const wanted = [...this.interest.keys()];
    const heads: Awaited<ReturnType<MessageLog["heads"]>>[] = [];
    for (let i = 0; i < wanted.length; i += HEADS_AT_ONCE) {
      const asked = wanted.slice(i, i + HEADS_AT_ONCE);
      const delivered = new Map(asked.map((id) => [id, this.rooms.get(id)?.delivered ?? 0]));
      const some = await this.log.heads(asked);
      for (const [conversationId, head] of some)
        this.rooms.get(conversationId)?.observe(head, delivered.get(conversationId) ?? 0);
      heads.push(some);
      for (const conversationId of asked) if (!some.has(conversationId)) this.removeConversation(conversationId);
    }
    // Read after the heads and put right before they are told: who is out at a head does not hear of it.
    await this.watching.heal((userIds) => this.conversations.ofUsers(userIds));
    for (const some of heads)
      for (const [conversationId, { lastVersion, lastSeq }] of some)
        this.watching.moved(conversationId, lastVersion, lastSeq);
  }

  endSessions(userId: number, sessionIds: string[]): void {
    for (const socket of this.socketsByUser.get(userId) ?? [])
      if (sessionIds.includes(socket.sessionId)) socket.close(closeCodes.sessionEnded, "Session ended");
  }

  /** Everybody is out. Doing it twice is no harm. */
  private removeConversation(conversationId: string) {
    // All who may watch somebody by it: people are watched from the same sockets.
    this.presence.dissolved(this.watching.removed(conversationId));
    const room = this.rooms.get(conversationId);
    if (!room) return;
    for (const subscription of [...room.subscriptions]) subscription.end();
    this.discard(room);
  }

  private handleChange(event: ChangeEvent) {
    this.history.note(event);
    this.applyRemovals(event);
    this.rooms.get(event.conversationId)?.receive(event);
    this.watching.moved(event.conversationId, event.version, event.lastSeq);
    this.applyAdditions(event);
  }

  /** Who left, for what this node believes and for the sockets that watch. Doing it twice is no harm. */
  private applyRemovals({ conversationId, version, removed = [] }: ChangeEvent) {
    this.forgetMemberships(conversationId, removed);
    for (const userId of removed) this.watching.left(userId, conversationId, version);
    this.presence.removed(removed);
  }

  /** Who joined: their sockets watch from now on. Doing it twice is no harm. */
  private applyAdditions({ conversationId, version, added = [] }: ChangeEvent) {
    this.forgetMemberships(conversationId, added);
    for (const userId of added) this.watching.joined(userId, conversationId, version);
  }

  /** To the others of a small group; first to be dropped for a socket that reads slowly. */
  private sendEphemeral(conversationId: string, fromUserId: number, frame: string) {
    for (const { live, userId, socket } of this.rooms.get(conversationId)?.subscriptions ?? [])
      if (live && userId !== fromUserId && !socket.isSlow) socket.send(frame);
  }

  private sendReadPosition(conversationId: string, userId: number, frame: string) {
    for (const socket of this.socketsByUser.get(userId) ?? [])
      if (this.watching.isWatching(socket, conversationId) && !socket.isSlow) socket.send(frame);
  }

  private sendToUser({ userId, joined, frame }: ToUserEvent) {
    if (joined) this.watching.joined(userId, joined.conversationId, joined.version);
    for (const socket of this.socketsByUser.get(userId) ?? []) {
      // One that is not greeted yet will ask for its list anyway.
      if (!socket.isUserSocket || !socket.isGreeted) continue;
      // They are out again.
      if (joined && !this.watching.isWatching(socket, joined.conversationId)) continue;
      socket.send(frame);
    }
  }

  private closeIfEmpty(room: Room) {
    if (room.subscriptions.size === 0) this.discard(room);
  }

  private discard(room: Room) {
    if (this.rooms.get(room.conversationId) !== room) return;
    this.rooms.delete(room.conversationId);
    room.close();
    this.unwant(room.conversationId);
  }

  private async want(conversationId: string) {
    const wanted = this.interest.get(conversationId) ?? 0;
    this.interest.set(conversationId, wanted + 1);
    await this.bus.subscribe(conversationId);
  }

  private unwant(conversationId: string) {
    const wanted = (this.interest.get(conversationId) ?? 1) - 1;
    if (wanted > 0) {
      this.interest.set(conversationId, wanted);
      return;
    }
    this.interest.delete(conversationId);
    this.bus.unsubscribe(conversationId);
  }
}
