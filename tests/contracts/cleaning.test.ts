import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { Cleaning, findOrphans, removeBytes } from "../../src/server/features/files/cleaning.ts";
import { FilesStore, REMOVE_BYTES } from "../../src/server/features/files/store.ts";
import type { BlobKey, BlobStore } from "../../src/server/platform/blobs/blobs.ts";
import { openBlobs } from "../../src/server/platform/blobs/open.ts";
import { insertFile } from "../support/files.ts";
import { inEachDatabase } from "../support/modes.ts";
import { run } from "../support/process.ts";
import { sharedS3 } from "../support/s3.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const bytes = () => new Uint8Array(Buffer.from("abc"));
/** Everything in the store counts as old. */
const NOW = { olderThanMs: -60_000 };

inEachDatabase("the upkeep of files", (mode) => {
  const folder = mkdtempSync(join(tmpdir(), "confab-cleaning-"));
  let stores: TestStores;
  let files: FilesStore;
  let blobs: BlobStore;
  let ann: number;
  let cleaning: Cleaning;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    files = new FilesStore(stores.database);
    // One mode on each of the stores.
    const access = { region: "", accessKeyId: "", secretAccessKey: "" };
    blobs = openBlobs(mode === "embedded" ? { place: folder, ...access } : (await sharedS3()).blobSettings());
    cleaning = new Cleaning(files, blobs, pino({ level: "silent" }), () => {});
  });
  beforeEach(async () => {
    for (const table of ["files", "message_files", "jobs"]) await stores.query(`DELETE FROM ${table}`, []);
    for await (const { key } of blobs.list()) await blobs.delete(key);
    ann = await stores.user();
  });
  afterAll(async () => {
    await stores.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const keys = async () => {
    const found: string[] = [];
    for await (const { key } of blobs.list()) found.push(key);
    return found.sort();
  };
  const rows = async () => (await stores.query<{ id: string }>("SELECT id FROM files", [])).map(({ id }) => id).sort();
  const usage = async () =>
    (await stores.query<{ bytes: number }>("SELECT bytes::int AS bytes FROM file_usage WHERE user_id = $1", [ann]))[0]
      ?.bytes;
  async function put(given: Partial<Parameters<typeof insertFile>[1]> = {}, age = "0 hours") {
    const id = await insertFile(stores.query, { userId: ann, ...given });
    await stores.query("UPDATE files SET touched_at = now() - $2::interval WHERE id = $1", [id, age]);
    await blobs.put(`files/${id}`, bytes());
    return id;
  }
  /** Runs the jobs that remove bytes. */
  async function removeAll() {
    const jobs = await stores.query<{ ids: string[] }>("SELECT payload -> 'ids' AS ids FROM jobs WHERE kind = $1", [
      REMOVE_BYTES,
    ]);
    const keysBeside = (key: BlobKey): BlobKey[] => [`${key}-320.webp`];
    const job = removeBytes(() => ({ blobs, keysBeside }));
    for (const { ids } of jobs) await job({ ids: typeof ids === "string" ? JSON.parse(ids) : ids });
  }

  test("a file that nobody has sent goes after a day, with its smaller forms, and its bytes are free again", async () => {
    const old = await put({}, "25 hours");
    const unfinished = await put({ state: "uploading", bytes: 50 }, "25 hours");
    await blobs.put(`files/${old}-320.webp`, bytes());
    const kept = [
      await put({}, "23 hours"),
      await put({ state: "uploading" }, "23 hours"),
      // Somebody still looks at it, and gives up after a day of their own.
      await put({ state: "checking" }, "25 hours"),
    ];
    const writing = await put({ state: "uploading" }, "25 hours");
    await stores.query("UPDATE files SET lease = id, leased_until = now() + interval '5 s' WHERE id = $1", [writing]);
    const used = await put({}, "48 hours");
    await stores.query("UPDATE files SET used_at = now() - interval '2 days' WHERE id = $1", [used]);
    await cleaning.run();
    const left = [...kept, writing, used].sort();
    expect(await rows()).toEqual(left);
    expect(await usage()).toBe(15);
    expect(await keys()).toHaveLength(8);
    await removeAll();
    expect(await keys()).toEqual(left.map((id) => `files/${id}`));
    expect(unfinished).not.toBe(old);
  });

  test("a file goes with its last message, and not before", async () => {
    const id = await stores.conversation([ann, await stores.user()]);
    const [file, other] = [await put(), await put()];
    const shown = (one: string) => ({ id: one, name: "photo.jpg", type: "image/jpeg", bytes: 3 });
    const send = (some: string[]) =>
      stores.log.append({ ...stores.draft(id, ann, ""), files: some, fields: { files: some.map(shown) } });
    const [first, second] = [await send([file, other]), await send([file])];
    if (!first.message || !second.message) throw new Error("not sent");
    await stores.log.amend(id, ann, first.message.id, null);
    await cleaning.run();
    expect(await rows()).toEqual([file]);
    await stores.log.amend(id, ann, second.message.id, null);
    await cleaning.run();
    await removeAll();
    expect([await rows(), await keys(), await usage()]).toEqual([[], [], 0]);
  });

  test("bytes without a row are told, and removed when asked; rows without bytes are named", async () => {
    const [whole, short, missing] = [await put(), await put({ bytes: 4 }), await put()];
    await blobs.delete(`files/${missing}`);
    const uploading = await put({ state: "uploading", bytes: 9 });
    const orphan = `files/${Bun.randomUUIDv7()}` as const;
    await blobs.put(orphan, bytes());
    await blobs.put(`${orphan}-320.webp`, bytes());
    const found = await findOrphans(files, blobs, { repair: false, ...NOW });
    expect(found).toEqual({ orphans: { count: 2, bytes: 6 }, missing: [short, missing].sort(), files: 3 });
    expect((await findOrphans(files, blobs, { repair: true, olderThanMs: 60_000 })).orphans.count).toBe(0);
    expect(await keys()).toHaveLength(5);
    await findOrphans(files, blobs, { repair: true, ...NOW });
    expect(await keys()).toEqual([whole, short, uploading].sort().map((id) => `files/${id}`));
  });

  test.skipIf(mode === "embedded")("`confab files check` tells of both sides, beside a server", async () => {
    const missing = await put();
    const here = openBlobs({ place: folder, region: "", accessKeyId: "", secretAccessKey: "" });
    const [old, young, shown] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), crypto.randomUUID()];
    for (const key of [`files/${old}`, `files/${young}`, `avatars/${shown}-64.webp`] as const)
      await here.put(key, bytes());
    await stores.query("UPDATE users SET avatar = $2 WHERE id = $1", [ann, shown]);
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
    for (const path of [`files/${old.slice(-2)}/${old}`, `avatars/${shown.slice(-2)}/${shown}-64.webp`])
      utimesSync(join(folder, path), hoursAgo, hoursAgo);
    const check = (...words: string[]) =>
      run(["files", "check", ...words], { DATABASE_URL: stores.databaseUrl ?? "", FILES: folder });
    const { code, stdout } = await check();
    expect(stdout).toContain("1 entries of the store (0.0 MiB) belong to no file.");
    expect(stdout).toContain(`1 files have no bytes, or other ones.\n  ${missing}\n`);
    expect(code).toBe(1);
    await check("--repair");
    const left = await Promise.all([old, young].map((id) => here.size(`files/${id}`)));
    expect([...left, await here.size(`avatars/${shown}-64.webp`)]).toEqual([undefined, 3, 3]);
  });

  test("a picture that no person and no group shows any more is removed like them", async () => {
    const group = await stores.conversation([ann, await stores.user(), await stores.user()]);
    const [person, picture, gone, goneOfGroup] = [1, 2, 3, 4].map(() => crypto.randomUUID());
    const made: BlobKey[] = [
      ...[person, gone].flatMap((id): BlobKey[] => [`avatars/${id}-64.webp`, `avatars/${id}-256.webp`]),
      ...[picture, goneOfGroup].flatMap((id): BlobKey[] => [`avatars/${id}-g64.webp`, `avatars/${id}-g256.webp`]),
    ];
    for (const key of made) await blobs.put(key, bytes());
    await stores.query("UPDATE users SET avatar = $2 WHERE id = $1", [ann, person ?? ""]);
    await stores.query("UPDATE conversations SET picture = $2 WHERE id = $1", [group, picture ?? ""]);
    const found = await findOrphans(files, blobs, { repair: true, ...NOW });
    expect(found.orphans).toEqual({ count: 4, bytes: 12 });
    expect(await keys()).toEqual(
      made.filter((key) => key.includes(person ?? "") || key.includes(picture ?? "")).sort(),
    );
  });
});
