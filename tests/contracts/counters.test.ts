import { afterAll, describe, expect, test } from "bun:test";
import pino from "pino";
import { type CounterStore, Limiter, type Rate } from "../../src/server/limits/limits.ts";
import { memoryCounters } from "../../src/server/limits/memory-counters.ts";
import { RedisClient } from "../../src/server/redis/client.ts";
import { redisCounters } from "../../src/server/redis/counters.ts";
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

    test("hits that count only on failure are refused after the limit, and can be given back", async () => {
      const rate = { limit: 2, windowMs: 60_000 };
      const store = await counters(rate);
      const limiter = new Limiter(rate, store);
      const isRefused = () =>
        limiter.check("k").then(
          () => false,
          () => true,
        );
      expect(await isRefused()).toBe(false);
      expect((await store.get("k")).totalHits).toBe(0);
      await limiter.count("k");
      expect(await isRefused()).toBe(false);
      await limiter.count("k");
      await limiter.count("k");
      expect(await isRefused()).toBe(true);
      await expect(limiter.check("k")).rejects.toMatchObject({ reason: "throttled", retryAfter: 60 });
      expect((await store.get("k")).totalHits).toBe(3);
      for (let n = 0; n < 2; n++) await store.decrement("k");
      expect(await isRefused()).toBe(false);
      for (let n = 0; n < 5; n++) await store.decrement("k");
      expect((await store.get("k")).totalHits).toBe(0);
      await limiter.check("other");
    });

    test("a refusal states the wait in whole seconds, in the words of the original server", async () => {
      const rate = { limit: 1, windowMs: 60_000 };
      const limiter = new Limiter(rate, await counters(rate));
      await limiter.hit("k");
      await expect(limiter.hit("k")).rejects.toMatchObject({
        retryAfter: 60,
        message: "Request was throttled. Expected available in 60 seconds.",
      });
    });
  });

test("a node counts a bounded number of keys, and forgets those that were hit longest ago", async () => {
  const store = memoryCounters({ limit: 1, windowMs: 60_000 }, 1_000);
  const hits = async (key: string) => (await store.get(key)).totalHits;
  for (let n = 0; n < 20_000; n++) {
    store.increment(`attacker ${n}`);
    // It goes on being tried, and so goes on being counted.
    if (n % 500 === 0) store.increment("account");
  }
  expect(await hits("account")).toBe(40);
  expect(await hits("attacker 19999")).toBe(1);
  expect(await hits("attacker 1")).toBe(0);
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
    for (const spoil of [
      (key: string) => redis.del(key),
      (key: string) => redis.set(key, "-1000"),
      (key: string) => redis.set(key, "nonsense"),
    ]) {
      const who = crypto.randomUUID();
      for (let i = 0; i < 3; i++) {
        await limiter.hit(who);
        await spoil(`confab:limit:${name}:${who}`);
      }
      await expect(limiter.check(who)).rejects.toMatchObject({ reason: "throttled" });
      await expect(limiter.hit(who)).rejects.toMatchObject({ reason: "throttled" });
    }
  });
