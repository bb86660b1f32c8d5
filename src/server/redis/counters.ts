import { RedisStore } from "hono-rate-limiter";
import type { CounterStore, Rate } from "../limits/limits.ts";
import type { RedisClient } from "./client.ts";
import { counterPrefix } from "./keys.ts";

/**
 * Counts over all nodes in Redis, and on this node in `local`. The higher count holds, so a limit is never lifted:
 * neither while Redis is away, nor when somebody removes the counters.
 * @param name tells these counters from all others
 */
export function redisCounters(client: RedisClient, name: string, rate: Rate, local: CounterStore): CounterStore {
  const open = () => {
    const store = new RedisStore({
      prefix: counterPrefix(name),
      client: {
        scriptLoad: (script) => client.run((redis) => redis.script("LOAD", script) as Promise<string>),
        // The store asks again after any error. After a missing answer Redis is away, so that is not sent twice.
        evalsha: <T>(sha: string, keys: string[], parameters: unknown[]) =>
          client.run((redis) => redis.evalsha(sha, keys.length, ...keys, ...parameters.map(String))) as Promise<T>,
        decr: (key) => client.run((redis) => redis.decr(key)),
        del: (key) => client.run((redis) => redis.del(key)),
      },
    });
    // Of the middleware's options the store reads this one only.
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
        // Not by the store: it loads its script for this once, and a Redis that comes back empty does not have it.
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
