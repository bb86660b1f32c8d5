import { afterAll, afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { sharedS3 } from "../support/s3.ts";
import { startTestServer } from "../support/server.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";
import { beginUpload, fileBytes, finishUpload, offsetOf, sendPart, slowly, someBytes } from "../support/tus.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(180_000);

const MB = 1_000_000;
const LENGTH = 12 * MB;
const folder = mkdtempSync(join(tmpdir(), "confab-uploads-"));
const servers: ServerProcess[] = [];
let place: Place | undefined;

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.kill("SIGKILL");
    await server.exited;
  }
  place?.remove();
  place = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function node(environment: Record<string, string>): Promise<ServerProcess> {
  const server = await spawnServer(environment);
  servers.push(server);
  return server;
}

/** Kills a node in the middle of an upload, after its store has kept some of the bytes. */
async function killInMidUpload(person: Client, server: ServerProcess, path: string, bytes: Uint8Array<ArrayBuffer>) {
  const body = slowly(bytes, MB / 2, 130, () => {});
  const cut = sendPart(person, path, 0, body).then(
    () => "whole",
    () => "cut",
  );
  await until(async () => (await offsetOf(person, path)) > 0, { withinMs: 60_000 });
  server.kill("SIGKILL");
  expect(await cut).toBe("cut");
  await server.exited;
}

describe.skipIf(!modes.includes("redis")).each(["a folder that nodes share", "an S3 server"])(
  "kill -9 of a node in the middle of an upload to %s",
  (store) => {
    test("the upload goes on at the other node, and the file is whole and counted once", async () => {
      place = await makePlace("redis");
      const files = store === "an S3 server" ? (await sharedS3()).settings() : { FILES: join(folder, "shared") };
      const settings = { ...place.environment, ...files, FILES_PER_USER: "18MB" };
      const [one, two] = [await node(settings), await node(settings)];
      const ann = await one.visitor().signUp("Ann");
      const bytes = someBytes(LENGTH);
      const path = await beginUpload(ann, LENGTH);
      await killInMidUpload(ann, one, path, bytes);

      const there = ann.at(two.url);
      const kept = await offsetOf(there, path);
      expect(kept).toBeWithin(1, LENGTH);
      expect(await finishUpload(there, path, bytes)).toBe(kept);
      expect(Bun.SHA256.hash(await fileBytes(there, path), "hex")).toBe(Bun.SHA256.hash(bytes, "hex"));
      const sql = postgres(place.environment["DATABASE_URL"] ?? "", { max: 1 });
      const usage = await sql<{ bytes: number }[]>`SELECT bytes::int AS bytes FROM file_usage ORDER BY user_id`;
      await sql.end();
      expect(usage.map((row) => row.bytes)).toEqual([LENGTH, LENGTH]);
      await expect(beginUpload(there, 7 * MB)).rejects.toThrow("user_files_full");
    });
  },
);

test("kill -9 of the only node in the middle of an upload: it goes on after the restart", async () => {
  place = await makePlace("embedded");
  const environment = { ...place.environment, PORT: String(await freePort()) };
  const first = await node(environment);
  const ann = await first.visitor().signUp("Ann");
  const bytes = someBytes(LENGTH, 7);
  const path = await beginUpload(ann, LENGTH);
  await killInMidUpload(ann, first, path, bytes);
  await node(environment);
  expect(await finishUpload(ann, path, bytes)).toBeGreaterThan(0);
  expect(Bun.SHA256.hash(await fileBytes(ann, path), "hex")).toBe(Bun.SHA256.hash(bytes, "hex"));
});

test("a disk that is full in the middle of an upload: 507, nothing is left over, people chat on, and with space it goes on", async () => {
  const files = join(folder, "small");
  mkdirSync(files);
  const disk: SmallDisk | undefined = mountSmallDisk(files, 8 * 1024);
  if (!disk) return;
  const server = await startTestServer("embedded", { FILES: files });
  try {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const bytes = someBytes(12 * MB, 3);
    const inOneRequest = await fetch(`${server.url}/api/files/?name=large.bin`, {
      method: "POST",
      headers: { Cookie: `sessionid=${ann.cookie}` },
      body: bytes,
    });
    expect(inOneRequest.status).toBe(507);
    expect(inOneRequest.headers.get("retry-after")).toBe("60");
    expect(await inOneRequest.json()).toMatchObject({ code: "storage_full" });
    await ann.send(id, "the chat goes on");
    const left = () => readdirSync(files, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    await until(() => left().length === 0);

    const path = await beginUpload(ann, bytes.length);
    const full = await sendPart(ann, path, 0, bytes);
    expect([full.status, (await full.text()).includes('"storage_full"')]).toEqual([507, true]);
    await ann.send(id, "and on");
    disk.grow(32 * 1024);
    await finishUpload(ann, path, bytes);
    expect(Bun.SHA256.hash(await fileBytes(ann, path), "hex")).toBe(Bun.SHA256.hash(bytes, "hex"));
    expect(left()).toHaveLength(1);
  } finally {
    await server.stop();
    disk.unmount();
  }
});
