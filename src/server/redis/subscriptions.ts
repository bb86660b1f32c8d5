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

/** The channels of one tick. */
interface Batch {
  added: string[];
  removed: string[];
  /** Resolves when Redis has confirmed those that were added, or without it after a short wait. */
  done: Promise<void>;
}

/** The connection that listens on Redis, and the channels that this node wants to receive. */
export class Subscriptions {
  /** When all subscriptions stood (performance.now); undefined while they don't. */
  since: number | undefined;
  private readonly redis: Redis;
  private readonly wanted = new Set<string>();
  private batch: Batch | undefined;
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
  subscribe(channel: string): Promise<void> {
    this.wanted.add(channel);
    const { added, done } = this.gather();
    added.push(channel);
    return done;
  }

  unsubscribe(channel: string): void {
    this.wanted.delete(channel);
    this.gather().removed.push(channel);
  }

  /** Channels of one tick go in one command: a socket for 1,000 conversations would send as many. */
  private gather(): Batch {
    this.batch ??= {
      added: [],
      removed: [],
      done: Promise.resolve().then(() => this.flush()),
    };
    return this.batch;
  }

  private async flush(): Promise<void> {
    const { added = [], removed = [] } = this.batch ?? {};
    this.batch = undefined;
    // Without Redis there is nothing to wait for: the bus is in doubt, and the log is asked.
    if (this.redis.status !== "ready") {
      if (added.length > 0) this.on.unconfirmed();
      return;
    }
    const confirmed = pieces(added).map((channels) => this.redis.subscribe(...channels));
    // The channel may be wanted again by now.
    for (const channels of pieces(removed.filter((channel) => !this.wanted.has(channel))))
      this.redis.unsubscribe(...channels).catch(() => {});
    if (confirmed.length > 0) await this.confirmation(confirmed);
  }

  private confirmation(confirmed: Promise<unknown>[]): Promise<void> {
    return new Promise<void>((resolve) => {
      const goOnWithout = () => {
        this.on.unconfirmed();
        resolve();
      };
      const timer = setTimeout(goOnWithout, SUBSCRIBE_TIMEOUT_MS);
      Promise.all(confirmed)
        .then(() => resolve(), goOnWithout)
        .finally(() => clearTimeout(timer));
    });
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
      for (const some of pieces(channels)) await this.redis.subscribe(...some);
      this.since = performance.now();
      this.on.ready();
    } catch (error) {
      this.logger.debug({ err: error }, "the subscriptions were cut off; the next connection makes them again");
      if (!this.closed && this.redis.status === "ready") this.redis.disconnect(true);
    }
  }
}

/** The channels, in as many parts as it takes commands. */
function pieces(channels: string[]): string[][] {
  const some: string[][] = [];
  for (let i = 0; i < channels.length; i += SUBSCRIBE_AT_ONCE) some.push(channels.slice(i, i + SUBSCRIBE_AT_ONCE));
  return some;
}
