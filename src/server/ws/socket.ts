import type { ServerWebSocket } from "bun";
import { closeCodes, reconnectAfterMs } from "../../protocol/close-codes.ts";
import { encode } from "../../protocol/frames.ts";
import type { SocketOption } from "../../protocol/sockets.ts";
import type { Actor } from "../base/actor.ts";
import { Subscriptions } from "./subscriptions.ts";

/** Where a client goes on: the newest version that it has, and the tag that it had there, if it says so. */
export interface Cursor {
  version: number;
  tag: string | undefined;
}

/** Where a client goes on in its user's own stream: the version that it has, and the epoch in which it has it, if it says so. */
export interface MeCursor {
  after: number;
  epoch: string | undefined;
}

/** The part of a socket in one room, as far as the socket's owner uses it. */
export interface SocketSubscription {
  readonly socket: ClientSocket;
  readonly room: { readonly conversationId: string; readonly participantCount: number };
  /** The user was removed from a conversation, with this version of it. Its threads are over for them. */
  leftParent(parentId: string, version: number): void;
  /** The socket leaves the room. */
  leave(): void;
}

/** The user behind an upgrade, and what they want. */
export interface Visitor {
  actor: Actor;
  sessionId: string;
  /** The cookie's token: checked once more when the socket has opened. */
  token: string;
  /** `undefined` on `/ws/`, which serves all of a user's conversations. */
  conversationId: string | undefined;
  /** Where the client goes on. */
  cursor: Cursor | undefined;
  /** On `/ws/`: where the client goes on in the user's own stream. */
  meCursor: MeCursor | undefined;
  /** The things that the client understands beyond the contract's first version. */
  accepts: ReadonlySet<SocketOption>;
}

/** The `data` of Bun's socket. */
export interface Upgrade {
  /** Until the socket opens. Only the greeting needs most of it, and many sockets are open for hours. */
  visitor: Visitor | undefined;
  /** From then on. */
  socket: ClientSocket | undefined;
}

export type Raw = ServerWebSocket<Upgrade>;

/** A reader with more than this unsent gets no ephemeral frames, and a replay waits for it. */
const SLOW_BYTES = 256 * 1024;
/** Frames and bytes that may wait for their turn. A client that sends faster is flooding. */
export const INBOX_FRAMES = 1_000;
export const INBOX_BYTES = 1024 * 1024;
/** Ten unparsable or unknown frames within 60 s close the socket (docs/contract.md §7). */
export const ABUSE = { frames: 10, withinMs: 60_000 };
/** Throttled frames that get an answer. A client that sends more is flooding. */
export const FLOOD = { frames: 500, withinMs: 10_000 };
/** The frames of one socket are handled for this long before the other sockets have their turn. */
const AT_A_STRETCH_MS = 10;
const TERMINATE_AFTER_MS = 2_000;
/** A reader that stays slow for this long is too slow, however little is left to send. */
const STALLED_MS = 10_000;

/** The part of a node that its sockets belong to. */
export interface SocketOwner {
  /** Handles one frame. A promise makes the next frame wait. */
  handle(socket: ClientSocket, frame: string | Buffer): Promise<void> | undefined;
  /** The socket has closed. */
  closed(socket: ClientSocket): void;
}

/** The connection of one client. Its frames are handled one after the other, and everything for it is sent here. */
export class ClientSocket {
  readonly actor: Actor;
  readonly sessionId: string;
  /** The things that the client understands beyond the contract's first version. */
  readonly accepts: ReadonlySet<SocketOption>;
  /** On `/ws/chat/{id}/` the one conversation that the socket is about. */
  conversationId: string | undefined;
  readonly subscriptions = new Subscriptions<SocketSubscription>();
  isGreeted = false;
  // Made only when they are needed: most sockets are idle, and should cost little.
  private inbox: (string | Buffer)[] | undefined;
  private inboxBytes = 0;
  /** True until the socket is greeted: nothing may be answered before that. */
  private working = true;
  private sentAway = false;
  private badFrames: Recent | undefined;
  private throttledFrames: Recent | undefined;
  private slowSince: number | undefined;
  private drained: (() => void)[] | undefined;
  private sendsInFlight = 0;
  private sendSlots: (() => void)[] | undefined;

  constructor(
    private readonly raw: Raw,
    private readonly owner: SocketOwner,
    { actor, sessionId, accepts, conversationId }: Visitor,
  ) {
    this.actor = actor;
    this.sessionId = sessionId;
    this.accepts = accepts;
    this.conversationId = conversationId;
  }

  get isUserSocket() {
    return this.conversationId === undefined;
  }

  get isClosed() {
    return this.raw.readyState !== WebSocket.OPEN;
  }

  /** Whether this server has closed the socket: later frames of the client are dropped. */
  get isSentAway() {
    return this.sentAway;
  }

  // Frames from the client

  receive(frame: string | Buffer): void {
    if (this.sentAway) return;
    this.inbox ??= [];
    this.inbox.push(frame);
    this.inboxBytes += frame.length;
    if (this.inbox.length > INBOX_FRAMES || this.inboxBytes > INBOX_BYTES) {
      this.close(closeCodes.flooding, "Too many frames at once");
      return;
    }
    if (!this.working) void this.work();
  }

  /** The greeting is out: from now on frames are handled, first those that have come already. */
  start(): void {
    this.isGreeted = true;
    void this.work();
  }

  private async work() {
    this.working = true;
    let since = performance.now();
    for (let frame = this.inbox?.shift(); frame !== undefined; frame = this.inbox?.shift()) {
      this.inboxBytes -= frame.length;
      const pending = this.owner.handle(this, frame);
      if (pending) await pending;
      if (performance.now() - since < AT_A_STRETCH_MS) continue;
      // The embedded database answers without giving the event loop a turn, which the other sockets need.
      await Bun.sleep(0);
      since = performance.now();
    }
    this.working = false;
  }

  /** Keeps count of sends that have no answer yet, so that one socket can't fill the log's queue. */
  startSend(): void {
    this.sendsInFlight++;
  }

  endSend(): void {
    this.sendsInFlight--;
    this.sendSlots?.shift()?.();
  }

  /** Resolves when another send may start; `undefined`: now. */
  sendSlot(max: number): Promise<void> | undefined {
    if (this.sendsInFlight < max) return undefined;
    this.sendSlots ??= [];
    const slots = this.sendSlots;
    return new Promise((resolve) => slots.push(resolve));
  }

  /** Counts a frame that could not be understood. */
  countBadFrame(): void {
    this.badFrames ??= new Recent(ABUSE.withinMs);
    if (this.badFrames.hit() >= ABUSE.frames) this.close(closeCodes.protocolAbuse, "Too many invalid frames");
  }

  /** Counts a frame that came too fast and was refused. A client that goes on regardless is closed. */
  countThrottled(): void {
    this.throttledFrames ??= new Recent(FLOOD.withinMs);
    if (this.throttledFrames.hit() >= FLOOD.frames) this.close(closeCodes.flooding, "Flooding");
  }

  // Frames to the client

  /** Unsent bytes. */
  get buffered() {
    return this.raw.getBufferedAmount();
  }

  get isSlow() {
    return this.buffered > SLOW_BYTES;
  }

  /** If a frame does not fit into the buffer, Bun closes the socket. So no frame is ever left out. */
  send(frame: string): void {
    if (this.raw.readyState === WebSocket.OPEN) this.raw.send(frame);
  }

  /**
   * Whether the reader has been slow for so long that it will not catch up. The sweep then closes the socket.
   * @param buffered its unsent bytes
   */
  isStalled(buffered: number, now: number): boolean {
    if (buffered <= SLOW_BYTES) this.slowSince = undefined;
    else this.slowSince ??= now;
    return this.slowSince !== undefined && now - this.slowSince > STALLED_MS;
  }

  /** Resolves when the reader has caught up, or is gone. */
  async writable(): Promise<void> {
    this.drained ??= [];
    const { drained } = this;
    while (this.isSlow && this.raw.readyState === WebSocket.OPEN)
      await new Promise<void>((resolve) => drained.push(resolve));
  }

  onDrain(): void {
    for (const resolve of this.drained?.splice(0) ?? []) resolve();
  }

  joinTopic(topic: string): void {
    if (this.raw.readyState === WebSocket.OPEN) this.raw.subscribe(topic);
  }

  leaveTopic(topic: string): void {
    if (this.raw.readyState === WebSocket.OPEN) this.raw.unsubscribe(topic);
  }

  sendRemoved(conversation_id: string): void {
    this.send(encode({ type: "unsubscribed", conversation_id, code: "removed" }));
  }

  /** The user was removed from the conversation. On `/ws/` the other conversations go on. */
  onExpelled(conversationId: string): void {
    if (this.isUserSocket) this.sendRemoved(conversationId);
    else this.close(closeCodes.notParticipant, "You are no longer a participant");
  }

  // The end

  /** Closes with a code of the contract. A client that does not answer is cut off 2 s later. */
  close(code: number, reason: string): void {
    if (this.sentAway) return;
    this.sentAway = true;
    this.inbox = undefined;
    if (this.raw.readyState !== WebSocket.OPEN) return;
    this.raw.close(code, reason);
    setTimeout(() => this.raw.terminate(), TERMINATE_AFTER_MS).unref();
  }

  /** Sends the client away to come back after a time that differs from socket to socket. */
  restart(): void {
    this.close(closeCodes.restarting, JSON.stringify({ reconnect_after_ms: reconnectAdvice() }));
  }

  /** Receives no more frames, but still sends. */
  stopReading(): void {
    this.inbox = undefined;
    this.inboxBytes = 0;
    this.receive = () => {};
  }

  /** Frames that came before are still handled: a client that sends and leaves at once has sent. */
  onClosed(): void {
    this.onDrain();
    this.owner.closed(this);
  }
}

/** Counts hits within a time. */
class Recent {
  private moments: number[] = [];

  constructor(private readonly withinMs: number) {}

  hit(): number {
    const now = performance.now();
    this.moments = this.moments.filter((moment) => now - moment < this.withinMs);
    return this.moments.push(now);
  }
}

/** How long a client should wait, in ms, with jitter, so that a restart does not bring all clients back at once. */
export const reconnectAdvice = () => reconnectAfterMs.base + Math.floor(Math.random() * reconnectAfterMs.spread);
