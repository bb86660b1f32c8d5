/** The storage as the client uses it: JSON values, in the order of the calls. When it fails, memory serves from then on. */
export interface Store {
  /** `undefined`: there is no value. `null`: the value is not JSON. */
  get<T>(key: string): Promise<T | null | undefined>;
  /** Deletes the key when `value` is undefined. */
  set(key: string, value: unknown): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  keys(prefix: string): Promise<string[]>;
  /** Deletes all keys that begin with `prefix`. */
  clear(prefix: string): Promise<unknown>;
  /** As `KeyValueStorage.claim`. `null`: the storage has no locks. */
  claim(name: string): Promise<(() => void) | undefined | null>;
  /** Resolves when all earlier calls are done. */
  flush(): Promise<void>;
}

/** The part of the store that exists at once. Its calls wait until the store is loaded. */
export type LateStore = Pick<Store, "get" | "set" | "delete" | "keys" | "clear" | "claim" | "flush">;
