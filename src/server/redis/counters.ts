import { RedisStore } from "hono-rate-limiter";
import type { CounterStore, Rate } from "../limits/limits.ts";
import type { RedisClient } from "./client.ts";
import { counterPrefix } from "./keys.ts";

/**
 * Counts over all nodes in Redis, and on this node in `local`. The higher count holds. So no limit is lifted while
 * Redis is away, or when somebody removes the counters.
 * @param name tells these counters from all others
 */
export function redisCounters(client: RedisClient, name: string, rate: Rate, local: CounterStore): CounterStore {
  const open = () => {
    const store = new RedisStore({
      prefix: counterPrefix(name),
      client: {
        scriptLoad: (script) => client.run((redis) => redis.script("LOAD", script) as Promise<string>),
        // The store repeats the call after any error. After a missing answer Redis counts as away, so the repetition is
        // not sent.
        evalsha: <T>(sha: string, keys: string[], parameters: unknown[]) =>
          client.run((redis) => redis.evalsha(sha, keys.length, ...keys, ...parameters.map(String))) as Promise<T>,
        decr: (key) => client.run((redis) => redis.decr(key)),
        del: (key) => client.run((redis) => redis.del(key)),
      },
    });
    // The store reads only this one of the middleware's options.
    store.init({ windowMs: rate.windowMs } as Parameters<typeof store.init>[0]);
    return store;
  };
  let store: ReturnType<typeof open> | undefined;
  return {
    async increment(key) {
      const here = await local.increment(key);
      try {
        store ??= open();
        const everywhere = await store.increment(key);
        // Somebody may have written anything to the counter.
        return everywhere.totalHits >= here.totalHits ? everywhere : here;
      } catch {
        return here;
      }
    },
    async get(key) {
      const here = await local.get(key);
      try {
        // The store can't do this: it loads its script for it only once, and a Redis that comes back empty has no
        // script.
        const [hits, ms] = await client.run((redis) => {
          const counter = counterPrefix(name) + key;
          return Promise.all([redis.get(counter), redis.pttl(counter)]);
        });
        const totalHits = Number(hits);
        if (!(totalHits > here.totalHits) || ms <= 0) return here;
        return { totalHits, resetTime: new Date(Date.now() + Math.min(ms, rate.windowMs)) };
      } catch {
        return here;
      }
    },
    async decrement(key) {
      await local.decrement(key);
      await store?.decrement(key).catch(() => {});
    },
    async resetKey(key) {
      await local.resetKey(key);
      await store?.resetKey(key).catch(() => {});
    },
  };
}
