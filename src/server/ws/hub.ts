import { encode } from "../../protocol/frames.ts";
import type { Logger } from "../base/logger.ts";
import type { Meter } from "../base/meter.ts";
import type { Bus, EphemeralEvent, FollowEvent, ToUserEvent } from "../bus/bus.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import type { History } from "../log/history.ts";
import type { MessageLog } from "../log/log.ts";
import type { Memberships } from "../log/memberships.ts";
import { readmitMembers } from "./admission.ts";
import { BusInterest } from "./bus-interest.ts";
import { ChangeListeners } from "./change-listeners.ts";
import { ASK_AGAIN_MS } from "./log-away.ts";
import { Room } from "./room.ts";
import type { ClientSocket, SocketSubscription } from "./socket.ts";
import { SocketDirectory } from "./socket-directory.ts";
import { Subscription } from "./subscription.ts";
import { rangeTopic, roomTopic } from "./topics.ts";
import type { Publish } from "./watched.ts";
import { Watching } from "./watching.ts";

/** The most conversations whose heads one statement reads. */
const HEADS_AT_ONCE = 1_000;
/** How many rooms compare themselves with the log at once, after the database may have gone back in time. */
const ROOMS_AT_ONCE = 20;

/** The message of a change, if it mentions everybody. */
const scopeSeqOf = ({ message }: ChangeEvent) => (message?.mentionsAll ? message.seq : undefined);

/** The hub calls these when members of conversations change. Each call may come twice. */
export interface MemberEvents {
  /** These users joined the conversation or left it: what this node remembers of their membership is out of date. */
  changed(conversationId: string, userIds: number[]): void;
  /** These users have left a conversation. */
  left(userIds: readonly number[]): void;
  /** A conversation is gone. These users have a socket here that watched it. */
  dissolved(userIds: readonly number[]): void;
  /** The lists of conversations were read again: joinings and removals may have been missed. */
  reread(): void;
}

interface HubParts {
  bus: Pick<Bus, "subscribe" | "unsubscribe">;
  log: MessageLog;
  conversations: Pick<Memberships, "ofUsers" | "standing">;
  history: History;
  publish: Publish;
  members: MemberEvents;
  meter: Meter;
  logger: Logger;
}

/** All sockets of this node, their rooms, and the ways by which events reach them. */
export class Hub {
  readonly sockets = new SocketDirectory();
  /** The conversations that the `/ws/` sockets watch. */
  readonly watching: Watching;
  private readonly rooms = new Map<string, Room>();
  private readonly interest: BusInterest;
  private readonly listeners = new ChangeListeners();

  constructor(private readonly parts: HubParts) {
    this.interest = new BusInterest(parts.bus);
    this.watching = new Watching({
      publish: parts.publish,
      follow: (conversationIds) => {
        for (const id of conversationIds) void this.interest.add(id);
      },
      followAndLook: (conversationId) => void this.interest.add(conversationId).then(() => this.look(conversationId)),
      unfollow: (conversationIds) => {
        for (const id of conversationIds) this.interest.remove(id);
      },
    });
  }

  /** The epoch of the database, as this node knows it. */
  get epoch(): string {
    return this.parts.history.epoch;
  }

  /** Resolves when the changes of all conversations that are watched now reach this node. */
  reached(): Promise<void> {
    return this.interest.reached();
  }

  /** Sends the activity of a conversation that has moved before its changes reached this node. */
  private async look(conversationId: string) {
    try {
      const head = (await this.parts.log.heads([conversationId])).get(conversationId);
      if (head) this.watching.moved(conversationId, head.lastVersion, head.lastSeq);
    } catch (error) {
      this.parts.logger.warn({ err: error }, "can't look for the activity of a new conversation");
    }
  }

  /** MUST be called once for every socket of this node, when it has closed. */
  remove(socket: ClientSocket): void {
    for (const subscription of socket.subscriptions.all) this.leave(subscription);
    this.watching.end(socket);
    this.sockets.remove(socket);
  }

  // Rooms

  /** Registers the socket in the conversation's room. It gets nothing before its `join`. */
  enter(socket: ClientSocket, conversationId: string): Subscription {
    const room = this.rooms.get(conversationId) ?? this.open(conversationId);
    const subscription = new Subscription(socket, room, this.onExpelled);
    socket.subscriptions.add(subscription);
    return subscription;
  }

  leave(subscription: SocketSubscription): void {
    const { socket, room } = subscription;
    subscription.leave();
    socket.subscriptions.remove(subscription);
    this.closeIfEmpty(room);
  }

  private open(conversationId: string): Room {
    const { log, conversations, history, meter, publish, logger } = this.parts;
    const room: Room = new Room(
      conversationId,
      log,
      {
        subscribe: () => this.interest.add(conversationId),
        publish: (frame) => {
          meter.deliveries += room.subscriptions.size - room.delivery.ranged;
          publish(roomTopic(conversationId), frame);
        },
        publishRange: (frame) => {
          meter.deliveries += room.delivery.ranged;
          publish(rangeTopic(conversationId), frame);
        },
        filled: (event) => {
          this.applyRemovals(event);
          this.watching.moved(event.conversationId, event.version, event.lastSeq, scopeSeqOf(event));
          this.applyAdditions(event);
          history.note(event);
        },
        standing: (userId) => conversations.standing(conversationId, userId),
        contradicted: () => history.contradict(),
        gone: () => this.removeConversation(conversationId),
        broken: () => this.discard(room),
      },
      logger,
    );
    this.rooms.set(conversationId, room);
    const noteHead = () => {
      history.noteHead(conversationId, room.delivered, room.tag);
      if (room.epoch !== "") history.observe(room.epoch);
    };
    // If a room can't start, the subscriptions that wait for it fail.
    room.started.then(noteHead, () => {});
    return room;
  }

  private readonly onExpelled = (subscription: Subscription) => {
    const { socket, room } = subscription;
    socket.subscriptions.remove(subscription);
    this.closeIfEmpty(room);
    socket.onExpelled(room.conversationId);
    // A room that is behind delivers old removals. The user may have come back since.
    this.watching.setActivity(socket, room.conversationId, true);
  };

  private closeIfEmpty(room: SocketSubscription["room"]) {
    const open = this.rooms.get(room.conversationId);
    if (open === room && open.subscriptions.size === 0) this.discard(open);
  }

  private discard(room: Room) {
    if (this.rooms.get(room.conversationId) !== room) return;
    this.rooms.delete(room.conversationId);
    room.close();
    this.interest.remove(room.conversationId);
  }

  /** Calls `moved` when the conversation may have a new change, until the returned function is called. */
  async follow(conversationId: string, moved: () => void): Promise<() => void> {
    const end = this.listeners.add(conversationId, moved);
    const unfollow = () => {
      end();
      this.interest.remove(conversationId);
    };
    try {
      await this.interest.add(conversationId);
    } catch (error) {
      unfollow();
      throw error;
    }
    return unfollow;
  }

  // Events: node/events.ts calls these, for events of this node and of others

  applyChange(event: ChangeEvent): void {
    this.parts.history.note(event);
    this.applyRemovals(event);
    this.rooms.get(event.conversationId)?.receive(event);
    this.watching.moved(event.conversationId, event.version, event.lastSeq, scopeSeqOf(event));
    this.applyAdditions(event);
    this.listeners.moved(event.conversationId);
  }

  /** The conversation is at this version. */
  applyHead(conversationId: string, version: number, lastSeq: number): void {
    this.rooms.get(conversationId)?.expect(version);
    this.watching.moved(conversationId, version, lastSeq);
    this.listeners.moved(conversationId);
  }

  /** Sends to the other members of a small group. Sockets that read slowly do not get the frame. */
  sendEphemeral({ conversationId, fromUserId, frame }: EphemeralEvent): void {
    for (const { live, userId, socket } of this.rooms.get(conversationId)?.subscriptions ?? [])
      if (live && userId !== fromUserId && !socket.isSlow) socket.send(frame);
  }

  /** Sends to the user's own `/ws/` sockets that watch the conversation. */
  sendReadPosition(conversationId: string, userId: number, frame: string): void {
    for (const socket of this.sockets.of(userId))
      if (this.watching.isWatching(socket, conversationId) && !socket.isSlow) socket.send(frame);
  }

  /** Sends to all `/ws/` sockets of the user. */
  sendToUser({ userId, joined, frame }: ToUserEvent): void {
    if (joined) this.watching.joined(userId, joined.conversationId, joined.version);
    for (const socket of this.sockets.of(userId)) {
      // A socket that is not greeted yet reads its list later anyway.
      if (!socket.isUserSocket || !socket.isGreeted) continue;
      // The user has left the conversation again.
      if (joined && !this.watching.isWatching(socket, joined.conversationId)) continue;
      socket.send(frame);
    }
  }

  /** The user follows a thread from now on, or no longer. Only their sockets that have asked for threads hear of it. */
  applyFollow({ userId, threadId, parentId, version, isFollowing, frame }: FollowEvent): void {
    if (version === null) this.watching.setFollowing(userId, threadId, parentId, isFollowing);
    else this.watching.joined(userId, threadId, version, parentId);
    for (const socket of this.sockets.of(userId))
      if (socket.isGreeted && socket.accepts.has("threads") && this.watching.isWatching(socket, parentId))
        socket.send(frame);
  }

  /** Retention has removed the conversation's messages up to `prunedSeq`. */
  prune(conversationId: string, prunedSeq: number): void {
    this.rooms.get(conversationId)?.prune(prunedSeq);
    this.watching.pruned(conversationId, prunedSeq);
  }

  /** Ends all subscriptions to a conversation that was removed. It may be called twice. */
  removeConversation(conversationId: string): void {
    this.parts.members.dissolved(this.watching.removed(conversationId));
    this.listeners.moved(conversationId);
    const room = this.rooms.get(conversationId);
    if (!room) return;
    for (const subscription of [...room.subscriptions]) subscription.end();
    this.discard(room);
  }

  /**
   * Applies removals to the memberships that this node remembers, and to the sockets that watch. It may be called
   * twice.
   */
  private applyRemovals({ conversationId, version, removed = [] }: ChangeEvent) {
    this.parts.members.changed(conversationId, removed);
    for (const userId of removed) {
      this.watching.left(userId, conversationId, version);
      this.sockets.leaveThreads(userId, conversationId, version);
    }
    this.parts.members.left(removed);
  }

  /** Makes the sockets of new members watch the conversation. It may be called twice. */
  private applyAdditions({ conversationId, version, added = [] }: ChangeEvent) {
    this.parts.members.changed(conversationId, added);
    for (const userId of added) this.watching.joined(userId, conversationId, version);
  }

  // Healing

  /**
   * The database may have gone back in time: each room is compared with the log, and the lists of watched conversations
   * are read again. Then the `/ws/` sockets get the new epoch. Never rejects.
   */
  async startEpoch(epoch: string): Promise<void> {
    const { history } = this.parts;
    const rooms = [...this.rooms.values()];
    for (const room of rooms) room.hold();
    const compareSome = async () => {
      for (let room = rooms.pop(); room; room = rooms.pop()) await room.suspect();
    };
    await Promise.all([this.rereadWatched(epoch), ...Array.from({ length: ROOMS_AT_ONCE }, compareSome)]);
    void this.readmitAll();
    if (history.epoch !== epoch) return;
    const frame = encode({ type: "epoch", epoch });
    for (const socket of this.sockets.all) if (socket.isUserSocket && socket.isGreeted) socket.send(frame);
    for (const room of this.rooms.values()) history.noteHead(room.conversationId, room.delivered, room.tag);
  }

  private readmitAll() {
    const standing = (room: Room) => (userId: number) => this.parts.conversations.standing(room.conversationId, userId);
    return Promise.all([...this.rooms.values()].map((room) => readmitMembers(room, standing(room))));
  }

  private async rereadWatched(epoch: string) {
    const { history, conversations, members, logger } = this.parts;
    while (history.epoch === epoch) {
      try {
        await this.watching.restart((userIds) => conversations.ofUsers(userIds));
        members.reread();
        return;
      } catch (error) {
        logger.warn({ err: error }, "can't read yet which conversations sockets watch in the new epoch");
        await Bun.sleep(ASK_AGAIN_MS);
      }
    }
  }

  /** Asks the log for everything that the bus may have failed to bring: changes, memberships and activity. */
  async heal(): Promise<void> {
    const { log, conversations } = this.parts;
    const wanted = this.interest.conversationIds;
    const heads: Awaited<ReturnType<MessageLog["heads"]>>[] = [];
    for (let i = 0; i < wanted.length; i += HEADS_AT_ONCE) {
      const asked = wanted.slice(i, i + HEADS_AT_ONCE);
      const delivered = new Map(asked.map((id) => [id, this.rooms.get(id)?.delivered ?? 0]));
      const some = await log.heads(asked);
      for (const [conversationId, head] of some)
        this.rooms.get(conversationId)?.observe(head, delivered.get(conversationId) ?? 0);
      heads.push(some);
      for (const conversationId of asked) if (!some.has(conversationId)) this.removeConversation(conversationId);
    }
    // The lists are read after the heads, and applied before activity is sent. So a user who has left by that head does
    // not get its activity.
    await this.watching.heal((userIds) => conversations.ofUsers(userIds));
    await this.readmitAll();
    for (const some of heads)
      for (const [conversationId, { lastVersion, lastSeq }] of some)
        this.watching.moved(conversationId, lastVersion, lastSeq);
  }
}
