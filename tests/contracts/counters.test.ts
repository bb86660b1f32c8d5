import { afterAll, describe, expect, test } from "bun:test";
import pino from "pino";
import { type CounterStore, Limiter, type Rate } from "../../src/domain/limits.ts";
import { memoryCounters } from "../../src/stores/embedded/counters.ts";
import { RedisClient } from "../../src/stores/redis/client.ts";
import { redisCounters } from "../../src/stores/redis/counters.ts";
import { modes } from "../support/modes.ts";
import { sharedRedis } from "../support/redis.ts";

const drivers: Record<string, (rate: Rate) => CounterStore | Promise<CounterStore>> = { "in process": memoryCounters };
if (modes.includes("redis"))
  drivers["Redis"] = async (rate) => {
    const client = new RedisClient(await sharedRedis(), pino({ level: "silent" }));
    clients.push(client);
    await client.untilUp(5_000);
    return redisCounters(client, crypto.randomUUID(), rate, memoryCounters(rate));
  };
const clients: RedisClient[] = [];
afterAll(() => {
  for (const client of clients) client.close();
});

for (const [name, counters] of Object.entries(drivers))
  describe(`counters of hits (${name})`, () => {
    test("each key has its own window, which starts with its first hit", async () => {
      const rate = { limit: 2, windowMs: 900 };
      const limiter = new Limiter(rate, await counters(rate));
      await limiter.hit("a");
      await Bun.sleep(500);
      await limiter.hit("a");
      await limiter.hit("b");
      await expect(limiter.hit("a")).rejects.toMatchObject({ reason: "throttled", retryAfter: 1 });
      await Bun.sleep(500);
      // The window of `a` is over, that of `b` is not.
      await limiter.hit("a");
      await limiter.hit("b");
      await expect(limiter.hit("b")).rejects.toMatchObject({ reason: "throttled" });
    });

    test("hits that come at once are all counted", async () => {
      const rate = { limit: 50, windowMs: 60_000 };
      const limiter = new Limiter(rate, await counters(rate));
      const results = await Promise.allSettled(Array.from({ length: 80 }, () => limiter.hit("k")));
      expect(results.filter((result) => result.status === "fulfilled").length).toBe(50);
    });

    test("the wait is told in whole seconds, in the seed's words", async () => {
      const rate = { limit: 1, windowMs: 60_000 };
      const limiter = new Limiter(rate, await counters(rate));
      await limiter.hit("k");
      await expect(limiter.hit("k")).rejects.toMatchObject({
        retryAfter: 60,
        message: "Request was throttled. Expected available in 60 seconds.",
      });
    });
  });

if (modes.includes("redis"))
  test("a limit holds on a node when somebody removes its counters from Redis, or writes nonsense into them", async () => {
    const { redis, url } = await sharedRedis();
    const client = new RedisClient({ url }, pino({ level: "silent" }));
    clients.push(client);
    await client.untilUp(5_000);
    const rate = { limit: 3, windowMs: 60_000 };
    const name = crypto.randomUUID();
    const limiter = new Limiter(rate, redisCounters(client, name, rate, memoryCounters(rate)));
    for (const spoil of [(key: string) => redis.del(key), (key: string) => redis.set(key, "-1000")]) {
      const who = crypto.randomUUID();
      for (let i = 0; i < 3; i++) {
        await limiter.hit(who);
        await spoil(`confab:limit:${name}:${who}`);
      }
      await expect(limiter.hit(who)).rejects.toMatchObject({ reason: "throttled" });
    }
  });
