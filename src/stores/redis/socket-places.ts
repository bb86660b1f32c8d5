import type { SocketPlaces } from "../../domain/socket-places.ts";
import type { RedisClient } from "./client.ts";
import { socketsKey, socketsKnownKey } from "./keys.ts";

/** A place whose node has died is free again after this long; living nodes renew theirs long before. */
const LEASE_MS = 150_000;
const RENEW_EVERY_MS = 50_000;
const TELL_EVERY_MS = 2_000;
const TELL_AT_ONCE = 500;

/** KEYS: the user's sockets. ARGV: socket, most of them, lease in ms. Redis' clock is the one that all nodes share. */
const TAKE = `#!lua
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

/** The places of all nodes' sockets, as leases. While Redis is away this node counts its own: never without a limit. */
export class RedisSocketPlaces implements SocketPlaces {
  private readonly own = new Map<string, number>();
  /** Sockets whose opening or end Redis has not certainly heard of, and since when. */
  private readonly untold = new Map<string, { userId: number; since: number }>();
  private readonly known = socketsKnownKey(crypto.randomUUID());
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly client: RedisClient,
    private readonly local: SocketPlaces,
  ) {
    this.timer = setInterval(() => void this.tell().catch(() => {}), TELL_EVERY_MS);
  }

  async take(userId: number, socketId: string, max: number): Promise<boolean> {
    if (!(await this.local.take(userId, socketId, max))) return false;
    const taken = await this.lease(userId, socketId, max).catch(() => undefined);
    if (taken === 0) {
      this.local.giveBack(userId, socketId);
      return false;
    }
    this.own.set(socketId, userId);
    if (taken === undefined) this.missed(socketId, userId);
    return true;
  }

  giveBack(userId: number, socketId: string): void {
    this.local.giveBack(userId, socketId);
    this.own.delete(socketId);
    void this.tellOf(socketId, userId);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private lease(userId: number, socketId: string, max: number) {
    return this.client.run((redis) => redis.eval(TAKE, 1, socketsKey(userId), socketId, max, LEASE_MS));
  }

  private missed(socketId: string, userId: number) {
    this.untold.set(socketId, { userId, since: performance.now() });
  }

  /** Catches up on what Redis missed. It is told of all when their leases are old, or when it has lost everything. */
  private async tell() {
    for (const [socketId, { since }] of this.untold)
      if (!this.own.has(socketId) && performance.now() - since > LEASE_MS) this.untold.delete(socketId);
    const isNews = await this.client.run((redis) => redis.set(this.known, "", "PX", RENEW_EVERY_MS, "NX"));
    if (isNews) for (const [socketId, userId] of this.own) this.missed(socketId, userId);
    const untold = [...this.untold];
    for (let i = 0; i < untold.length; i += TELL_AT_ONCE)
      await Promise.all(
        untold.slice(i, i + TELL_AT_ONCE).map(([socketId, { userId }]) => this.tellOf(socketId, userId)),
      );
  }

  private async tellOf(socketId: string, userId: number) {
    this.untold.delete(socketId);
    const telling = this.own.has(socketId)
      ? // What is there stays, even if it is one too many since Redis was away.
        this.lease(userId, socketId, Number.MAX_SAFE_INTEGER)
      : this.client.run((redis) => redis.zrem(socketsKey(userId), socketId));
    await telling.catch(() => this.missed(socketId, userId));
  }
}
