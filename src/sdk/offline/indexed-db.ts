import type { KeyValueStorage } from "../public/storage.ts";

// The parts of IndexedDB and Web Locks that the client uses. Declared here, so that no platform's types are needed.
type Handler = ((this: never, event: never) => unknown) | null;
interface Request<T> {
  result: T;
  error: unknown;
  onsuccess: Handler;
  onerror: Handler;
  onupgradeneeded?: Handler;
}
interface ObjectStore {
  get(key: string): Request<string | undefined>;
  put(value: string, key: string): Request<unknown>;
  delete(key: string): Request<unknown>;
  getAllKeys(): Request<unknown[]>;
}
interface Transaction {
  error: unknown;
  oncomplete: Handler;
  onabort: Handler;
  commit?(): void;
  objectStore(name: string): ObjectStore;
}
interface Database {
  onclose: Handler;
  onversionchange: Handler;
  close(): void;
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: "readonly" | "readwrite"): Transaction;
}
interface Browser {
  indexedDB?: { open(name: string, version: number): Request<Database> };
  navigator?: {
    locks?: {
      request(name: string, options: { ifAvailable: true }, work: (lock: unknown) => unknown): Promise<unknown>;
    };
  };
}

const NAME = "confab";
/** A slow phone needs some of this time. Some browsers sometimes never answer. */
const OPEN_WITHIN_MS = 5_000;

/** Opens the browser's database for this origin. `undefined`: the platform has none. */
export function indexedDbStorage(): KeyValueStorage | undefined {
  const { indexedDB, navigator }: Browser = globalThis;
  if (!indexedDB) return undefined;
  let opened: Promise<Database> | undefined;
  const forget = () => {
    opened = undefined;
  };
  const open = () =>
    new Promise<Database>((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      // Until the database opens after all, every call fails at once. It is not opened a second time.
      const timer = setTimeout(() => reject(new Error("IndexedDB does not open")), OPEN_WITHIN_MS);
      request.onupgradeneeded = () => request.result.createObjectStore(NAME);
      request.onsuccess = () => {
        clearTimeout(timer);
        const database = request.result;
        // A browser may close it at any time, for example when its data is cleared. The next call opens it again.
        database.onclose = forget;
        // Another page wants to delete the database, and waits until everyone has closed it.
        database.onversionchange = () => {
          database.close();
          forget();
        };
        resolve(database);
        opened = Promise.resolve(database);
      };
      request.onerror = () => {
        clearTimeout(timer);
        forget();
        reject(request.error);
      };
    });
  const use = async <T>(mode: "readonly" | "readwrite", work: (store: ObjectStore) => Request<T>): Promise<T> => {
    opened ??= open();
    const transaction = (await opened).transaction(NAME, mode);
    const request = work(transaction.objectStore(NAME));
    // Safari does not commit for a page that is left meanwhile. All later transactions, of any page, would wait for it.
    transaction.commit?.();
    // A full disk may show only when the transaction commits.
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  };
  const storage: KeyValueStorage = {
    get: (key) => use("readonly", (store) => store.get(key)),
    set: (key, value) => use("readwrite", (store) => store.put(value, key)),
    delete: (key) => use("readwrite", (store) => store.delete(key)),
    keys: async (prefix) =>
      (await use("readonly", (store) => store.getAllKeys())).map(String).filter((key) => key.startsWith(prefix)),
  };
  const locks = navigator?.locks;
  if (!locks) return storage;
  return {
    ...storage,
    claim: (name) =>
      new Promise((resolve, reject) => {
        const hold = (lock: unknown) => (lock ? new Promise<void>(resolve) : resolve(undefined));
        locks.request(name, { ifAvailable: true }, hold).catch(reject);
      }),
  };
}
