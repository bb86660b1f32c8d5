import type { SocketPlaces } from "../../domain/socket-places.ts";
import type { RedisClient } from "./client.ts";
import { socketsKey } from "./keys.ts";

/** A place whose node has died is free again after this long; living nodes renew theirs long before. */
const LEASE_MS = 150_000;
const RENEW_EVERY_MS = 50_000;
const RENEW_AT_ONCE = 500;

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
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly client: RedisClient,
    private readonly local: SocketPlaces,
  ) {
    this.timer = setInterval(() => void this.renew(), RENEW_EVERY_MS);
  }

  async take(userId: number, socketId: string, max: number): Promise<boolean> {
    if (!(await this.local.take(userId, socketId, max))) return false;
    const taken = await this.lease(userId, socketId, max).catch(() => 1);
    if (taken === 0) this.local.giveBack(userId, socketId);
    else this.own.set(socketId, userId);
    return taken !== 0;
  }

  giveBack(userId: number, socketId: string): void {
    this.local.giveBack(userId, socketId);
    this.own.delete(socketId);
    // One that can't be given back now runs out.
    this.client.run((redis) => redis.zrem(socketsKey(userId), socketId)).catch(() => {});
  }

  close(): void {
    clearInterval(this.timer);
  }

  private lease(userId: number, socketId: string, max: number) {
    return this.client.run((redis) => redis.eval(TAKE, 1, socketsKey(userId), socketId, max, LEASE_MS));
  }

  private async renew() {
    const own = [...this.own];
    for (let i = 0; i < own.length; i += RENEW_AT_ONCE)
      await Promise.all(
        own.slice(i, i + RENEW_AT_ONCE).map(([socketId, userId]) =>
          // What is there stays, even if it is one too many since Redis was away.
          this.lease(userId, socketId, Number.MAX_SAFE_INTEGER).catch(() => {}),
        ),
      );
  }
}
