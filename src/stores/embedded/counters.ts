import { MemoryStore } from "hono-rate-limiter";
import type { CounterStore, Rate } from "../../domain/limits.ts";

/** Counts on this node, with the meaning of the shared store: a window per key, which starts with its first hit. */
export function memoryCounters(rate: Rate): CounterStore {
  const store = new MemoryStore();
  // Of the middleware's options the store reads this one only.
  store.init({ windowMs: rate.windowMs } as Parameters<typeof store.init>[0]);
  const increment = (key: string) => {
    const { totalHits, resetTime } = store.increment(key);
    // The clock has been set back: no window is longer than its length.
    if (resetTime && resetTime.getTime() - Date.now() > rate.windowMs) {
      store.resetKey(key);
      return store.increment(key);
    }
    return { totalHits, resetTime };
  };
  return {
    increment(key) {
      // The store gives its own record, which the next hit changes before this one's caller has looked at it.
      const { totalHits, resetTime } = increment(key);
      return { totalHits, resetTime: resetTime && new Date(resetTime) };
    },
    decrement: (key) => store.decrement(key),
    resetKey: (key) => store.resetKey(key),
  };
}
