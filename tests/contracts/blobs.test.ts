import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BlobBody, BlobFault, type BlobKey, type BlobStore } from "../../src/server/platform/blobs/blobs.ts";
import { FolderBlobs } from "../../src/server/platform/blobs/folder.ts";
import { openBlobs } from "../../src/server/platform/blobs/open.ts";
import { DiskTurns } from "../../src/server/platform/blobs/syncs.ts";
import { sharedS3 } from "../support/s3.ts";

const folder = mkdtempSync(join(tmpdir(), "confab-blobs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MIB = 1024 * 1024;
const newKey = (): BlobKey => `files/${Bun.randomUUIDv7()}`;
/** Bytes that differ at every place, so that a hole or a shift shows. */
function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 2654435761);
  return new Uint8Array(words.buffer, 0, length);
}
async function* chunksOf(bytes: Uint8Array, size = 100_000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function* cutAfter(bytes: Uint8Array) {
  yield* chunksOf(bytes);
  throw new Error("the client was cut off");
}
const readAll = (body: BlobBody | undefined) => (body ? new Response(body).bytes() : undefined);
const digest = (bytes: Uint8Array | undefined) => (bytes ? Bun.SHA256.hash(bytes, "hex") : "nothing");
async function listed(store: BlobStore) {
  const found = new Map<string, number>();
  for await (const { key, bytes } of store.list()) found.set(key, bytes);
  return found;
}
async function faultOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return error instanceof BlobFault ? { reason: error.fault, durable: error.durable } : error;
}

const drivers: Record<string, () => Promise<BlobStore>> = {
  "a folder": async () => new FolderBlobs(join(folder, "files")),
  S3: async () => openBlobs((await sharedS3()).blobSettings()),
};

for (const [name, open] of Object.entries(drivers))
  describe(`the store of files (${name})`, () => {
    let store: BlobStore;
    beforeAll(async () => {
      store = await open();
    });

    test("a file that is finished is read as it was written, whole and in parts", async () => {
      const key = newKey();
      const bytes = bytesOf(19 * MIB + 7);
      const saved: number[] = [];
      const length = await store.append(key, 0, chunksOf(bytes), async (n) => void saved.push(n));
      expect(length).toBe(bytes.length);
      expect(saved.every((n, i) => n >= (saved[i - 1] ?? 0) && n <= bytes.length)).toBe(true);
      expect(await store.read(key)).toBeUndefined();
      await store.finish(key, bytes.length);
      await store.finish(key, bytes.length);
      expect(await store.size(key)).toBe(bytes.length);
      expect(digest(await readAll(await store.read(key)))).toBe(digest(bytes));
      for (const [start, end] of [
        [0, 1],
        [8 * MIB - 1, 8 * MIB + 1],
        [8 * MIB, 16 * MIB],
        [3, 18 * MIB],
        [bytes.length - 1, bytes.length],
      ] as const) {
        const part = await readAll(await store.read(key, { start, end }));
        expect({ start, end, digest: digest(part) }).toEqual({
          start,
          end,
          digest: digest(bytes.subarray(start, end)),
        });
      }
    });

    test("an upload goes on after a cut, where its durable bytes end", async () => {
      const key = newKey();
      const bytes = bytesOf(9 * MIB);
      const first = await store.append(key, 0, cutAfter(bytes.subarray(0, 300_000)));
      expect(first).toBe(300_000);
      expect(await store.size(key)).toBe(300_000);
      const second = await store.append(key, first, cutAfter(bytes.subarray(first, 8 * MIB + 500_000)));
      expect(second).toBe(8 * MIB + 500_000);
      await store.append(key, second, chunksOf(bytes.subarray(second)));
      await store.finish(key, bytes.length);
      expect(digest(await readAll(await store.read(key)))).toBe(digest(bytes));
    });

    test("bytes behind the offset are dropped, as after a crash", async () => {
      const key = newKey();
      const bytes = bytesOf(200_000);
      await store.append(key, 0, chunksOf(bytes.subarray(0, 50_000)));
      await store.append(key, 50_000, chunksOf(bytesOf(100_000, 99)));
      expect(await store.append(key, 50_000, chunksOf(bytes.subarray(50_000)))).toBe(200_000);
      expect(await store.size(key)).toBe(200_000);
      await store.finish(key, bytes.length);
      expect(digest(await readAll(await store.read(key)))).toBe(digest(bytes));
    });

    test("an offset behind the bytes is refused with their length", async () => {
      const key = newKey();
      await store.append(key, 0, chunksOf(bytesOf(1_000)));
      expect(await faultOf(store.append(key, 2_000, chunksOf(bytesOf(10))))).toEqual({
        reason: "short",
        durable: 1_000,
      });
      expect(await faultOf(store.finish(key, 2_000))).toEqual({ reason: "short", durable: 1_000 });
      expect(await faultOf(store.append(newKey(), 5, chunksOf(bytesOf(10))))).toEqual({ reason: "short", durable: 0 });
      expect(await faultOf(store.finish(newKey(), 5))).toEqual({ reason: "short", durable: 0 });
    });

    test("an append whose caller can't save the length ends, and closes its source", async () => {
      let isClosed = false;
      async function* source() {
        try {
          for (;;) yield bytesOf(4 * MIB);
        } finally {
          isClosed = true;
        }
      }
      const lost = new Error("another node has the lease");
      const appended = store.append(newKey(), 0, source(), async () => {
        throw lost;
      });
      expect(await faultOf(appended)).toBe(lost);
      expect(isClosed).toBe(true);
    });

    test("a source may use the memory of a chunk again when it is asked for the next one", async () => {
      const key = newKey();
      const bytes = bytesOf(300_000);
      async function* source() {
        for await (const chunk of chunksOf(bytes, 70_000)) {
          const own = chunk.slice();
          yield own;
          own.fill(0);
        }
      }
      await store.append(key, 0, source());
      await store.finish(key, bytes.length);
      expect(digest(await readAll(await store.read(key)))).toBe(digest(bytes));
    });

    test("an empty file is a file", async () => {
      const key = newKey();
      expect(await store.append(key, 0, chunksOf(bytesOf(0)))).toBe(0);
      expect(await store.size(key)).toBe(0);
      await store.finish(key, 0);
      expect(await readAll(await store.read(key))).toEqual(bytesOf(0));
    });

    test("few bytes are put at once, and put again", async () => {
      const key: BlobKey = `avatars/${Bun.randomUUIDv7()}-64.webp`;
      await store.put(key, bytesOf(5_000));
      await store.put(key, bytesOf(4_000, 2));
      expect(digest(await readAll(await store.read(key)))).toBe(digest(bytesOf(4_000, 2)));
      expect(await store.size(key)).toBe(4_000);
    });

    test("parts of a finished file are overwritten, also across objects", async () => {
      const key = newKey();
      const bytes = bytesOf(17 * MIB);
      await store.append(key, 0, chunksOf(bytes));
      await store.finish(key, bytes.length);
      const patches = [
        { start: 5, end: 9 },
        { start: 8 * MIB - 3, end: 16 * MIB + 3 },
        { start: 8 * MIB - 1, end: 8 * MIB + 1, bytes: new Uint8Array([7, 8]) },
      ];
      await store.overwrite(key, patches);
      await store.overwrite(key, patches);
      bytes.fill(0, 5, 9);
      bytes.fill(0, 8 * MIB - 3, 16 * MIB + 3);
      bytes.set([7, 8], 8 * MIB - 1);
      expect(await store.size(key)).toBe(bytes.length);
      expect(digest(await readAll(await store.read(key)))).toBe(digest(bytes));
    });

    test("a key that is not there has no size and no bytes, and is deleted without an error", async () => {
      const key = newKey();
      expect(await store.size(key)).toBeUndefined();
      expect(await store.read(key)).toBeUndefined();
      expect(await store.read(key, { start: 0, end: 5 })).toBeUndefined();
      await store.delete(key);
    });

    test("the list has finished files and unfinished ones, until they are deleted", async () => {
      const [whole, part, small] = [newKey(), newKey(), newKey()];
      await store.append(whole, 0, chunksOf(bytesOf(9 * MIB)));
      await store.finish(whole, 9 * MIB);
      await store.append(part, 0, chunksOf(bytesOf(70)));
      await store.put(`${small}-320.webp`, bytesOf(50));
      const before = await listed(store);
      expect(before.get(whole)).toBe(9 * MIB);
      expect(before.get(part)).toBe(70);
      expect(before.get(`${small}-320.webp`)).toBe(50);
      for (const key of [whole, part, `${small}-320.webp`] as const) await store.delete(key);
      const after = await listed(store);
      for (const key of [whole, part, `${small}-320.webp`]) expect(after.has(key)).toBe(false);
      expect(await store.read(whole)).toBeUndefined();
      expect(await store.size(part)).toBeUndefined();
    });

    test("a key that is made of something else than an id is refused", async () => {
      const keys: BlobKey[] = ["files/../secret", "files/", "files/a", `${newKey()}/x`, `${newKey()}-../x`];
      for (const key of keys) await expect(Promise.resolve().then(() => store.read(key))).rejects.toThrow("no key");
    });
  });

describe("the folder of files", () => {
  test("one file is synced at a time, also after a sync that failed", async () => {
    const turns = new DiskTurns();
    const order: string[] = [];
    const sync = (name: string, isBroken = false) =>
      turns.run(async () => {
        order.push(`${name} begins`);
        await Bun.sleep(5);
        order.push(`${name} ends`);
        if (isBroken) throw new Error(name);
      });
    const all = await Promise.allSettled([sync("a"), sync("b", true), sync("c")]);
    expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(order).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  test("only the server's user can read it", async () => {
    const place = join(folder, "modes");
    const store = new FolderBlobs(place);
    const key = newKey();
    await store.append(key, 0, chunksOf(bytesOf(10)));
    await store.finish(key, 10);
    await store.put(`${key}-320.webp`, bytesOf(10));
    const found = readdirSync(place, { recursive: true, withFileTypes: true });
    expect(found.length).toBe(4);
    for (const entry of found) {
      const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
      expect(mode).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
    expect(statSync(place).mode & 0o777).toBe(0o700);
  });
});

describe("S3", () => {
  test("a server that is away is a fault of its own, with the length that is durable", async () => {
    const store = openBlobs({ ...(await sharedS3()).blobSettings(), endpoint: "http://127.0.0.1:9" });
    expect(await faultOf(store.append(newKey(), 0, chunksOf(bytesOf(10))))).toEqual({ reason: "away", durable: 0 });
    expect(await faultOf(store.read(newKey()))).toEqual({ reason: "away", durable: 0 });
  });

  test("two nodes that write the same file leave one whole file", async () => {
    const settings = (await sharedS3()).blobSettings();
    const [one, two] = [openBlobs(settings), openBlobs(settings)];
    const key = newKey();
    const bytes = bytesOf(17 * MIB);
    await one.append(key, 0, cutAfter(bytes.subarray(0, 3 * MIB)));
    await Promise.all([
      one.append(key, 3 * MIB, chunksOf(bytes.subarray(3 * MIB))),
      two.append(key, 3 * MIB, cutAfter(bytes.subarray(3 * MIB, 10 * MIB))),
    ]);
    await one.finish(key, bytes.length);
    expect(digest(await readAll(await two.read(key)))).toBe(digest(bytes));
  });
});
