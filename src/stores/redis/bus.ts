import type { Redis } from "ioredis";
import type { Bus, BusEvent } from "../../domain/bus.ts";
import type { Logger } from "../../domain/logger.ts";
import { openRedis, type RedisAddress, type RedisClient } from "./client.ts";
import { channelsOf } from "./keys.ts";

const BEAT_EVERY_MS = 500;
/** Beats may be late by a busy moment; after this long they are missing. */
const MISSING_AFTER_MS = 1_500;
/** A node that has not been heard for so long is gone, not deaf. */
const GONE_AFTER_MS = 20_000;
/** While in doubt, what may have been missed is looked for this often. */
const DOUBT_EVERY_MS = 1_000;
const SUBSCRIBE_AT_ONCE = 500;

/**
 * The bus over Redis pub/sub. A publish can get lost while all looks well, so every node beats: while a beat is
 * missing, its own or another's, the bus is in doubt, and the hub asks the log instead.
 */
export class RedisBus implements Bus {
  private readonly nodeId = crypto.randomUUID();
  private readonly channels: ReturnType<typeof channelsOf>;
  private readonly subscriber: Redis;
  private readonly wanted = new Set<string>();
  /** When each node, this one too, was last heard (performance.now). */
  private readonly heard = new Map<string, number>();
  private readonly timers: ReturnType<typeof setInterval>[];
  private handler: (event: BusEvent) => void = () => {};
  private doubtHandler: () => void = () => {};
  private doubting = false;
  private lastDoubt = 0;
  private closed = false;

  constructor(
    address: RedisAddress,
    busId: string,
    private readonly commands: RedisClient,
    private readonly logger: Logger,
  ) {
    this.channels = channelsOf(busId);
    this.subscriber = openRedis(address, "subscriptions", logger, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // Done here, for all that is wanted now and not only what was confirmed before.
      autoResubscribe: false,
    });
    this.subscriber.on("ready", () => void this.subscribeAll());
    this.subscriber.on("message", (channel: string, text: string) => this.receive(channel, text));
    // Until the first own beat has come around, nothing is certain.
    this.heard.set(this.nodeId, Number.NEGATIVE_INFINITY);
    this.timers = [setInterval(() => this.beat(), BEAT_EVERY_MS), setInterval(() => this.listen(), BEAT_EVERY_MS / 2)];
    this.beat();
  }

  publish(event: BusEvent): void {
    this.handler(event);
    const channel =
      "conversationId" in event ? this.channels.conversation(event.conversationId) : this.channels.everyone;
    this.send(channel, pack(this.nodeId, event));
  }

  onEvent(handler: (event: BusEvent) => void): void {
    this.handler = handler;
  }

  onDoubt(handler: () => void): void {
    this.doubtHandler = handler;
  }

  get isSure(): boolean {
    const now = performance.now();
    for (const at of this.heard.values()) if (now - at > MISSING_AFTER_MS) return false;
    return true;
  }

  async subscribe(conversationId: string): Promise<void> {
    const channel = this.channels.conversation(conversationId);
    this.wanted.add(channel);
    // Without Redis there is nothing to wait for: the bus is in doubt, and the log is asked.
    if (this.subscriber.status === "ready") await this.subscriber.subscribe(channel).catch(() => {});
  }

  unsubscribe(conversationId: string): void {
    const channel = this.channels.conversation(conversationId);
    this.wanted.delete(channel);
    if (this.subscriber.status === "ready") this.subscriber.unsubscribe(channel).catch(() => {});
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearInterval(timer);
    // So that the others do not wait for this node's beats.
    await this.commands.run((redis) => redis.publish(this.channels.beats, `-${this.nodeId}`)).catch(() => {});
    this.subscriber.disconnect();
  }

  private async subscribeAll() {
    const channels = [this.channels.beats, this.channels.everyone, ...this.wanted];
    try {
      for (let i = 0; i < channels.length; i += SUBSCRIBE_AT_ONCE)
        await this.subscriber.subscribe(...channels.slice(i, i + SUBSCRIBE_AT_ONCE));
    } catch (error) {
      this.logger.debug({ err: error }, "the subscriptions were cut off; the next connection makes them again");
    }
  }

  private send(channel: string, text: string) {
    this.commands
      .run((redis) => redis.publish(channel, text))
      // Not heard by the others: they must look for it, and they do once this node's beat is missing there too.
      .catch(() => this.heard.set(this.nodeId, Number.NEGATIVE_INFINITY));
  }

  private beat() {
    this.send(this.channels.beats, this.nodeId);
  }

  private receive(channel: string, text: string) {
    if (this.closed) return;
    if (channel === this.channels.beats) {
      if (text.startsWith("-")) this.heard.delete(text.slice(1));
      else this.heard.set(text, performance.now());
      return;
    }
    const { from, event } = unpack(text);
    if (from !== this.nodeId) this.handler(event);
  }

  /** Looks whether all beats are there; while they are not, and once more when they are back, tells the doubt. */
  private listen() {
    const now = performance.now();
    for (const [node, at] of this.heard) if (node !== this.nodeId && now - at > GONE_AFTER_MS) this.heard.delete(node);
    const sure = this.isSure;
    if (sure && !this.doubting) return;
    if (!sure && this.doubting && now - this.lastDoubt < DOUBT_EVERY_MS) return;
    if (sure !== !this.doubting) this.logger.info({ sure }, sure ? "the bus is whole again" : "the bus is in doubt");
    this.doubting = !sure;
    this.lastDoubt = now;
    this.doubtHandler();
  }
}

/** A change's frame travels as it is, behind a line that says what it is. */
function pack(from: string, event: BusEvent): string {
  if (!("frame" in event)) return JSON.stringify({ from, event });
  const { frame, ...rest } = event;
  return `${JSON.stringify({ from, event: rest })}\n${frame}`;
}

function unpack(text: string): { from: string; event: BusEvent } {
  const end = text.indexOf("\n");
  // Written by `pack` on another node of this version: trusted like our own memory.
  const { from, event } = JSON.parse(end < 0 ? text : text.slice(0, end));
  return { from, event: end < 0 ? event : { ...event, frame: text.slice(end + 1) } };
}
