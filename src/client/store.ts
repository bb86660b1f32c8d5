import { type KeyValueStorage, memoryStorage } from "./storage.ts";

export type Store = ReturnType<typeof createStore>;

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

  const store = {
    /** `undefined` when there is none, `null` when it can't be read. */
    async get<T>(key: string): Promise<T | null | undefined> {
      const text = await run((storage) => storage.get(prefix + key));
      try {
        return text === undefined ? undefined : JSON.parse(text);
      } catch {
        return null;
      }
    },
    set(key: string, value: unknown): Promise<void> {
      const text = JSON.stringify(value);
      return run((storage) => storage.set(prefix + key, text));
    },
    /** Also where it can't be written any more: what is to be forgotten must not be left there. */
    delete: (key: string) =>
      run(async (storage) => {
        await storage.delete(prefix + key);
        if (storage !== original) await original.delete(prefix + key).catch(() => {});
      }),
    keys: (start: string) =>
      run(async (storage) => (await storage.keys(prefix + start)).map((key) => key.slice(prefix.length))),
    async clear(start: string): Promise<void> {
      const keys = await run(async (storage) => {
        const elsewhere = storage === original ? [] : await original.keys(prefix + start).catch(() => []);
        return new Set([...(await storage.keys(prefix + start)), ...elsewhere]);
      });
      for (const key of keys) await store.delete(key.slice(prefix.length));
    },
    /** As the storage's; `null` when it has no such means. */
    claim: (name: string): Promise<(() => void) | undefined | null> =>
      run(async (storage) => (storage.claim ? storage.claim(prefix + name) : null)),
    /** Resolves when all that was called before is done. */
    flush: () => run(async () => {}),
  };
  return store;
}
