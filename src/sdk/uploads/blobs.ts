import type { FileSource, PendingUpload } from "../public/uploads.ts";

/** The bytes of an upload, with all that a reload must know. */
export interface Kept {
  id: string;
  /** The server and the user. Several servers may be used from one page. */
  scope: string;
  conversation_id: string;
  upload: PendingUpload;
  source: FileSource;
  /** The `client_id` of the message that has it. Missing: it is attached to a text that is being written. */
  message?: string | undefined;
  /** The order of the files of one text, and the ms of the clock when it was attached. */
  at: number;
}

/** Keeps bytes until the server has them in a message. */
export interface Blobs {
  get(id: string): Promise<Kept | undefined>;
  all(scope: string): Promise<Kept[]>;
  set(kept: Kept): Promise<void>;
  delete(id: string): Promise<void>;
}

// The parts of IndexedDB that are used here.
type Handler = ((this: never, event: never) => unknown) | null;
interface Request<T> {
  result: T;
  error: unknown;
  onsuccess: Handler;
  onerror: Handler;
  onupgradeneeded?: Handler;
}
interface ObjectStore {
  get(id: string): Request<Kept | undefined>;
  getAll(): Request<Kept[]>;
  put(kept: Kept): Request<unknown>;
  delete(id: string): Request<unknown>;
}
interface Database {
  onclose: Handler;
  onversionchange: Handler;
  close(): void;
  createObjectStore(name: string, options: { keyPath: string }): unknown;
  transaction(
    name: string,
    mode: "readonly" | "readwrite",
  ): {
    error: unknown;
    oncomplete: Handler;
    onabort: Handler;
    commit?(): void;
    objectStore(name: string): ObjectStore;
  };
}
interface Browser {
  indexedDB?: { open(name: string, version: number): Request<Database> };
  navigator?: unknown;
}

/** Apart from the database of the texts: a disk that is full of files must not take the texts along. */
const NAME = "confab-files";
const OPEN_WITHIN_MS = 5_000;

/** In browsers the bytes survive a reload. Elsewhere, and when the browser stores nothing, they are in memory. */
export function createBlobs(onError: (error: unknown) => void): Blobs {
  const { indexedDB }: Browser = globalThis;
  const memory = inMemory();
  if (!indexedDB) return memory;
  const stored = inDatabase(indexedDB);
  const isMissing = async (work: Promise<unknown>) => {
    try {
      await work;
      return false;
    } catch (error) {
      onError(error);
      return true;
    }
  };
  return {
    get: async (id) => (await memory.get(id)) ?? (await stored.get(id).catch(() => undefined)),
    async all(scope) {
      const found = await stored.all(scope).catch(() => []);
      const known = new Set(found.map(({ id }) => id));
      return [...found, ...(await memory.all(scope)).filter(({ id }) => !known.has(id))];
    },
    async set(kept) {
      if (await isMissing(stored.set(kept))) await memory.set(kept);
    },
    async delete(id) {
      await memory.delete(id);
      await stored.delete(id).catch(() => {});
    },
  };
}

function inMemory(): Blobs {
  const kept = new Map<string, Kept>();
  return {
    get: async (id) => kept.get(id),
    all: async (scope) => [...kept.values()].filter((one) => one.scope === scope),
    set: async (one) => void kept.set(one.id, one),
    delete: async (id) => void kept.delete(id),
  };
}

function inDatabase(indexedDB: NonNullable<Browser["indexedDB"]>): Blobs {
  let opened: Promise<Database> | undefined;
  const forget = () => {
    opened = undefined;
  };
  const open = () =>
    new Promise<Database>((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      const timer = setTimeout(() => reject(new Error("IndexedDB does not open")), OPEN_WITHIN_MS);
      request.onupgradeneeded = () => request.result.createObjectStore(NAME, { keyPath: "id" });
      request.onsuccess = () => {
        clearTimeout(timer);
        const database = request.result;
        database.onclose = forget;
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
  async function use<T>(mode: "readonly" | "readwrite", work: (store: ObjectStore) => Request<T>): Promise<T> {
    opened ??= open();
    const transaction = (await opened).transaction(NAME, mode);
    const request = work(transaction.objectStore(NAME));
    transaction.commit?.();
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  }
  return {
    get: (id) => use("readonly", (store) => store.get(id)),
    all: async (scope) => (await use("readonly", (store) => store.getAll())).filter((one) => one.scope === scope),
    set: async (kept) => void (await use("readwrite", (store) => store.put(kept))),
    delete: async (id) => void (await use("readwrite", (store) => store.delete(id))),
  };
}
