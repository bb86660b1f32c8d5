import type { Logger } from "../base/logger.ts";
import type { Bus, BusEvent } from "../bus/bus.ts";
import type { Announcements } from "./announcements.ts";
import { Audience } from "./audience.ts";
import type { RedisAddress, RedisClient } from "./client.ts";
import { Doubt } from "./doubt.ts";
import { type Envelope, nodeOf, read, unseal } from "./envelope.ts";
import { channelsOf } from "./keys.ts";
import { type NeighbourOptions, Neighbours } from "./neighbours.ts";
import { type Beat, Publisher } from "./publisher.ts";
import { ReplayGuard } from "./replay-guard.ts";
import { Signatures } from "./signature.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { WindowLife } from "./window.ts";

const BEAT_EVERY_MS = 500;
const LOOK_EVERY_MS = 2_000;
/** How soon this node answers another node's new nonce, together with other nonces that come meanwhile. */
const ANSWER_WITHIN_MS = 20;

export interface BusOptions extends NeighbourOptions {
  address: RedisAddress;
  /** Keeps the nodes of two databases on one server apart. */
  busId: string;
  /** Signs the events of the nodes of this database; Redis does not know it. */
  key: Uint8Array;
  windowLife: WindowLife;
  /** The epoch of this node's database. */
  epoch(): string;
}

/**
 * The bus over Redis pub/sub. A publish can get lost without a sign, so every node sends beats, and the database has
 * the list of nodes. The bus is in doubt while a beat is missing and after anything that may have lost an event: a cut
 * of the subscriptions, a publish that failed on any node, or a text that this node rejects. Then the hub asks the log
 * instead. The bus is sure again after the hub has done so once while all was well. Redis is not trusted: only texts
 * that are signed with the database's key count, and only once (see ReplayGuard).
 */
export class RedisBus implements Bus {
  private readonly channels: ReturnType<typeof channelsOf>;
  private readonly signatures: Signatures;
  private readonly guard = new ReplayGuard();
  private readonly audience = new Audience();
  private readonly publisher: Publisher;
  private readonly neighbours: Neighbours;
  private readonly doubt: Doubt;
  private readonly subscriptions: Subscriptions;
  private readonly timers: ReturnType<typeof setInterval>[];
  private handler: (event: BusEvent) => void = () => {};
  /** The number of this node's newest beat that came back. */
  private ownBeat = 0;
  private answering: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    private readonly options: BusOptions,
    commands: RedisClient,
    private readonly logger: Logger,
  ) {
    this.channels = channelsOf(options.busId);
    this.signatures = new Signatures(options.key);
    this.publisher = new Publisher(
      options,
      commands,
      this.channels,
      this.signatures,
      this.guard,
      this.audience,
      logger,
    );
    const neighbourEvents = { missed: () => this.doubt.begin(), renewed: () => this.publisher.beat() };
    this.neighbours = new Neighbours(options, this.guard, this.audience, neighbourEvents, logger);
    this.doubt = new Doubt(
      {
        isWhole: () => this.neighbours.areAllHeard(this.subscriptions.since),
        replaceDeafConnection: (now) => this.subscriptions.replaceIfDeaf(this.neighbours.selfHeardAt, now),
      },
      logger,
    );
    this.subscriptions = this.openSubscriptions();
    this.timers = [
      setInterval(() => this.publisher.beat(), BEAT_EVERY_MS),
      setInterval(() => void this.doubt.check(), BEAT_EVERY_MS / 2),
      setInterval(() => void this.look(), LOOK_EVERY_MS),
    ];
    this.publisher.beat();
    void this.look();
  }

  /** The changes on their way into the windows. */
  get announcements(): Announcements {
    return this.publisher.announcements;
  }

  publish(event: BusEvent): void {
    this.handler(event);
    this.publisher.publish(event);
  }

  onEvent(handler: (event: BusEvent) => void): void {
    this.handler = handler;
  }

  onDoubt(handler: () => Promise<void>): void {
    this.doubt.onDoubt(handler);
  }

  get isSure(): boolean {
    return this.doubt.isSure;
  }

  subscribe(conversationId: string): Promise<void> {
    return this.subscriptions.subscribe(this.channels.conversation(conversationId));
  }

  unsubscribe(conversationId: string): void {
    this.subscriptions.unsubscribe(this.channels.conversation(conversationId));
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.answering);
    this.neighbours.close();
    await this.publisher.end();
    this.subscriptions.close();
  }

  private openSubscriptions(): Subscriptions {
    const { everyone, plainBeats, pulse } = this.channels;
    const self = Buffer.from(this.options.nodeId);
    const pulseName = Buffer.from(pulse);
    return new Subscriptions(
      this.options.address,
      [everyone],
      [plainBeats, pulse],
      {
        message: (channel, text) => {
          // A node's own events come back to it, and a single node receives little else. Of its own texts it reads only
          // the beats.
          const isOwn = text.length >= self.length && text.compare(self, 0, self.length, 0, self.length) === 0;
          if (!isOwn || channel.equals(pulseName)) this.receive(channel.toString(), text);
        },
        ready: () => this.publisher.beat(),
        cut: () => {
          this.guard.renew();
          this.doubt.begin();
        },
        unconfirmed: () => this.doubt.begin(),
      },
      this.logger,
    );
  }

  private look() {
    return this.neighbours.look(() => this.subscriptions.since);
  }

  private receive(channel: string, text: Buffer) {
    if (this.closed) return;
    if (channel === this.channels.plainBeats) return this.neighbours.recordPlainBeat(text.toString());
    const envelope = unseal(this.signatures, channel, text);
    if (envelope === "unsigned") {
      this.neighbours.recordUnsigned(nodeOf(text), channel);
      return this.doubt.beginByRejection();
    }
    if (envelope === "forged") {
      this.neighbours.recordForged(channel);
      return this.doubt.beginByRejection();
    }
    if (channel === this.channels.pulse) return this.receiveBeat(envelope);
    const turn = this.guard.countEvent(envelope.nodeId, envelope.count);
    if (turn === "new") this.apply(read(envelope.body));
    // An event that has counted already can't be missing.
    else if (turn === "repeated") this.neighbours.recordForged(channel);
    // Somebody has repeated the event, or a beat on another connection has overtaken it, as is common while Redis is
    // slow.
    else this.doubt.beginByRejection();
  }

  private apply(event: BusEvent) {
    try {
      this.handler(event);
    } catch (error) {
      this.logger.error({ err: error }, "an event from the bus can't be used; the log is asked instead");
      this.doubt.begin();
    }
  }

  private receiveBeat({ nodeId, count, body }: Envelope) {
    const beat: Beat = JSON.parse(body.toString());
    if (nodeId === this.options.nodeId) {
      // A repetition of an earlier beat does not show that this connection works.
      if (count <= this.ownBeat || beat.nonce !== this.guard.nonce) return;
      this.ownBeat = count;
      this.neighbours.recordOwnBeat();
      return;
    }
    const now = performance.now();
    const { turn, isNews, answers, revokes } = this.guard.countBeat(nodeId, count, beat, now);
    if (turn !== "repeated") this.audience.note(nodeId, now);
    if (revokes) this.doubt.begin();
    if (isNews) this.answering ??= setTimeout(() => this.answer(), ANSWER_WITHIN_MS);
    if (turn === "repeated") this.neighbours.recordForged(this.channels.pulse);
    if (turn !== "new") return;
    if (beat.state === "ends") {
      this.audience.leave(nodeId);
      return this.neighbours.recordEnd(nodeId);
    }
    // Events that a node sent before its first beat came here may have been missed.
    if (beat.state === "lost" || answers) this.doubt.begin();
    this.neighbours.recordBeat(nodeId);
  }

  private answer() {
    this.answering = undefined;
    if (!this.closed) this.publisher.beat();
  }
}
