/**
 * Where a client keeps texts that are not sent and what it has loaded: a file, SQLite, Redis … Several clients of one
 * person may share one. Failing is allowed: the client says so by an `error` event and goes on in memory.
 */
export interface KeyValueStorage {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  /** All keys that begin with `prefix`. */
  keys(prefix: string): Promise<string[]>;
  /**
   * Takes the name until the returned function is called, or this process or page ends; `undefined` when another one has
   * it. A storage that has no such means leaves it out.
   */
  claim?(name: string): Promise<(() => void) | undefined>;
}

/** Keeps everything until the process or page ends. */
export function memoryStorage(): KeyValueStorage {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => values.set(key, value),
    delete: async (key) => values.delete(key),
    keys: async (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  };
}
