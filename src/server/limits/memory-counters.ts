import { LRUCache } from "lru-cache";
import type { CounterStore, Rate } from "./limits.ts";

/**
 * Keys that are counted at once. When there are more, the key that was hit longest ago is forgotten. An attacker must hit this
 * many other keys to have one forgotten.
 */
const KEYS_MAX = 50_000;

/**
 * Counts on this node, as the shared store does: each key has a window that starts with its first hit. The clock of the
 * windows only goes forward, whatever happens to the clock of the machine.
 */
export function memoryCounters(rate: Rate, max = KEYS_MAX): CounterStore {
  // Limited by size, which takes memory for the existing keys only. `max` would take it for all keys at once.
  const windows = new LRUCache<string, { hits: number }>({
    maxSize: max,
    sizeCalculation: () => 1,
    ttl: rate.windowMs,
  });
  const hitsOf = (key: string, totalHits: number) => ({
    totalHits,
    resetTime: new Date(Date.now() + windows.getRemainingTTL(key)),
  });
  return {
    get(key) {
      const totalHits = windows.get(key)?.hits ?? 0;
      return totalHits === 0 ? { totalHits } : hitsOf(key, totalHits);
    },
    increment(key) {
      const window = windows.get(key) ?? { hits: 0 };
      if (!windows.has(key)) windows.set(key, window);
      return hitsOf(key, ++window.hits);
    },
    decrement(key) {
      const window = windows.get(key);
      if (window && window.hits > 0) window.hits--;
    },
    resetKey: (key) => void windows.delete(key),
  };
}
