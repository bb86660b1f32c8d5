import { parse } from "../base/json.ts";
import { type KeyValueStorage, memoryStorage } from "../public/storage.ts";

export type Store = ReturnType<typeof createStore>;

/** The part of the store that the client uses. It exists at once, and does nothing until the store is loaded. */
export type LateStore = Pick<Store, "get" | "set" | "delete" | "clear" | "flush">;

/**
 * The storage as the client uses it: JSON under a prefix of the server, in the order of the calls. When it fails, that is
 * said once and memory serves from then on.
 */
export function createStore(original: KeyValueStorage, prefix: string, onError: (error: unknown) => void) {
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

  /** Also where not all could be written any more: what fits is kept, and what is to be forgotten must not be left there. */
  const everywhere = (work: (storage: KeyValueStorage) => Promise<unknown>) =>
    run(async (used) => {
      await work(used);
      if (storage !== original) await work(original).catch(() => {});
    });

  const store = {
    /** `undefined` when there is none, `null` when it can't be read. */
    async get<T>(key: string): Promise<T | null | undefined> {
      const text = await run((storage) => storage.get(prefix + key));
      return text === undefined ? undefined : parse<T>(text);
    },
    /** Nothing is left of `undefined`. */
    set(key: string, value: unknown): Promise<unknown> {
      const text: string | undefined = JSON.stringify(value);
      return text === undefined ? store.delete(key) : everywhere((storage) => storage.set(prefix + key, text));
    },
    delete: (key: string) => everywhere((storage) => storage.delete(prefix + key)),
    keys: async (start: string) => {
      const keys = await run((storage) => storage.keys(prefix + start));
      return keys.map((key) => key.slice(prefix.length));
    },
    clear: (start: string) =>
      everywhere(async (storage) => {
        for (const key of await storage.keys(prefix + start)) await storage.delete(key);
      }),
    /** As the storage's; `null` when it has no such means. */
    claim: (name: string): Promise<(() => void) | undefined | null> =>
      run(async (storage) => (storage.claim ? storage.claim(prefix + name) : null)),
    /** Resolves when all that was called before is done. */
    flush: () => run(async () => {}),
  };
  return store;
}
