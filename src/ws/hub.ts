import type { Bus, BusEvent } from "../domain/bus.ts";
import type { ChangeEvent } from "../domain/changes.ts";
import type { Logger } from "../domain/logger.ts";
import type { ConversationStore, MessageLog } from "../domain/ports.ts";
import { closeCodes } from "../protocol/close-codes.ts";
import { encode } from "../protocol/frames.ts";
import { Room } from "./room.ts";
import type { ClientSocket } from "./socket.ts";
import { Subscription } from "./subscription.ts";

/** Sends one frame to all sockets that joined a topic: Bun's native publish. */
export type Publish = (topic: string, frame: string) => void;

/** Conversations that one statement asks after. */
const HEADS_AT_ONCE = 1_000;
const USERS_AT_ONCE = 200;

const roomTopic = (conversationId: string) => `c:${conversationId}`;
const activityTopic = (conversationId: string) => `a:${conversationId}`;

/** All sockets of this node, and what the bus brings for them. */
export class Hub {
  readonly sockets = new Set<ClientSocket>();
  private readonly rooms = new Map<string, Room>();
  private readonly socketsByUser = new Map<number, Set<ClientSocket>>();
  /** How many rooms and watching sockets here want a conversation's events. */
  private readonly interest = new Map<string, number>();
  /** How many sockets here watch a conversation's activity. */
  private readonly watchers = new Map<string, number>();

  /** The newest version that watchers were told of. */
  private readonly activityTold = new Map<string, number>();

  constructor(
    private readonly bus: Bus,
    private readonly log: MessageLog,
    private readonly publish: Publish,
    private readonly forgetMemberships: (conversationId: string, userIds: number[]) => void,
    private readonly logger: Logger,
  ) {}

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
    for (const conversationId of [...socket.watched]) this.unwatch(socket, conversationId);
    const { userId } = socket.actor;
    const sockets = this.socketsByUser.get(userId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.socketsByUser.delete(userId);
  }

  // Conversations

  /** Registers the socket in the conversation's room; it gets nothing before its `join`. */
  enter(socket: ClientSocket, conversationId: string, onExpelled: () => void): Subscription {
    let room = this.rooms.get(conversationId);
    if (!room) {
      const topic = roomTopic(conversationId);
      const opened = new Room(
        conversationId,
        this.log,
        {
          subscribe: () => this.want(conversationId),
          publish: (frame) => this.publish(topic, frame),
          filled: (event) => {
            this.applyRemovals(event);
            this.tellActivity(event.conversationId, event.version, event.lastSeq);
            this.applyAdditions(event);
          },
          broken: () => this.discard(opened),
        },
        this.logger,
      );
      room = opened;
      this.rooms.set(conversationId, room);
    }
    const subscription = new Subscription(socket, room, roomTopic(conversationId), () => {
      socket.subscriptions.delete(conversationId);
      this.closeIfEmpty(subscription.room);
      onExpelled();
    });
    socket.subscriptions.set(conversationId, subscription);
    return subscription;
  }

  leave(subscription: Subscription): void {
    const { socket, room } = subscription;
    subscription.leave();
    if (socket.subscriptions.get(room.conversationId) === subscription)
      socket.subscriptions.delete(room.conversationId);
    this.closeIfEmpty(room);
  }

  /** Whether another socket of the user on this node is in the conversation. */
  isPresent(conversationId: string, userId: number): boolean {
    for (const subscription of this.rooms.get(conversationId)?.subscriptions ?? [])
      if (subscription.userId === userId) return true;
    return false;
  }

  /** From now on the socket hears of the conversation's activity, unless it is subscribed to the conversation itself. */
  watch(socket: ClientSocket, conversationId: string, version: number): void {
    if (socket.isClosed || socket.watched.has(conversationId)) return;
    if (!this.activityTold.has(conversationId)) this.activityTold.set(conversationId, version);
    socket.watched.add(conversationId);
    this.watchers.set(conversationId, (this.watchers.get(conversationId) ?? 0) + 1);
    void this.want(conversationId).catch((error: unknown) =>
      this.logger.warn({ err: error, conversation_id: conversationId }, "can't follow a conversation's activity"),
    );
    if (!socket.subscriptions.has(conversationId)) socket.joinTopic(activityTopic(conversationId));
  }

  unwatch(socket: ClientSocket, conversationId: string): void {
    if (!socket.watched.delete(conversationId)) return;
    socket.leaveTopic(activityTopic(conversationId));
    const watchers = (this.watchers.get(conversationId) ?? 1) - 1;
    if (watchers > 0) this.watchers.set(conversationId, watchers);
    else {
      this.watchers.delete(conversationId);
      this.activityTold.delete(conversationId);
    }
    this.unwant(conversationId);
  }

  /** A subscribed conversation tells more than its activity. */
  setActivity(socket: ClientSocket, conversationId: string, on: boolean): void {
    if (!socket.watched.has(conversationId)) return;
    if (on) socket.joinTopic(activityTopic(conversationId));
    else socket.leaveTopic(activityTopic(conversationId));
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
        this.tellActivity(event.conversationId, event.version, event.lastSeq);
        break;
      case "ephemeral":
        this.sendEphemeral(event.conversationId, event.fromUserId, event.frame);
        break;
      case "to_user":
        this.sendToUser(event.userId, event.frame, event.joined);
        break;
      case "sessions_ended":
        this.endSessions(
          event.userId,
          event.sessions.map((session) => session.id),
        );
        break;
      case "user_changed":
        for (const socket of this.socketsByUser.get(event.userId) ?? []) socket.actor.fullName = event.fullName;
    }
  }

  /** Asks the log what the bus may have failed to bring: rooms fill up to the head, watchers hear of activity. */
  async heal(): Promise<void> {
    const wanted = [...this.interest.keys()];
    for (let i = 0; i < wanted.length; i += HEADS_AT_ONCE) {
      const heads = await this.log.heads(wanted.slice(i, i + HEADS_AT_ONCE));
      for (const [conversationId, { lastVersion, lastSeq }] of heads) {
        this.rooms.get(conversationId)?.expect(lastVersion);
        this.tellActivity(conversationId, lastVersion, lastSeq);
      }
    }
  }

  /** Puts right what sockets watch, after joinings and removals that may have been missed. */
  async healWatching(ofUsers: ConversationStore["ofUsers"]): Promise<void> {
    const users = [...this.socketsByUser.keys()].filter((userId) => this.userSockets(userId).length > 0);
    for (let i = 0; i < users.length; i += USERS_AT_ONCE) {
      const chunk = users.slice(i, i + USERS_AT_ONCE);
      const rows = await ofUsers(chunk);
      for (const userId of chunk) {
        const own = new Map(rows.filter((row) => row.userId === userId).map((row) => [row.id, row]));
        for (const socket of this.userSockets(userId)) this.rewatch(socket, own);
      }
    }
  }

  private rewatch(socket: ClientSocket, own: Map<string, { lastVersion: number; lastSeq: number }>) {
    for (const conversationId of [...socket.watched]) {
      if (own.has(conversationId)) continue;
      this.unwatch(socket, conversationId);
      if (!socket.subscriptions.has(conversationId)) socket.tellRemoved(conversationId);
    }
    for (const [conversation_id, { lastVersion: last_version, lastSeq: last_seq }] of own) {
      if (socket.watched.has(conversation_id)) continue;
      this.watch(socket, conversation_id, last_version);
      // Who does not know the conversation learns of it by this.
      socket.send(encode({ type: "activity", conversation_id, last_seq, last_version }));
    }
  }

  private userSockets(userId: number): ClientSocket[] {
    return [...(this.socketsByUser.get(userId) ?? [])].filter((socket) => socket.isUserSocket && socket.isGreeted);
  }

  endSessions(userId: number, sessionIds: string[]): void {
    for (const socket of this.socketsByUser.get(userId) ?? [])
      if (sessionIds.includes(socket.sessionId)) socket.close(closeCodes.sessionEnded, "Session ended");
  }

  private handleChange(event: ChangeEvent) {
    this.applyRemovals(event);
    this.rooms.get(event.conversationId)?.receive(event);
    this.tellActivity(event.conversationId, event.version, event.lastSeq);
    this.applyAdditions(event);
  }

  /** Once for each version; an older one that comes late is no news. */
  private tellActivity(conversation_id: string, last_version: number, last_seq: number) {
    if (!this.watchers.has(conversation_id)) return;
    if (last_version <= (this.activityTold.get(conversation_id) ?? 0)) return;
    this.activityTold.set(conversation_id, last_version);
    this.publish(activityTopic(conversation_id), encode({ type: "activity", conversation_id, last_seq, last_version }));
  }

  /** Who left, for what this node believes and for the sockets that watch. Doing it twice is no harm. */
  private applyRemovals({ conversationId, removed = [] }: ChangeEvent) {
    this.forgetMemberships(conversationId, removed);
    for (const userId of removed)
      for (const socket of this.socketsByUser.get(userId) ?? []) {
        socket.leftWhileLoading?.add(conversationId);
        if (!socket.watched.has(conversationId)) continue;
        this.unwatch(socket, conversationId);
        // One that is subscribed is told by its room, in the order of the log.
        if (!socket.subscriptions.has(conversationId)) socket.tellRemoved(conversationId);
      }
  }

  /** Who joined: their sockets watch from now on. Doing it twice is no harm. */
  private applyAdditions({ conversationId, version, added = [] }: ChangeEvent) {
    this.forgetMemberships(conversationId, added);
    for (const userId of added)
      for (const socket of this.socketsByUser.get(userId) ?? []) {
        socket.leftWhileLoading?.delete(conversationId);
        if (socket.isUserSocket) this.watch(socket, conversationId, version);
      }
  }

  /** To the others of a small group; first to be dropped for a socket that reads slowly. */
  private sendEphemeral(conversationId: string, fromUserId: number, frame: string) {
    for (const { live, userId, socket } of this.rooms.get(conversationId)?.subscriptions ?? [])
      if (live && userId !== fromUserId && !socket.isSlow) socket.send(frame);
  }

  private sendToUser(userId: number, frame: string, joined: string | undefined) {
    for (const socket of this.socketsByUser.get(userId) ?? []) {
      if (!socket.isUserSocket) continue;
      if (joined !== undefined) {
        socket.leftWhileLoading?.delete(joined);
        this.watch(socket, joined, 0);
      }
      // One that is not greeted yet will ask for its list anyway.
      if (socket.isGreeted) socket.send(frame);
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
