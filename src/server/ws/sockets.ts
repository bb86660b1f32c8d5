import type { WebSocketHandler } from "bun";
import { closeCodes } from "../../protocol/close-codes.ts";
import { encode, FRAME_BYTES_MAX } from "../../protocol/frames.ts";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { Meter } from "../base/meter.ts";
import type { Session } from "../base/session.ts";
import type { Memberships, Standing } from "../log/memberships.ts";
import type { SocketPlaces } from "../places/places.ts";
import type { Dispatcher } from "./dispatch.ts";
import type { Hub } from "./hub.ts";
import type { Room } from "./room.ts";
import {
  ClientSocket,
  type Cursor,
  type MeCursor,
  type Raw,
  reconnectAdvice,
  type SocketOwner,
  type Upgrade,
  type Visitor,
} from "./socket.ts";

/** The sweep closes a reader that is this far behind. At twice that Bun cuts it off. */
export const TOO_SLOW_BYTES = 512 * 1024;
const FUSE_BYTES = 1024 * 1024;
const SWEEP_EVERY_MS = 250;
/** How often open sockets count as use of their sessions, and sessions whose end was missed are found. */
const TOUCH_EVERY_MS = 60_000;

/** The options for `Bun.serve`. */
export const socketLimits = {
  maxPayloadLength: FRAME_BYTES_MAX,
  backpressureLimit: FUSE_BYTES,
  closeOnBackpressureLimit: true,
  // Pings go out well before this: routers and proxies cut connections that are silent for 55 or 60 s.
  idleTimeout: 50,
  sendPings: true,
  // Compression, which is done for each reader, costs fan-out three quarters of its speed.
  perMessageDeflate: false,
} as const satisfies Partial<WebSocketHandler<Upgrade>>;

/** The sessions behind the sockets. */
interface SocketSessions {
  /** The live session of a token; `undefined` when it has ended. */
  find(token: string): Promise<Session | undefined>;
  /** Writes down that these sessions are in use. Resolves with the ids of those that have ended. */
  touch(ids: string[]): Promise<string[]>;
}

/** The streams of personal settings. */
interface MeStreams {
  begin(socket: ClientSocket): void;
  head(userId: number): Promise<number>;
  start(socket: ClientSocket, head: number, resume: MeCursor | undefined, epoch: string): void;
  end(socket: ClientSocket): void;
}

interface Services {
  hub: Hub;
  presence: { end(socket: ClientSocket): void };
  me: MeStreams;
  conversations: Memberships;
  typing: { allLeft(conversationId: string, actor: Actor): void };
  places: SocketPlaces;
  meter: Meter;
  logger: Logger;
}

/** The life of every socket on this node: opening, frames, the watch over slow readers and ended sessions, closing. */
export class Sockets implements SocketOwner {
  private readonly timers: ReturnType<typeof setInterval>[];

  constructor(
    private readonly services: Services,
    private readonly sessions: SocketSessions,
    private readonly dispatcher: Dispatcher,
  ) {
    this.timers = [
      setInterval(() => this.sweep(), SWEEP_EVERY_MS),
      setInterval(() => void this.touch(), TOUCH_EVERY_MS),
    ];
  }

  open(raw: Raw, visitor: Visitor): void {
    const { hub, meter, logger } = this.services;
    const socket = new ClientSocket(raw, this, visitor);
    raw.data = { visitor: undefined, socket };
    hub.sockets.add(socket);
    meter.upgrades++;
    this.greet(socket, visitor).catch((error: unknown) => {
      if (error instanceof Failure && error.closeCode !== closeCodes.tryAgain)
        return socket.close(error.closeCode, error.message);
      if (!(error instanceof Failure)) logger.error({ err: error }, "a socket could not be opened");
      socket.close(closeCodes.tryAgain, "Please try again");
    });
  }

  private async greet(socket: ClientSocket, { token, conversationId, cursor, meCursor }: Visitor) {
    // From here on the hub closes the socket when the session ends. The session may have ended just before.
    const session = await this.sessions.find(token);
    if (!session) return socket.close(closeCodes.sessionEnded, "Session ended");
    socket.actor.fullName = session.fullName;
    if (socket.isClosed) return socket.start();
    if (conversationId === undefined) await this.greetUser(socket, meCursor);
    else await this.greetChat(socket, conversationId, cursor);
    // The client left meanwhile. Frames that it sent before are still handled.
    if (!socket.isGreeted) socket.start();
  }

  /** Greets a socket on `/ws/chat/{id}/`. */
  private async greetChat(socket: ClientSocket, conversationId: string, cursor: Cursor | undefined) {
    const { hub, conversations } = this.services;
    const subscription = hub.enter(socket, conversationId);
    // One text for all sockets of the room: that of the address would keep the address.
    socket.conversationId = subscription.room.conversationId;
    const greet = ({ readSeq, epoch }: Standing, room: Room) => {
      socket.send(
        encode({
          type: "connection_established",
          message: "Connected to chat",
          conversation_id: conversationId,
          last_seq: room.lastSeq,
          last_version: room.delivered,
          tag: room.tag,
          pruned_seq: room.prunedSeq,
          epoch,
          read_seq: readSeq,
          reconnect_after_ms: reconnectAdvice(),
          user_id: socket.actor.userId,
        }),
      );
      socket.start();
    };
    try {
      await subscription.join(conversations, cursor, greet);
    } catch (error) {
      hub.leave(subscription);
      throw error;
    }
  }

  /** `/ws/`: the socket subscribes to nothing at first, but watches all conversations of the user. */
  private async greetUser(socket: ClientSocket, meCursor: MeCursor | undefined) {
    const { hub, me } = this.services;
    hub.watching.begin(socket);
    me.begin(socket);
    const read = await this.readOwn(socket);
    hub.watching.learn(socket, read.list);
    // The client reads its list after the greeting. A change that came before its events do would be in neither of them.
    await hub.reached();
    const { meVersion, epoch } = read.epoch === hub.epoch ? read : await this.readOwn(socket);
    if (socket.isClosed) return;
    socket.send(
      encode({
        type: "connection_established",
        message: "Connected to chat",
        epoch: hub.epoch,
        me_version: meVersion,
        reconnect_after_ms: reconnectAdvice(),
        user_id: socket.actor.userId,
      }),
    );
    hub.watching.start(socket);
    socket.start();
    me.start(socket, meVersion, meCursor, epoch);
  }

  /** The conversations of the socket's user, unless they are known, and the head of their own stream, in one epoch. */
  private async readOwn(socket: ClientSocket) {
    const { hub, conversations, me } = this.services;
    const { userId } = socket.actor;
    for (;;) {
      const { epoch } = hub;
      const own = conversations.ofUser(userId, hub.watching.digestFor(socket));
      const [list, meVersion] = await Promise.all([own, me.head(userId)]);
      if (epoch === hub.epoch) return { list, meVersion, epoch };
    }
  }

  /** Never throws and never rejects: an error in one client's frame ends that client's socket, not the node. */
  handle(socket: ClientSocket, frame: string | Buffer): Promise<void> | undefined {
    try {
      return this.dispatcher.handle(socket, frame)?.catch((error: unknown) => this.fail(socket, error));
    } catch (error) {
      this.fail(socket, error);
      return undefined;
    }
  }

  closed(socket: ClientSocket): void {
    const { hub, presence, me, typing, places } = this.services;
    places.giveBack(socket.actor.userId);
    const left = socket.subscriptions.all.map(({ room }) => room.conversationId);
    hub.remove(socket);
    presence.end(socket);
    me.end(socket);
    // If the user has another socket there, that socket ends the typing, or the typing ends by itself.
    for (const conversationId of left)
      if (!hub.sockets.isPresent(conversationId, socket.actor.userId)) typing.allLeft(conversationId, socket.actor);
  }

  private fail(socket: ClientSocket, error: unknown) {
    this.services.logger.error({ err: error, user_id: socket.actor.userId }, "a frame could not be handled");
    socket.close(closeCodes.tryAgain, "Please try again");
  }

  private sweep() {
    const now = performance.now();
    for (const socket of this.services.hub.sockets.all) {
      const { buffered } = socket;
      if (buffered > TOO_SLOW_BYTES || socket.isStalled(buffered, now))
        socket.close(closeCodes.tooSlow, "Reading too slowly");
    }
  }

  /** Counts open sockets as use of their sessions, and closes those whose session has ended without an event. */
  async touch(): Promise<void> {
    const { hub, logger } = this.services;
    const users = new Map<string, number>();
    for (const socket of hub.sockets.all) users.set(socket.sessionId, socket.actor.userId);
    try {
      for (const ended of await this.sessions.touch([...users.keys()])) {
        const userId = users.get(ended);
        if (userId !== undefined) hub.sockets.endSessions(userId, [ended]);
      }
    } catch (error) {
      logger.warn({ err: error }, "can't renew the sessions of open sockets");
    }
  }

  /** Receives no more frames. Those under way still get their answer. */
  stopReading(): void {
    for (const socket of this.services.hub.sockets.all) socket.stopReading();
  }

  /** Sends all sockets away to come back, and returns how many they were. */
  closeAll(): number {
    for (const timer of this.timers) clearInterval(timer);
    const { size } = this.services.hub.sockets.all;
    for (const socket of this.services.hub.sockets.all) socket.restart();
    return size;
  }
}
