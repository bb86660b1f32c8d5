import type { Redis } from "ioredis";
import type { Logger } from "../base/logger.ts";
import { type Bus, type BusEvent, followersOf } from "../bus/bus.ts";
import { Announcements } from "./announcements.ts";
import { openRedis, type RedisAddress, type RedisClient } from "./client.ts";
import { Disbelief } from "./disbelief.ts";
import { type Envelope, nodeOf, read, seal, unseal, write } from "./envelope.ts";
import { channelsOf } from "./keys.ts";
import { Peers } from "./peers.ts";
import { Signatures } from "./signature.ts";
import { Silence, type SilenceTimes } from "./silence.ts";
import type { WindowLife } from "./window.ts";

const BEAT_EVERY_MS = 500;
/** Beats may be late by a busy moment; after this long they are missing. */
const MISSING_AFTER_MS = 1_500;
/** A connection that brings nothing for so long, not even the own beats, is half open: another one is made. */
const DEAF_AFTER_MS = 3_000;
/** A plain beat of a node of the version before counts for so long. */
const PLAIN_COUNTS_MS = 20_000;
/** While in doubt, what may have been missed is looked for this often. */
const DOUBT_EVERY_MS = 1_000;
const NODES_EVERY_MS = 2_000;
/** How soon another node's new nonce is answered, together with others that come meanwhile. */
const ANSWER_WITHIN_MS = 20;
const SUBSCRIBE_TIMEOUT_MS = 300;
const SUBSCRIBE_AT_ONCE = 500;

export interface BusOptions {
  address: RedisAddress;
  /** Keeps the nodes of two databases on one server apart. */
  busId: string;
  nodeId: string;
  /** Signs what the nodes of this database say; Redis does not know it. */
  key: Uint8Array;
  windowLife: WindowLife;
  /** Of the history that this node's database has. */
  epoch(): string;
  /** The ids of all nodes that serve the database now, from the database itself. */
  nodes(): Promise<string[]>;
  /** This node hears itself but none of the others, and never has: it is the one on the wrong Redis. */
  onStrange(error: Error): void;
  /** When a node that is not heard is reported; the usual times when left out. */
  silence?: SilenceTimes;
}

/** The content of a beat. `lost`: one of the node's events did not get through. */
interface Beat {
  state: "alive" | "lost" | "ends";
  /** The others send it back, to show that they heard this node just now. */
  nonce: string;
  /** The nonces of those that were heard. */
  heard: string[];
}

/**
 * The bus over Redis pub/sub. A publish can get lost while all looks well, so every node beats, and the database tells
 * which nodes there are. The bus is in doubt while a beat is missing and after anything that may have lost an event:
 * a cut of the subscriptions, a publish that failed, here or there, or a text that is not believed. Then the hub asks the
 * log instead; the bus is sure again after the hub has done so once with all being well.
 * Redis is not trusted: only what is signed with the database's key counts, and only once (see Peers).
 */
export class RedisBus implements Bus {
  private readonly channels: ReturnType<typeof channelsOf>;
  private readonly subscriber: Redis;
  private readonly announcements: Announcements;
  private readonly signatures: Signatures;
  private readonly peers = new Peers();
  private readonly disbelief: Disbelief;
  private readonly silence: Silence;
  private readonly wanted = new Set<string>();
  /** When each node, this one too, was last heard (performance.now). */
  private readonly heard = new Map<string, number>();
  private readonly timers: ReturnType<typeof setInterval>[];
  private handler: (event: BusEvent) => void = () => {};
  private doubtHandler: () => Promise<void> = async () => {};
  /** When all subscriptions stood; undefined while they don't. */
  private subscribedAt: number | undefined;
  private sure = false;
  /** Counts what may have lost an event. */
  private misses = 0;
  /** A publish of this node got lost, and the others don't know yet. */
  private unheard = false;
  private hasMet = false;
  private asking = false;
  private askedAt = Number.NEGATIVE_INFINITY;
  /** The number of this node's last event. */
  private said = 0;
  /** The newest of its own beats that came back. */
  private ownBeat = 0;
  /** Events dropped since the bus was sure. They must not make the node ask the log more often than a cut does. */
  private isSuspicious = false;
  /** The nodes of the database, as it told last. */
  private living: readonly string[] = [];
  /** The database was asked for them, once at least. */
  private hasLooked = false;
  /** Nodes that claim to be of the version before. The database tells whether that is true. */
  private unsigned: { nodeId: string; channel: string } | undefined;
  /** When plain beats of living nodes were heard. */
  private readonly plain = new Map<string, number>();
  private answering: ReturnType<typeof setTimeout> | undefined;
  private openedAt = performance.now();
  private closed = false;

  constructor(
    private readonly options: BusOptions,
    private readonly commands: RedisClient,
    private readonly logger: Logger,
  ) {
    this.channels = channelsOf(options.busId);
    this.signatures = new Signatures(options.key);
    this.disbelief = new Disbelief(logger);
    this.silence = new Silence(logger, options.silence);
    this.announcements = new Announcements(commands, options.windowLife, () => this.lose(), logger);
    this.heard.set(options.nodeId, Number.NEGATIVE_INFINITY);
    this.subscriber = openRedis(options.address, "subscriptions", logger, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // Done here, for all that is wanted now and not only what was confirmed before.
      autoResubscribe: false,
    });
    this.subscriber.on("ready", () => void this.subscribeAll());
    this.subscriber.on("close", () => {
      this.subscribedAt = undefined;
      this.openedAt = performance.now();
      this.peers.renew();
      this.miss();
    });
    const self = Buffer.from(options.nodeId);
    const pulse = Buffer.from(this.channels.pulse);
    this.subscriber.on("messageBuffer", (channel: Buffer, text: Buffer) => {
      // A node's own events come back to it, and a single node hears little else: it reads only its own beats.
      const isOwn = text.length >= self.length && text.compare(self, 0, self.length, 0, self.length) === 0;
      if (!isOwn || channel.equals(pulse)) this.receive(channel.toString(), text);
    });
    this.timers = [
      setInterval(() => this.beat(), BEAT_EVERY_MS),
      setInterval(() => void this.watch(), BEAT_EVERY_MS / 2),
      setInterval(() => void this.lookAround(), NODES_EVERY_MS),
    ];
    this.beat();
    void this.lookAround();
  }

  publish(event: BusEvent): void {
    this.handler(event);
    const { conversation, everyone } = this.channels;
    const followed = followersOf(event);
    const channel = followed === undefined ? everyone : conversation(followed);
    const text = this.seal(channel, write(event, this.options.epoch()));
    if (event.kind === "change") this.announcements.add(channel, text, event);
    else this.commands.run((redis) => redis.publish(channel, text)).catch(() => this.lose());
  }

  onEvent(handler: (event: BusEvent) => void): void {
    this.handler = handler;
  }

  onDoubt(handler: () => Promise<void>): void {
    this.doubtHandler = handler;
  }

  get isSure(): boolean {
    return this.sure && this.isWhole();
  }

  async subscribe(conversationId: string): Promise<void> {
    const channel = this.channels.conversation(conversationId);
    this.wanted.add(channel);
    // Without Redis there is nothing to wait for: the bus is in doubt, and the log is asked.
    if (this.subscriber.status !== "ready") return this.miss();
    await new Promise<void>((resolve) => {
      const goOnWithout = () => {
        this.miss();
        resolve();
      };
      const timer = setTimeout(goOnWithout, SUBSCRIBE_TIMEOUT_MS);
      this.subscriber
        .subscribe(channel)
        .then(() => resolve(), goOnWithout)
        .finally(() => clearTimeout(timer));
    });
  }

  unsubscribe(conversationId: string): void {
    const channel = this.channels.conversation(conversationId);
    this.wanted.delete(channel);
    if (this.subscriber.status === "ready") this.subscriber.unsubscribe(channel).catch(() => {});
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.answering);
    // So that the others do not wait for this node's beats.
    await this.publishBeat("ends").catch(() => {});
    this.subscriber.disconnect();
  }

  /** It is the others who have missed something: the next beat that gets through says so. */
  private lose() {
    this.unheard = true;
  }

  /** The beats come last: who hears them hears all the rest. */
  private async subscribeAll() {
    const { everyone, plainBeats, pulse } = this.channels;
    const channels = [everyone, ...this.wanted, plainBeats, pulse];
    try {
      for (let i = 0; i < channels.length; i += SUBSCRIBE_AT_ONCE)
        await this.subscriber.subscribe(...channels.slice(i, i + SUBSCRIBE_AT_ONCE));
      this.subscribedAt = performance.now();
      this.beat();
    } catch (error) {
      this.logger.debug({ err: error }, "the subscriptions were cut off; the next connection makes them again");
      if (!this.closed && this.subscriber.status === "ready") this.subscriber.disconnect(true);
    }
  }

  private seal(channel: string, body: readonly [string, string?]): string {
    return seal(this.signatures, { channel, nodeId: this.options.nodeId, count: ++this.said }, body);
  }

  private beat() {
    const { unheard } = this;
    this.publishBeat(unheard ? "lost" : "alive")
      .then(() => {
        if (unheard) this.unheard = false;
      })
      .catch(() => {});
  }

  private async publishBeat(state: Beat["state"]) {
    const { pulse, plainBeats } = this.channels;
    const beat: Beat = { state, nonce: this.peers.nonce, heard: this.peers.answers() };
    const text = this.seal(pulse, [JSON.stringify(beat)]);
    const plain = `${{ alive: "", lost: "!", ends: "-" }[state]}${this.options.nodeId}`;
    await this.commands.run((redis) => Promise.all([redis.publish(pulse, text), redis.publish(plainBeats, plain)]));
  }

  private receive(channel: string, text: Buffer) {
    if (this.closed) return;
    if (channel === this.channels.plainBeats) return this.receivePlainBeat(text.toString());
    const envelope = unseal(this.signatures, channel, text);
    if (envelope === "unsigned") return this.missUnsigned(channel, nodeOf(text));
    if (envelope === "forged") return this.missForged(channel);
    if (channel === this.channels.pulse) return this.receiveBeat(envelope);
    const turn = this.peers.take(envelope.nodeId, envelope.count);
    if (turn === "new") this.apply(read(envelope.body));
    // An event that has counted already can't be missing.
    else if (turn === "repeated") this.disbelief.say("stranger", { channel });
    // Repeated by somebody, or overtaken by a beat on another connection, as is common while Redis is slow.
    else this.suspect();
  }

  private apply(event: BusEvent) {
    try {
      this.handler(event);
    } catch (error) {
      this.logger.error({ err: error }, "what the bus brought can't be used; the log is asked instead");
      this.miss();
    }
  }

  private receiveBeat({ nodeId, count, body }: Envelope) {
    const beat: Beat = JSON.parse(body.toString());
    if (nodeId === this.options.nodeId) {
      // An earlier beat, repeated, does not show that this connection works.
      if (count <= this.ownBeat || beat.nonce !== this.peers.nonce) return;
      this.ownBeat = count;
      this.heard.set(nodeId, performance.now());
      return;
    }
    const { turn, isNews, answers } = this.peers.beat(nodeId, count, beat, performance.now());
    if (isNews) this.answering ??= setTimeout(() => this.answer(), ANSWER_WITHIN_MS);
    if (turn === "repeated") this.disbelief.say("stranger", { channel: this.channels.pulse });
    if (turn !== "new") return;
    if (beat.state === "ends") {
      this.peers.forget(nodeId);
      this.heard.delete(nodeId);
      return;
    }
    // What a node has said before it was heard for the first time may have been missed.
    if (beat.state === "lost" || answers) this.miss();
    this.hasMet = true;
    this.heard.set(nodeId, performance.now());
  }

  private answer() {
    this.answering = undefined;
    if (!this.closed) this.beat();
  }

  /** Anybody can send plain beats, so they only tell that a node of the version before is on this Redis. */
  private receivePlainBeat(text: string) {
    const node = text.replace(/^[-!]/, "");
    if (this.peers.hasAnswered(node) || !this.living.includes(node)) return;
    this.hasMet = true;
    this.plain.set(node, performance.now());
  }

  private missUnsigned(channel: string, nodeId: string) {
    this.unsigned ??= { nodeId, channel };
    this.suspect();
  }

  private missForged(channel: string) {
    this.disbelief.say("stranger", { channel });
    this.suspect();
  }

  /** A dropped text may have been an event all the same, so the log is asked. */
  private suspect() {
    this.isSuspicious = true;
    this.miss();
  }

  private miss() {
    this.misses++;
    if (this.sure) this.logger.info({}, "the bus is in doubt: the log is asked for what may be missing");
    this.sure = false;
  }

  /** All subscriptions stand, and since then every node is heard. */
  private isWhole(): boolean {
    const { subscribedAt } = this;
    // Nodes that are not known yet are not heard either.
    if (subscribedAt === undefined || !this.hasLooked) return false;
    if ((this.heard.get(this.options.nodeId) ?? 0) < subscribedAt) return false;
    const now = performance.now();
    for (const [node, at] of this.heard)
      if (now - at > MISSING_AFTER_MS || (node !== this.options.nodeId && !this.peers.hasAnswered(node))) return false;
    return true;
  }

  /** While in doubt, has the hub ask the log; a pass that succeeds, all being well from its start to its end, ends it. */
  private async watch() {
    const whole = this.isWhole();
    if (whole && this.sure) return;
    if (this.sure) this.miss();
    const now = performance.now();
    this.replaceDeafConnection(now);
    if (this.asking || ((!whole || this.isSuspicious) && now - this.askedAt < DOUBT_EVERY_MS)) return;
    this.asking = true;
    this.askedAt = now;
    const { misses } = this;
    try {
      await this.doubtHandler();
      if (whole && this.isWhole() && misses === this.misses) {
        this.sure = true;
        this.isSuspicious = false;
        this.logger.info({}, "the bus is whole");
      }
    } catch (error) {
      this.logger.warn({ err: error }, "what the bus may have lost can't be looked for yet");
    } finally {
      this.asking = false;
    }
  }

  private replaceDeafConnection(now: number) {
    const lastHeard = Math.max(this.openedAt, this.heard.get(this.options.nodeId) ?? 0);
    // One whose greeting was never answered does not get ready: nobody else gives it up.
    const isOpen = this.subscriber.status === "ready" || this.subscriber.status === "connect";
    if (!isOpen || now - lastHeard < DEAF_AFTER_MS) return;
    this.openedAt = now;
    this.subscriber.disconnect(true);
  }

  /** Who serves the database must be heard here, and who does not any more is not waited for. */
  private async lookAround() {
    const nodes = await this.options.nodes().catch(() => undefined);
    this.hasLooked = true;
    if (!nodes || this.closed) return;
    this.judgeUnsigned(nodes);
    this.living = nodes;
    const now = performance.now();
    this.peers.forgetSilent(now);
    const hearsItself = now - (this.heard.get(this.options.nodeId) ?? 0) < MISSING_AFTER_MS;
    const silent = new Set<string>();
    for (const node of nodes) {
      const at = this.heard.get(node);
      const silentMs = at === undefined ? 0 : this.silence.of(at, this.subscribedAt ?? now, now);
      // Not heard at all yet: from now on its beat is waited for.
      if (at === undefined) this.heard.set(node, now);
      else if (silentMs > 0 && hearsItself) this.wonder(node, silentMs, now);
      if (silentMs > 0) silent.add(node);
    }
    this.silence.keep(silent);
    // After a restart the database lists a node only when that has connected again: it was no end. A new nonce tells
    // what it says from now on from what anybody can say again.
    if (nodes.some((node) => this.peers.isForgotten(node))) {
      this.peers.renew();
      this.miss();
      this.beat();
    }
    for (const node of this.heard.keys()) {
      if (node === this.options.nodeId || nodes.includes(node)) continue;
      // It went without a goodbye: what it committed last, nobody may have been told.
      this.heard.delete(node);
      this.peers.forget(node);
      this.miss();
    }
    for (const node of this.plain.keys()) if (!nodes.includes(node)) this.plain.delete(node);
  }

  /** A node is of an older version when the database lists it and its beats are unsigned. Others have no business here. */
  private judgeUnsigned(nodes: readonly string[]) {
    const { unsigned } = this;
    this.unsigned = undefined;
    if (!unsigned) return;
    const { nodeId: node, channel } = unsigned;
    const isNode = (nodes.includes(node) || this.living.includes(node)) && !this.peers.hasAnswered(node);
    this.disbelief.say(isNode ? "older" : "stranger", isNode ? { node } : { channel });
  }

  /** A node is not heard, though this node hears itself. */
  private wonder(node: string, silentMs: number, now: number) {
    if (now - (this.plain.get(node) ?? Number.NEGATIVE_INFINITY) < PLAIN_COUNTS_MS)
      return this.disbelief.say("older", { node });
    if (this.hasMet) return this.silence.report(node, silentMs, now);
    const text = "A node of this database is not heard on this Redis. Give all nodes the same REDIS_URL";
    this.options.onStrange(new Error(`${text}; this one has never heard another.`));
  }
}
