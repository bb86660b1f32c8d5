import { MemoryStore } from "hono-rate-limiter";
import type { CounterStore, Rate } from "../../domain/limits.ts";

/** Counts on this node, with the meaning of the shared store: a window per key, which starts with its first hit. */
export function memoryCounters(rate: Rate): CounterStore {
  const store = new MemoryStore();
  // Of the middleware's options the store reads this one only.
  store.init({ windowMs: rate.windowMs } as Parameters<typeof store.init>[0]);
  return store;
}
