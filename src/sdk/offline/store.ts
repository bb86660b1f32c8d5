import { parse } from "../base/json.ts";
import type { Store } from "../parts/store.ts";
import { type KeyValueStorage, memoryStorage } from "../public/storage.ts";

/**
 * Stores JSON under a prefix for each server, in the order of the calls. When the storage fails, reports the error once,
 * and uses memory from then on.
 */
export function createStore(original: KeyValueStorage, prefix: string, onError: (error: unknown) => void): Store {
  let storage = original;
  let last: Promise<unknown> = Promise.resolve();

  function run<T>(work: (storage: KeyValueStorage) => Promise<T>): Promise<T> {
    const done = last.then(async () => {
      const used = storage;
      try {
        return await work(used);
      } catch (error) {
        if (storage === used) {
          storage = memoryStorage();
          onError(error);
        }
        return work(storage);
      }
    });
    last = done.catch(() => {});
    return done;
  }

  /**
   * Also writes to a storage that has failed. A full storage still takes what fits, and values that are to be deleted must
   * not stay there.
   */
  const runEverywhere = (work: (storage: KeyValueStorage) => Promise<unknown>) =>
    run(async (used) => {
      await work(used);
      if (storage !== original) await work(original).catch(() => {});
    });

  const store: Store = {
    async get<T>(key: string) {
      const text = await run((storage) => storage.get(prefix + key));
      return text === undefined ? undefined : parse<T>(text);
    },
    set(key, value) {
      const text: string | undefined = JSON.stringify(value);
      return text === undefined ? store.delete(key) : runEverywhere((storage) => storage.set(prefix + key, text));
    },
    delete: (key) => runEverywhere((storage) => storage.delete(prefix + key)),
    async keys(start) {
      const keys = await run((storage) => storage.keys(prefix + start));
      return keys.map((key) => key.slice(prefix.length));
    },
    clear: (start) =>
      runEverywhere(async (storage) => {
        for (const key of await storage.keys(prefix + start)) await storage.delete(key);
      }),
    claim: (name) => run(async (storage) => (storage.claim ? storage.claim(prefix + name) : null)),
    flush: () => run(async () => {}),
  };
  return store;
}
