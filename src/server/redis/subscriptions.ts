import type { Redis } from "ioredis";
import type { Logger } from "../base/logger.ts";
import { openRedis, type RedisAddress } from "./client.ts";

/** A connection that brings nothing for this long, not even this node's own beats, is half open and is replaced. */
const DEAF_AFTER_MS = 3_000;
const SUBSCRIBE_TIMEOUT_MS = 300;
const SUBSCRIBE_AT_ONCE = 500;

export interface SubscriptionEvents {
  message(channel: Buffer, text: Buffer): void;
  /** Every subscription stands. */
  ready(): void;
  /** The connection was cut, and all subscriptions with it. */
  cut(): void;
  /** Redis has not confirmed a subscription in time. */
  unconfirmed(): void;
}

/** The connection that listens on Redis, and the channels that this node wants to receive. */
export class Subscriptions {
  /** When all subscriptions stood (performance.now); undefined while they don't. */
  since: number | undefined;
  private readonly redis: Redis;
  private readonly wanted = new Set<string>();
  private openedAt = performance.now();
  private closed = false;

  /**
   * @param first channels to subscribe to before those that are wanted
   * @param last channels to subscribe to after them: the beats, so that a node that receives beats receives all the
   * rest
   */
  constructor(
    address: RedisAddress,
    private readonly first: readonly string[],
    private readonly last: readonly string[],
    private readonly on: SubscriptionEvents,
    private readonly logger: Logger,
  ) {
    this.redis = openRedis(address, "subscriptions", logger, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // `subscribeAll` subscribes to all channels that are wanted now. ioredis would only do so for those that were
      // confirmed before.
      autoResubscribe: false,
    });
    this.redis.on("ready", () => void this.subscribeAll());
    this.redis.on("close", () => {
      this.since = undefined;
      this.openedAt = performance.now();
      this.on.cut();
    });
    this.redis.on("messageBuffer", (channel: Buffer, text: Buffer) => this.on.message(channel, text));
  }

  /** Resolves when Redis has confirmed the subscription, or without it after a short wait. */
  async subscribe(channel: string): Promise<void> {
    this.wanted.add(channel);
    // Without Redis there is nothing to wait for: the bus is in doubt, and the log is asked.
    if (this.redis.status !== "ready") return this.on.unconfirmed();
    await new Promise<void>((resolve) => {
      const goOnWithout = () => {
        this.on.unconfirmed();
        resolve();
      };
      const timer = setTimeout(goOnWithout, SUBSCRIBE_TIMEOUT_MS);
      this.redis
        .subscribe(channel)
        .then(() => resolve(), goOnWithout)
        .finally(() => clearTimeout(timer));
    });
  }

  unsubscribe(channel: string): void {
    this.wanted.delete(channel);
    if (this.redis.status === "ready") this.redis.unsubscribe(channel).catch(() => {});
  }

  /** Replaces the connection if it has brought nothing for too long. */
  replaceIfDeaf(lastHeardAt: number, now: number): void {
    const lastSign = Math.max(this.openedAt, lastHeardAt);
    // A connection whose greeting was never answered does not get ready, and nothing else gives it up.
    const isOpen = this.redis.status === "ready" || this.redis.status === "connect";
    if (!isOpen || now - lastSign < DEAF_AFTER_MS) return;
    this.openedAt = now;
    this.redis.disconnect(true);
  }

  close(): void {
    this.closed = true;
    this.redis.disconnect();
  }

  private async subscribeAll() {
    const channels = [...this.first, ...this.wanted, ...this.last];
    try {
      for (let i = 0; i < channels.length; i += SUBSCRIBE_AT_ONCE)
        await this.redis.subscribe(...channels.slice(i, i + SUBSCRIBE_AT_ONCE));
      this.since = performance.now();
      this.on.ready();
    } catch (error) {
      this.logger.debug({ err: error }, "the subscriptions were cut off; the next connection makes them again");
      if (!this.closed && this.redis.status === "ready") this.redis.disconnect(true);
    }
  }
}
