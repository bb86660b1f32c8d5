/**
 * Stores unsent texts and loaded messages: in a file, SQLite, Redis, … Several clients of one user may share a storage. When
 * it fails, the client emits `error` and goes on in memory.
 */
export interface KeyValueStorage {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  /** All keys that begin with `prefix`. */
  keys(prefix: string): Promise<string[]>;
  /**
   * Locks the name until the returned function is called, or this process or page ends. `undefined`: another one has the
   * lock. A storage without locks leaves this out.
   */
  claim?(name: string): Promise<(() => void) | undefined>;
}

/** A storage in memory. It ends with the process or page. */
export function memoryStorage(): KeyValueStorage {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => values.set(key, value),
    delete: async (key) => values.delete(key),
    keys: async (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  };
}
