import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { Completion, type CompletionStep } from "../../src/server/features/files/completion.ts";
import { FilesStore } from "../../src/server/features/files/store.ts";
import { FolderBlobs } from "../../src/server/platform/blobs/folder.ts";
import { insertFile } from "../support/files.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";
import { until } from "../support/until.ts";

inEachDatabase("the check of a file", (mode) => {
  const folder = mkdtempSync(join(tmpdir(), "confab-completion-"));
  const blobs = new FolderBlobs(folder);
  let stores: TestStores;
  let files: FilesStore;
  beforeAll(async () => {
    stores = await openTestStores(mode);
    files = new FilesStore(stores.database);
  });
  afterAll(async () => {
    await stores.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A file whose last byte came before `waited`, and whose node has died. */
  async function left(waited: string) {
    const id = await insertFile(stores.query, { userId: await stores.user(), state: "checking" });
    await blobs.append(
      `files/${id}`,
      0,
      (async function* () {
        yield Buffer.from("abc");
      })(),
    );
    await stores.query(
      `UPDATE files SET received = bytes, touched_at = now() - $2::interval, lease = $1::uuid, leased_until = now() - interval '1 second'
       WHERE id = $1::uuid`,
      [id, waited],
    );
    return id;
  }
  const node = (step: CompletionStep) => new Completion(files, blobs, [step], pino({ level: "silent" }));
  const away: CompletionStep = () => Promise.reject(new Error("the scanner is away"));

  test("is looked for again only while there is one", async () => {
    expect(await files.untilNextTakeOver()).toBeUndefined();
    const id = await left("1 minute");
    expect(await files.untilNextTakeOver()).toBe(0);
    await stores.query("DELETE FROM files WHERE id = $1", [id]);
  });

  test("is done by a node that waits, as soon as the lease of a dead one ends", async () => {
    const id = await left("1 minute");
    await stores.query("UPDATE files SET leased_until = clock_timestamp() + interval '1 second' WHERE id = $1", [id]);
    const one = node(async () => ({ type: "text/plain" }));
    await one.takeOver();
    expect((await files.find(id))?.state).toBe("checking");
    await until(async () => (await files.find(id))?.state === "ready");
    await one.close();
  });

  test("is done by another node when its node has died", async () => {
    const id = await left("1 minute");
    await node(async () => ({ type: "text/plain" })).takeOver();
    expect(await files.find(id)).toMatchObject({ state: "ready", type: "text/plain" });
    expect(await blobs.size(`files/${id}`)).toBe(3);
  });

  test("is done again later while it is not possible, each time after a longer wait", async () => {
    const [young, old] = [await left("10 seconds"), await left("3 hours")];
    const one = node(away);
    await one.takeOver();
    await one.close();
    const rows = await stores.query<{ id: string; ms: number; state: string }>(
      `SELECT id, state, (extract(epoch FROM leased_until - clock_timestamp()) * 1000)::float8 AS ms FROM files
       WHERE id = ANY ($1::uuid[])`,
      [[young, old]],
    );
    const of = (id: string) => rows.find((row) => row.id === id);
    expect(of(young)).toMatchObject({ state: "checking" });
    expect(of(old)).toMatchObject({ state: "checking" });
    expect(of(young)?.ms).toBeLessThan(60_000);
    expect(of(old)?.ms).toBeGreaterThan(60_000);
    expect(of(old)?.ms).toBeLessThanOrEqual(5 * 60_000);
  });

  test("goes on by itself when it is possible again", async () => {
    const id = await left("0 seconds");
    let tries = 0;
    const one = node((file, key) => (++tries > 2 ? Promise.resolve({}) : away(file, key)));
    await one.takeOver();
    expect((await files.find(id))?.state).toBe("checking");
    await until(async () => (await files.find(id))?.state === "ready", { withinMs: 60_000 });
    await one.close();
  });

  test("is given up after a day: the file is refused, and its bytes are gone", async () => {
    const id = await left("25 hours");
    await node(away).takeOver();
    expect(await files.find(id)).toMatchObject({ state: "refused", refusal: "scan_unavailable" });
    expect(await blobs.size(`files/${id}`)).toBeUndefined();
  });
});
