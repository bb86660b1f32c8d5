import { LRUCache } from "lru-cache";
import type { CounterStore, Rate } from "./limits.ts";

/**
 * Keys that are counted at once. Of more, the one that was hit longest ago is forgotten: to have one key forgotten, an
 * attacker must hit so many others first.
 */
const KEYS_MAX = 50_000;

/**
 * Counts on this node, with the meaning of the shared store: a window per key, which starts with its first hit. The clock
 * of the windows only goes forward, whatever is done to that of the machine.
 */
export function memoryCounters(rate: Rate, max = KEYS_MAX): CounterStore {
  // By size, which takes memory for the keys that are there; by `max` it would for all that might come.
  const windows = new LRUCache<string, { hits: number }>({
    maxSize: max,
    sizeCalculation: () => 1,
    ttl: rate.windowMs,
  });
  const told = (key: string, totalHits: number) => ({
    totalHits,
    resetTime: new Date(Date.now() + windows.getRemainingTTL(key)),
  });
  return {
    get(key) {
      const totalHits = windows.get(key)?.hits ?? 0;
      return totalHits === 0 ? { totalHits } : told(key, totalHits);
    },
    increment(key) {
      const window = windows.get(key) ?? { hits: 0 };
      if (!windows.has(key)) windows.set(key, window);
      return told(key, ++window.hits);
    },
    decrement(key) {
      const window = windows.get(key);
      if (window && window.hits > 0) window.hits--;
    },
    resetKey: (key) => void windows.delete(key),
  };
}
