import type { ServerFrame } from "../../../src/protocol/frames.ts";
import type { Message, MessagePage } from "../../../src/protocol/messages.ts";
import type { Node } from "./cluster.ts";
import { extrasOf, filledOf, textOfChange } from "./extras.ts";
import type {
  Amend,
  Cursor,
  Delivered,
  History,
  Mark,
  MarkOf,
  MessageView,
  Read,
  Replica,
  Send,
  Stream,
} from "./history.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";

const CONNECT_WITHIN_MS = 5_000;
const PING_EVERY_MS = 1_000;
/** A connection that brings nothing for so long is given up. */
const SILENCE_MS = 4_000;

/**
 * A socket's frames are worked on one after the other. The server may take this long for one frame, and for one send
 * whose turn has come: the contract promises 2 s. In the machine's time.
 */
const ANSWER_WITHIN_MS = 12_000;

/** How long a device waits before it asks anew for the page that a reset made it ask for. */
const RELOAD_AGAIN_MS = 500;

const AWAKE_EVERY_MS = 50;

const SUBSCRIBE = "subscribe";
const PING = "ping";
/** Nobody's session ends here, nobody floods, and all speak the protocol. */
const SENSELESS_CLOSES = [1002, 1003, 1007, 1008, 1009, 4401, 4429];

type Asked = Send | Amend | Read | Mark;
type AmendedFrame = Extract<ServerFrame, { type: "message_changed" }>;

/** The parts of a send beside its text. */
export interface SendParts {
  reply_to?: string;
  poll?: { question: string; options: string[]; anonymous: boolean };
  also_in_parent?: true;
  files?: string[];
}

interface Pending {
  operation: Asked;
  /** Its place among the frames of its connection. */
  frame: number;
  /** When it was sent, then when the server was seen to have come to it, in the machine's time. */
  since: number;
  isItsTurn: boolean;
  ended(): void;
}

/** The part of a message that `?after_version=` and REST pages must agree on. */
export const viewOf = (message: Message): MessageView => ({
  id: message.id,
  seq: message.seq,
  senderId: message.sender_id,
  content: message.content,
  deleted: message.deleted_at !== undefined,
  extras: extrasOf(message),
  filled: filledOf(message),
});

/** The settings in which devices differ. */
export interface DeviceSetup {
  name: string;
  person: number;
  cookie: string;
  /** One: a socket of that conversation; several: one socket for all of the person's. */
  conversations: readonly string[];
  isUserSocket: boolean;
  /** It resumes with version and tag, as the SDK does; without: as clients did before there were tags. */
  knowsTags: boolean;
  /** It takes one frame for several marks of a message. */
  acceptsRanges: boolean;
  /** The thread of each conversation that it follows. Left out: it does not know threads. */
  threads?: ReadonlyMap<string, string>;
  /** Asks a node for the newest page, and writes that down. */
  newestPage(conversation: string, node: Node): Promise<MessagePage | undefined>;
}

/** A subscription that was asked for and is not answered. */
interface Subscribing {
  after: Cursor;
  askedAt: number;
}

/**
 * One person's client on one machine: keeps a connection to any node, comes back elsewhere when it breaks, resumes from
 * its cursor, applies what comes, loads anew what a reset tells it to, and writes all of it down.
 */
export class Device {
  readonly replicas = new Map<string, Replica>();
  private socket: WebSocket | undefined;
  private connection = "";
  private node = 0;
  private connections = 0;
  private readonly streams = new Map<string, Stream>();
  /** Conversations that were asked to be followed, and have not been answered. */
  private readonly subscribing = new Map<string, Subscribing>();
  /** At which version a message of a conversation that was reset was last seen to be as it is. */
  private readonly seenAt = new Map<string, Map<number, number>>();
  /** Conversations whose end this device has asked for: until that is confirmed changes may still come. */
  private readonly leaving = new Set<string>();
  /** The epoch of what it shows of a conversation. */
  private readonly epochs = new Map<string, string>();
  private readonly pending = new Map<string, Pending>();
  private asked = 0;
  /** When anything came, and when the server last went on with this connection's own frames, in the machine's time. */
  private heardAt = 0;
  private wentOnAt = 0;
  /** Frames put into this connection. */
  private framesPut = 0;
  private stopped = false;
  private sleeping = false;
  private awake = () => {};

  constructor(
    private readonly setup: DeviceSetup,
    private readonly nodes: readonly Node[],
    private readonly history: History,
    private readonly random: Random,
    private readonly machine: Machine,
  ) {
    const { name: device, person, conversations, knowsTags } = setup;
    for (const conversation of conversations) {
      const nothing = { version: 0, tag: undefined, fromSeq: 1, messages: new Map() };
      this.replicas.set(conversation, { device, person, conversation, knowsTags, ...nothing });
    }
  }

  get conversations() {
    return this.setup.conversations;
  }

  /** Lives through connections until `stop`. */
  async live(): Promise<void> {
    while (!this.stopped) {
      if (this.sleeping) {
        await this.pause(AWAKE_EVERY_MS);
        continue;
      }
      await this.connect(this.random.pick(this.nodes));
      if (this.connections > 0) this.history.reconnects++;
      if (!this.stopped) await this.pause(this.random.int(50, 500));
    }
  }

  stop(): void {
    this.stopped = true;
    this.drop();
    this.awake();
  }

  /** Breaks the connection, and makes no other until `wake`. */
  sleep(): void {
    this.sleeping = true;
    this.drop();
  }

  wake(): void {
    this.sleeping = false;
  }

  /** Breaks the connection without a close; `live` makes another one. */
  drop(): void {
    this.socket?.terminate();
  }

  get isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Conversations that this device follows right now. */
  get following(): string[] {
    return [...this.streams.keys()];
  }

  /** For people: what becomes of the conversation on this device. */
  stateIn(conversation: string): string {
    const follows = this.isLoading(conversation)
      ? "loads it anew"
      : this.streams.has(conversation)
        ? "follows"
        : this.subscribing.has(conversation)
          ? "asks"
          : "waits";
    const silence = Math.round(this.machine.now - this.heardAt);
    return `${follows} over ${this.connection}, ${this.isConnected ? "open" : "not open"}, last heard ${silence} ms ago`;
  }

  /** Sends a message; resolves when it is answered or given up. Calls in one tick are pipelined. */
  send(
    conversation: string,
    content: string,
    clientId: string | undefined,
    again: boolean,
    parts: SendParts = {},
  ): Promise<Send> {
    const operation: Send = {
      ...this.began(conversation),
      kind: "send",
      content,
      clientId,
      replyTo: parts.reply_to,
      alsoInParent: parts.also_in_parent,
      files: parts.files,
      connection: again ? undefined : this.connection,
    };
    return this.ask(operation, {
      type: "message",
      content,
      ...parts,
      ...(clientId === undefined ? {} : { client_id: clientId }),
    });
  }

  amend(conversation: string, messageId: string, content: string | null): Promise<Amend> {
    const operation: Amend = { ...this.began(conversation), kind: "amend", messageId, content };
    const frame = content === null ? { type: "delete" } : { type: "edit", content };
    return this.ask(operation, { ...frame, message_id: messageId });
  }

  mark(conversation: string, messageId: string, of: MarkOf): Promise<Mark> {
    const operation: Mark = { ...this.began(conversation), kind: "mark", messageId, of };
    return this.ask(operation, { ...frameOf(of), message_id: messageId });
  }

  /** A read has no ack; a ping behind it tells that it was worked on. */
  read(conversation: string, seq: number): Promise<Read> {
    const operation: Read = { ...this.began(conversation), kind: "read", seq };
    const messageId = this.replicas.get(conversation)?.messages.get(seq)?.id;
    if (messageId !== undefined) operation.messageId = messageId;
    const done = this.ask(operation, { type: "read", seq });
    this.put({ type: "ping", ref: `after ${this.asked}` });
    return done;
  }

  typing(conversation: string): void {
    this.put({ type: "typing", is_typing: true, conversation_id: conversation });
  }

  /** On a user's socket: stops following, and follows again from where it stood. */
  resubscribe(conversation: string): void {
    if (!this.setup.isUserSocket || !this.endStream(conversation)) return;
    this.leaving.add(conversation);
    this.put({ type: "unsubscribe", conversation_id: conversation });
    this.subscribe(conversation);
  }

  /** On a user's socket: follows again a conversation that the user was added to again. */
  subscribe(conversation: string): void {
    if (!this.setup.isUserSocket || this.streams.has(conversation) || this.subscribing.has(conversation)) return;
    const after = this.cursorOf(conversation);
    const ref = `${SUBSCRIBE} ${after.version}`;
    const asks = { type: "subscribe", conversation_id: conversation, after_version: after.version, ref };
    if (this.put(after.tag === undefined ? asks : { ...asks, tag: after.tag }))
      this.subscribing.set(conversation, { after, askedAt: performance.now() });
  }

  /** Where it resumes. */
  private cursorOf(conversation: string): Cursor {
    const replica = this.replicas.get(conversation);
    return { version: replica?.version ?? 0, tag: this.setup.knowsTags ? replica?.tag : undefined };
  }

  private isLoading(conversation: string): boolean {
    return this.replicas.get(conversation)?.fromSeq === Number.POSITIVE_INFINITY;
  }

  private began(conversation: string) {
    const {
      node,
      setup: { person },
    } = this;
    return { person, conversation, node, invokedAt: performance.now(), endedAt: 0, outcome: "unknown" as const };
  }

  private async ask<T extends Asked>(operation: T, frame: object): Promise<T> {
    const ref = String(++this.asked);
    this.history.operations.push(operation);
    await new Promise<void>((ended) => {
      const isPut = this.put({ ...frame, conversation_id: operation.conversation, ref });
      const since = this.machine.now;
      this.pending.set(ref, { operation, frame: this.framesPut, since, isItsTurn: false, ended });
      if (!isPut) this.giveUp(ref, "not connected");
    });
    return operation;
  }

  private put(frame: object): boolean {
    if (!this.isConnected) return false;
    this.framesPut++;
    this.socket?.send(JSON.stringify(frame));
    return true;
  }

  /** The server has worked on all frames of this connection up to this one. */
  private wentOn(upTo: number) {
    this.wentOnAt = this.machine.now;
    for (const pending of this.pending.values()) {
      if (pending.isItsTurn || pending.frame > upTo) continue;
      pending.isItsTurn = true;
      pending.since = this.machine.now;
    }
  }

  /** Finds frames without an answer though the connection lives and their turn has come, or never comes. */
  private findHangs() {
    const { now } = this.machine;
    for (const [ref, { operation, isItsTurn, since }] of this.pending) {
      const waited = now - (isItsTurn ? since : Math.max(since, this.wentOnAt));
      if (waited < ANSWER_WITHIN_MS) continue;
      this.giveUp(ref, "no answer");
      const turn = isItsTurn ? "after later frames were worked on" : "and to none of its other frames";
      const wall = Math.round(performance.now() - operation.invokedAt);
      this.oddity(
        "nothing hangs",
        `lives and got no answer to a ${operation.kind} in ${operation.conversation} ${turn}, for ${Math.round(waited)} ms of the machine's time; it was sent ${wall} ms ago`,
      );
    }
  }

  private giveUp(ref: string, why: string) {
    const pending = this.pending.get(ref);
    if (!pending) return;
    this.pending.delete(ref);
    this.end(pending.operation, "unknown", why);
    pending.ended();
  }

  private end(operation: Asked, outcome: Asked["outcome"], why?: string) {
    operation.endedAt = performance.now();
    operation.outcome = outcome;
    if (why !== undefined) operation.why = why;
  }

  /** Resolves when the connection is over. */
  private async connect(node: Node): Promise<void> {
    const [conversation = ""] = this.conversations;
    const after = this.cursorOf(conversation);
    const tag = after.tag === undefined ? "" : `&tag=${after.tag}`;
    const { acceptsRanges, threads } = this.setup;
    const words = [...(acceptsRanges ? ["ranges"] : []), ...(threads ? ["threads"] : [])];
    const accepts = words.length > 0 ? `&accepts=${words.join(",")}` : "";
    const path = this.setup.isUserSocket
      ? `?${accepts}`
      : `chat/${conversation}/?after_version=${after.version}${tag}${accepts}`;
    if (!this.setup.isUserSocket) this.subscribing.set(conversation, { after, askedAt: performance.now() });
    const socket = new WebSocket(`${node.url.replace("http", "ws")}/ws/${path}`, {
      headers: { Cookie: `sessionid=${this.setup.cookie}` },
    });
    this.socket = socket;
    this.node = node.index;
    this.connection = `${this.setup.name}#${++this.connections}@${node.index}`;
    this.heardAt = this.machine.now;
    this.wentOnAt = this.machine.now;
    this.framesPut = 0;
    const opened = this.machine.after(CONNECT_WITHIN_MS, () => socket.terminate());
    socket.onmessage = ({ data }) => {
      if (this.socket !== socket) return;
      this.heardAt = this.machine.now;
      this.receive(JSON.parse(String(data)));
    };
    socket.onerror = () => {};
    socket.onopen = opened;
    const pings = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (this.machine.now - this.heardAt > SILENCE_MS) return socket.terminate();
      this.findHangs();
      this.put({ type: "ping", ref: `${PING} ${this.framesPut + 1}` });
    }, PING_EVERY_MS);
    const { code } = await new Promise<CloseEvent>((resolve) => {
      socket.onclose = resolve;
    });
    opened();
    clearInterval(pings);
    if (SENSELESS_CLOSES.includes(code)) this.oddity("refusals make sense", `was closed with ${code}`);
    for (const followed of this.following) this.endStream(followed);
    this.subscribing.clear();
    this.leaving.clear();
    for (const ref of [...this.pending.keys()]) this.giveUp(ref, `closed ${code}`);
    // Not (or no longer) a participant, or refused: whoever asks them back does not do so at once.
    if (code === 4403 || code === 1002) await this.pause(this.random.int(200, 800));
  }

  private receive(frame: ServerFrame) {
    switch (frame.type) {
      case "connection_established":
        if (frame.conversation_id === undefined)
          for (const conversation of this.conversations) this.subscribe(conversation);
        else this.follow(frame.conversation_id, frame.last_version ?? 0, frame.epoch);
        break;
      case "subscribed":
        this.follow(frame.conversation_id, frame.last_version, frame.epoch);
        break;
      case "unsubscribed":
        this.leaving.delete(frame.conversation_id);
        if (frame.code === "removed") {
          this.endStream(frame.conversation_id);
          this.subscribing.delete(frame.conversation_id);
        }
        break;
      case "reset": {
        this.reset(frame.conversation_id, { version: frame.last_version, tag: frame.tag ?? undefined });
        break;
      }
      case "message":
        this.deliver(frame.conversation_id, frame.version, frame.message.id, {
          kind: "message",
          message: viewOf(frame.message),
        });
        break;
      case "message_changed":
        this.deliverAmended(frame);
        break;
      case "participants": {
        const added = frame.added.map(({ id }) => id);
        const { removed } = frame;
        this.deliver(frame.conversation_id, frame.version, frame.tag, { kind: "members", added, removed });
        break;
      }
      // It moves and is not followed: the user was asked in again.
      case "activity":
      case "conversation":
        if (this.replicas.has(frame.conversation_id)) this.subscribe(frame.conversation_id);
        break;
      case "ack":
        this.answered(frame.ref, (operation) => {
          if (operation.kind === "send") operation.result = { id: frame.id, seq: frame.seq };
          this.end(operation, "ok");
        });
        break;
      case "error":
        if (frame.ref?.startsWith(SUBSCRIBE) && frame.conversation_id !== undefined)
          this.refused(frame.conversation_id);
        this.answered(frame.ref, (operation) =>
          this.end(operation, leavesOpen(frame.code) ? "unknown" : "fail", frame.code),
        );
        break;
      case "pong": {
        // Behind a read; its own error, if any, came before.
        const [what, ref] = frame.ref?.split(" ") ?? [];
        if (what === PING) this.wentOn(Number(ref));
        else this.answered(ref, (operation) => this.end(operation, "ok"));
      }
    }
  }

  private answered(ref: string | undefined, end: (operation: Asked) => void) {
    const pending = ref === undefined ? undefined : this.pending.get(ref);
    if (ref === undefined || !pending) return;
    this.pending.delete(ref);
    end(pending.operation);
    pending.ended();
  }

  /** Asks again when the refusal was temporary. A frame tells the user when they are a participant again. */
  private refused(conversation: string) {
    if (!this.subscribing.delete(conversation)) return;
    setTimeout(() => this.subscribe(conversation), this.random.int(300, 1_000));
  }

  private oddity(check: string, text: string) {
    this.history.oddities.push({ check, text: `${this.connection} ${text}` });
  }

  private follow(conversation: string, greeted: number, epoch: string) {
    this.leaving.delete(conversation);
    const asked = this.subscribing.get(conversation);
    this.subscribing.delete(conversation);
    if (!asked) {
      this.oddity("no holes", `was told of ${conversation}, for which it had not asked`);
      return;
    }
    const {
      connection,
      node,
      setup: { name: device, person },
    } = this;
    const greetedAt = performance.now();
    const stream = { connection, person, device, node, conversation, ...asked, greeted, greetedAt };
    this.beginStream({ ...stream, resets: [], frames: [] });
    // A person who is back in a conversation is back in its thread.
    const thread = this.setup.threads?.get(conversation);
    if (thread !== undefined) this.subscribe(thread);
    this.meetEpoch(conversation, epoch);
  }

  private beginStream(stream: Stream) {
    const { conversation } = stream;
    this.streams.set(conversation, stream);
    this.history.streams.push(stream);
  }

  /**
   * Messages from the log are in their present state, with changes whose versions come later. In another epoch those
   * can be lost, though the cursor stands before them and is in the log.
   */
  private meetEpoch(conversation: string, epoch: string) {
    const known = this.epochs.get(conversation);
    const replica = this.replicas.get(conversation);
    this.epochs.set(conversation, epoch);
    if (known !== undefined && known !== epoch && replica) this.loadAnew(conversation, replica);
  }

  private endStream(conversation: string): boolean {
    const stream = this.streams.get(conversation);
    if (stream) stream.endedAt = performance.now();
    return this.streams.delete(conversation);
  }

  /** Drops everything that it holds of the conversation and goes on from this cursor, with the newest page. */
  private reset(conversation: string, to: Cursor) {
    const stream = this.streams.get(conversation);
    const replica = this.replicas.get(conversation);
    if (!stream || !replica) return;
    stream.resets.push({ at: performance.now(), frames: stream.frames.length, to });
    Object.assign(replica, to);
    this.loadAnew(conversation, replica);
  }

  private loadAnew(conversation: string, replica: Replica) {
    replica.messages.clear();
    replica.fromSeq = Number.POSITIVE_INFINITY;
    const seenAt = new Map<number, number>();
    this.seenAt.set(conversation, seenAt);
    void this.reload(conversation, replica, seenAt);
  }

  private async reload(conversation: string, replica: Replica, seenAt: Map<number, number>) {
    while (!this.stopped) {
      const page = await this.setup.newestPage(conversation, this.random.pick(this.nodes));
      // Another reset came meanwhile.
      if (this.seenAt.get(conversation) !== seenAt) return;
      if (page) {
        this.beginWith(page, replica, seenAt);
        return this.meetEpoch(conversation, page.epoch);
      }
      await Bun.sleep(RELOAD_AGAIN_MS);
    }
  }

  /** Takes a page, and of what came meanwhile only what the page can't have yet. */
  private beginWith(page: MessagePage, replica: Replica, seenAt: Map<number, number>) {
    const oldest = page.messages[0]?.seq ?? 1;
    replica.fromSeq = page.messages.length < page.total ? oldest : 1;
    for (const message of page.messages)
      if ((seenAt.get(message.seq) ?? 0) <= page.last_version) replica.messages.set(message.seq, viewOf(message));
    for (const seq of replica.messages.keys()) if (seq < replica.fromSeq) replica.messages.delete(seq);
  }

  /** One frame may stand for several marks of a message, one after the other. */
  private deliverAmended({ conversation_id, version, from = version, tag, change, changes, message }: AmendedFrame) {
    const marks = changes ?? [change];
    if (marks.length !== version - from + 1)
      this.oddity("no holes", `got ${marks.length} changes in a frame of ${from} to ${version} of ${conversation_id}`);
    for (const [n, mark] of marks.entries()) {
      const amended = { kind: "amended" as const, message: viewOf(message), mark: textOfChange(mark) };
      this.deliver(conversation_id, from + n, tag, amended, version);
    }
  }

  private deliver(
    conversation: string,
    version: number,
    tag: string,
    change: Delivered["change"],
    tagOf: number = version,
  ) {
    const stream = this.streams.get(conversation);
    const replica = this.replicas.get(conversation);
    if (!stream || !replica) {
      if (this.leaving.has(conversation)) return;
      this.oddity("nothing after leaving", `got version ${version} of ${conversation}, which it does not follow`);
      return;
    }
    stream.frames.push({ at: performance.now(), version, tag, tagOf, change });
    replica.version = version;
    replica.tag = tag;
    if (change.kind === "members") return;
    const { message } = change;
    this.seenAt.get(conversation)?.set(message.seq, version);
    if (this.isLoading(conversation) || message.seq >= replica.fromSeq) replica.messages.set(message.seq, message);
  }

  private async pause(ms: number) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.awake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function frameOf(of: MarkOf) {
  switch (of.kind) {
    case "reaction":
      return { type: "react", emoji: of.emoji, on: of.on };
    case "pin":
      return { type: "pin", on: of.on };
    case "vote":
      return { type: "vote", options: of.options };
  }
}

/** Codes that don't say that nothing was done. */
export const leavesOpen = (code: string) => code === "unavailable" || code === "internal_error";
