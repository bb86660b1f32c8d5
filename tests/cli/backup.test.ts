import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import postgres from "postgres";
import { ServerGoneError, withCheckpointsHeld } from "../../src/server/node/control/client.ts";
import { CONTROL_SOCKET } from "../../src/server/node/control/protocol.ts";
import {
  BackupFileError,
  type BackupHeader,
  BackupWriter,
  readBackup,
  verifyBackup,
} from "../../src/server/platform/backup/format.ts";
import { backupTables } from "../../src/server/platform/backup/tables.ts";
import { Checkpoints } from "../../src/server/platform/pglite/checkpoints.ts";
import { PgliteThread } from "../../src/server/platform/pglite/thread-client.ts";
import * as schema from "../../src/server/platform/postgres/schema.ts";
import type { Client } from "../support/client.ts";
import { embeddedTemplate, type Mode, makePlace, modes, type Place } from "../support/modes.ts";
import { run, type ServerProcess, spawnServer } from "../support/process.ts";
import { mountSmallDisk } from "../support/small-disk.ts";

const places: Place[] = [];
const servers: ServerProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.kill("SIGKILL");
    await server.exited;
  }
  for (const place of places.splice(0)) place.remove();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function newPlace(mode: Mode) {
  const made = await makePlace(mode);
  places.push(made);
  return made.environment;
}

async function spawn(environment: Record<string, string>) {
  const server = await spawnServer(environment);
  servers.push(server);
  return server;
}

async function stop(server: ServerProcess) {
  server.kill("SIGTERM");
  expect(await server.exited).toBe(0);
}

function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), "confab-backup-"));
  folders.push(folder);
  return folder;
}

/** Text that JSON, SQL or splitting into lines easily loses. */
const TEXTS = [
  "plain",
  "two\nlines, \r\n and a\ttab",
  `"quotes" 'and' \\back\\slashes\\ $1 {"json":[1]}`,
  "\ufeffa byte order mark first",
  "line separators \u2028 \u2029",
  "😀 𝄞 e\u0301 漢字 العربية",
];

interface Community {
  server: ServerProcess;
  ann: Client;
  bob: Client;
  id: string;
}

/** Two people and what they did: every table has something, and messages in every state. */
async function community(environment: Record<string, string>): Promise<Community> {
  const server = await spawn(environment);
  const [ann, bob] = [await server.visitor().signUp("Ann"), await server.visitor().signUp("Bob")];
  const { id } = await ann.conversation([bob], "a group");
  for (const [i, text] of TEXTS.entries()) await ann.send(id, text, `client ${i}`);
  const [edited, deleted] = [await ann.send(id, "before"), await ann.send(id, "gone", "gone")];
  await ann.patch(`/api/chat/conversations/${id}/messages/${edited.id}/`, { content: "after" });
  await ann.call("DELETE", `/api/chat/conversations/${id}/messages/${deleted.id}/`);
  await ann.patch(`/api/chat/conversations/${id}/`, { name: "another name" });
  return { server, ann, bob, id };
}

async function backUp(environment: Record<string, string>, file: string) {
  const made = await run(["backup", file], environment);
  expect({ code: made.code, stderr: withoutProgress(made.stderr) }).toEqual({ code: 0, stderr: "" });
  expect(made.stdout).toContain("Read back and verified.");
}

const withoutProgress = (text: string) =>
  text.replace(/^(Copying|Writing|Reading back|Checking|Restoring): \d+ %\n/gm, "");

async function restore(environment: Record<string, string>, file: string, ...options: string[]) {
  const made = await run(["restore", file, ...options], environment);
  expect({ code: made.code, stderr: withoutProgress(made.stderr) }).toEqual({ code: 0, stderr: "" });
}

/** The rows of each table, in an order that does not depend on where they were read. */
async function rowsIn(file: string) {
  await verifyBackup(file);
  const tables: Record<string, string[]> = {};
  for await (const { table, rows } of readBackup(file)) if (table) tables[table] = [...(tables[table] ?? []), ...rows];
  for (const rows of Object.values(tables)) rows.sort();
  return tables;
}

async function logOf(person: Client, id: string): Promise<string[]> {
  const { body } = await person.get(`/api/chat/conversations/${id}/messages/?limit=100`);
  return body.data.messages.map((message: { content: string }) => message.content);
}

/** A resend of the deleted message is known by what it said, which is not kept. */
async function expectResendKnown(ann: Client, id: string) {
  const path = `/api/chat/conversations/${id}/messages/`;
  expect((await ann.post(path, { content: "gone", client_id: "gone" })).status).toBe(200);
  expect((await ann.post(path, { content: "another", client_id: "gone" })).status).toBe(409);
}

/** A backup of such a community, made once, and what one sees in it. */
let shared: Promise<{ bytes: Uint8Array; ann: Client; bob: Client; id: string; log: string[] }> | undefined;

function backedUp() {
  shared ??= (async () => {
    const place = await makePlace("embedded");
    const { server, ann, bob, id } = await community(place.environment);
    const log = await logOf(bob, id);
    await stop(server);
    const file = join(newFolder(), "one.zst");
    await backUp(place.environment, file);
    place.remove();
    return { bytes: readFileSync(file), ann, bob, id, log };
  })();
  return shared;
}

/** The file in a folder of its own. */
async function backupFile() {
  const { bytes } = await backedUp();
  const file = join(newFolder(), "one.zst");
  writeFileSync(file, bytes);
  return file;
}

const THREAD = new URL("../../src/server/database-thread.ts", import.meta.url);
/** The migration `0005_admin` of release 1. */
const ADMIN_MIGRATION = 1_795_382_996_710;
const MAIN = [process.execPath, "--no-env-file", join(import.meta.dir, "../../src/server/main.ts")];

async function epochOf(person: Client, id: string): Promise<string> {
  const { epoch } = (await person.get(`/api/chat/conversations/${id}/messages/?limit=1`)).body.data;
  if (typeof epoch !== "string") throw new Error("the answer has no epoch");
  return epoch;
}

/** These start servers and databases one after the other, which takes minutes on a busy machine. */
setDefaultTimeout(240_000);

const sides = modes.filter((mode) => mode !== "redis");

for (const mode of sides)
  describe(`beside a running server (${mode})`, () => {
    test("a backup shows one moment with everything acked before it, while sends go on", async () => {
      const environment = await newPlace(mode);
      const { ann, id } = await community(environment);
      const socket = await ann.chat(id);
      let isOver = false;
      let sent = 0;
      const sending = (async () => {
        while (!isOver) {
          socket.send({ content: `sent ${++sent}`, client_id: `sent ${sent}` });
          await socket.until(() => socket.all("ack").length === sent, 10_000);
        }
      })();
      await socket.until(() => socket.all("ack").length > 20, 10_000);
      const ackedBefore = socket.all("ack").length;
      const file = join(newFolder(), "one.zst");
      await backUp(environment, file);
      const ackedMeanwhile = socket.all("ack").length - ackedBefore;
      isOver = true;
      await sending;
      expect(ackedMeanwhile).toBeGreaterThan(20);
      const tables = await rowsIn(file);
      const seqs = (tables["messages"] ?? []).map((row) => JSON.parse(row).seq).sort((a, b) => a - b);
      expect(seqs).toEqual(seqs.map((_, i) => i + 1));
      expect(seqs.length).toBeGreaterThanOrEqual(TEXTS.length + 2 + ackedBefore);
      expect(tables["conversations"]?.map((row) => JSON.parse(row).last_seq)).toEqual([seqs.length]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readdirSync(join(file, "..")).sort()).toEqual(["one.zst"]);
    });

    test("a restore with --replace puts the data back, continues its numbers, and signs nobody out", async () => {
      const environment = await newPlace(mode);
      const { server, ann, bob, id } = await community(environment);
      const file = join(newFolder(), "one.zst");
      const then = await logOf(bob, id);
      const epoch = await epochOf(bob, id);
      await backUp(environment, file);
      await ann.send(id, "after the backup");
      const carl = await server.visitor().signUp("Carl");
      const socket = await bob.chat(id);
      const refused = await run(["restore", file], environment);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain("--replace");
      await restore(environment, file, "--replace");
      if (mode === "embedded") expect((await socket.closed).code).toBe(1012);
      // On PostgreSQL the nodes look once a second.
      for (let tries = 0; tries < 100 && (await epochOf(bob, id)) === epoch; tries++) await Bun.sleep(100);
      expect(await epochOf(bob, id)).not.toBe(epoch);
      expect(await logOf(bob, id)).toEqual(then);
      expect((await carl.get("/api/users/profile/")).status).toBe(401);
      expect((await ann.send(id, "and on")).seq).toBe(then.length + 1);
      expect((await server.visitor().signUp("Dora")).id).toBe(carl.id);
      expect((await ann.conversation([bob])).id).toBeString();
      await stop(server);
    });
  });

if (sides.includes("postgres"))
  test("from embedded to PostgreSQL and back, without a server: every row is the same", async () => {
    const [between, last] = [await newPlace("postgres"), await newPlace("embedded")];
    const folder = newFolder();
    const file = (name: string) => join(folder, name);
    writeFileSync(file("1"), (await backedUp()).bytes);
    await restore(between, file("1"));
    await backUp(between, file("2"));
    await restore(last, file("2"));
    await backUp(last, file("3"));
    const rows = await rowsIn(file("1"));
    expect(rows["messages"]?.length).toBe(TEXTS.length + 2);
    expect(await rowsIn(file("2"))).toEqual(rows);
    expect(await rowsIn(file("3"))).toEqual(rows);

    const { ann, id } = await backedUp();
    for (const environment of [between, last]) {
      const server = await spawn(environment);
      await expectResendKnown(ann.at(server.url), id);
      await stop(server);
    }
  });

if (sides.includes("postgres"))
  test("a database with tables in another schema and defaults of its own is backed up and restored", async () => {
    const environment = await newPlace("postgres");
    const file = await backupFile();
    const again = join(file, "../again.zst");
    await restore(environment, file);
    const sql = postgres(environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
    await sql.unsafe(`ALTER SCHEMA public RENAME TO chat; CREATE SCHEMA public; CREATE TABLE public.users (id text);
      DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET "TimeZone" = "Asia/Kathmandu"', current_database());
        EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database());
        EXECUTE format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = 1', current_database());
      END $$`);
    await sql.end();
    await backUp(environment, again);
    expect(await rowsIn(again)).toEqual(await rowsIn(file));
    await restore(environment, again, "--replace");
    await backUp(environment, join(file, "../last.zst"));
    expect(await rowsIn(join(file, "../last.zst"))).toEqual(await rowsIn(file));
  });

if (sides.includes("postgres"))
  test("a restore begins a new epoch even when it changes nothing and no node runs", async () => {
    const environment = await newPlace("postgres");
    const file = await backupFile();
    const epochs: (string | null)[] = [];
    for (const name of ["first.zst", "second.zst"]) {
      await restore(environment, file, "--replace");
      const made = join(file, "..", name);
      await backUp(environment, made);
      epochs.push((await verifyBackup(made)).epoch);
    }
    expect(epochs).toEqual([expect.any(String), expect.any(String)]);
    expect(epochs[1]).not.toBe(epochs[0] ?? null);
  });

if (sides.includes("postgres"))
  test("a link that sets a password is in no backup, and void after a restore", async () => {
    const environment = await newPlace("postgres");
    const file = await backupFile();
    await restore(environment, file);
    const sql = postgres(environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
    const makeLink = () =>
      sql`INSERT INTO password_links (key, user_id, expires_at) SELECT 'key', min(id), now() + interval '1 day' FROM users`;
    const links = () => sql`SELECT FROM password_links`;
    await makeLink();
    const made = join(file, "../made.zst");
    await backUp(environment, made);
    const { password_links: _none, ...rows } = await rowsIn(made);
    expect(_none).toBeUndefined();
    expect(rows).toEqual(await rowsIn(file));
    expect(await links()).toHaveLength(1);
    await restore(environment, made, "--replace");
    expect(await links()).toHaveLength(0);
    await sql.end();
  });

test("a backup has every table, each after those that its rows point to", () => {
  const tables = Object.values(schema).filter((value) => is(value, PgTable));
  const order = backupTables();
  // The tables that a restore leaves alone are named here, so that each new table needs a decision.
  expect(new Set([...order, "history", "password_links", "file_usage"])).toEqual(
    new Set(tables.map((table) => getTableConfig(table).name)),
  );
  const ordered = tables.map(getTableConfig).filter(({ name }) => order.includes(name));
  for (const { name, foreignKeys } of ordered)
    for (const key of foreignKeys)
      expect(order.indexOf(getTableConfig(key.reference().foreignTable).name)).toBeLessThan(order.indexOf(name));
});

test("a backup can go to standard output, and a broken pipe is reported", async () => {
  const environment = await newPlace("embedded");
  const file = join(newFolder(), "piped.zst");
  const main = [...MAIN, "backup", "-"];
  const child = Bun.spawn(main, { env: { ...environment }, stdout: Bun.file(file), stderr: "pipe" });
  expect(await child.exited).toBe(0);
  expect(await child.stderr.text()).toContain("not read back");
  const checked = await run(["restore", "--check", file], {});
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining("is whole") });

  const broken = Bun.spawn(main, { env: { ...environment }, stdout: "pipe", stderr: "pipe" });
  await broken.stdout.cancel();
  expect(await broken.exited).toBe(1);
  expect(await broken.stderr.text()).toContain("standard output");
});

test("a command that can't be done is refused with a clear text, and changes nothing", async () => {
  const environment = await newPlace("embedded");
  const { server, bob, id } = await community(environment);
  const folder = newFolder();
  const file = join(folder, "one.zst");
  await backUp(environment, file);
  const before = readFileSync(file);
  for (const [args, code, text] of [
    [["backup"], 2, "backup needs a file"],
    [["restore"], 2, "restore needs a file"],
    [["backup", file], 1, "--force"],
    [["backup", join(folder, "nowhere/two.zst")], 1, "nowhere/two.zst is not there"],
    [["restore", "-"], 1, "can't be a pipe"],
    [["restore", file], 1, "--replace"],
    [["restore", join(folder, "two.zst")], 1, "can't be read"],
    [["restore", import.meta.path], 1, "is no backup of Confab"],
  ] as const) {
    const refused = await run([...args], environment);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toContain(text);
  }
  expect(readFileSync(file)).toEqual(before);
  expect(readdirSync(folder)).toEqual(["one.zst"]);
  expect(await logOf(bob, id)).toHaveLength(TEXTS.length + 2);
  await stop(server);
  const nothing = { ...environment, DATA_DIR: join(folder, "none") };
  expect((await run(["backup", join(folder, "two.zst")], nothing)).stderr).toContain("nothing to back up");
  expect(existsSync(nothing.DATA_DIR)).toBe(false);
});

describe("a damaged file", () => {
  /** A backup of some rows, made here: quick to damage in many ways. */
  async function made(folder: string) {
    const file = join(folder, "made.zst");
    await writeBackup(file, header(500), rows(500));
    return file;
  }

  test("is refused when it is cut anywhere, has any byte changed, or has anything appended", async () => {
    const folder = newFolder();
    const bytes = readFileSync(await made(folder));
    const file = join(folder, "damaged.zst");
    const refused = async (content: Uint8Array) => {
      writeFileSync(file, content);
      await expect(verifyBackup(file)).rejects.toBeInstanceOf(BackupFileError);
    };
    const step = Math.max(1, Math.floor(bytes.length / 150));
    for (let at = 0; at < bytes.length; at += step) {
      await refused(bytes.subarray(0, at));
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      await refused(flipped);
    }
    // Each of those that are not data: the title and the checksum.
    for (const at of [...Array(40).keys(), ...Array.from({ length: 80 }, (_, i) => bytes.length - 1 - i)]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await refused(flipped);
    }
    await refused(Buffer.concat([bytes, Buffer.from("more")]));
    await refused(Buffer.concat([bytes, bytes]));
  });

  test("is refused when its rows differ from its header, even with a right checksum", async () => {
    const file = join(newFolder(), "wrong.zst");
    for (const [said, has] of [
      [3, 2],
      [2, 3],
      [1, 0],
    ] as const) {
      await writeBackup(file, header(said), rows(has));
      await expect(verifyBackup(file)).rejects.toBeInstanceOf(BackupFileError);
    }
    await writeBackup(file, header(3), rows(3));
    await verifyBackup(file);
  });

  test("or one of a newer version leaves a database as it was", async () => {
    const environment = await newPlace("embedded");
    const file = await backupFile();
    await restore(environment, file);
    const before = await rowsIn(file);
    const bytes = readFileSync(file);
    const folder = join(file, "..");
    const cases: [string, Uint8Array][] = [
      ["its end is missing", bytes.subarray(0, -10)],
      ["its checksum is wrong", Buffer.from(bytes).fill(0, 100, 101)],
      ["a format that this version does not know", Buffer.from(bytes).fill("2", 30, 31)],
    ];
    const text = zstdDecompressSync(bytes).toString().split("\n");
    const newer = join(folder, "newer.zst");
    await writeBackup(
      newer,
      { ...JSON.parse(text[0] ?? ""), migration: 4_000_000_000_000, confab: "9.9" },
      text.slice(1, -1),
    );
    cases.push(["made by Confab 9.9, which is newer", readFileSync(newer)]);
    for (const [why, content] of cases) {
      writeFileSync(file, content);
      const refused = await run(["restore", "--replace", file], environment);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(why);
    }
    await backUp(environment, join(folder, "after.zst"));
    expect(await rowsIn(join(folder, "after.zst"))).toEqual(before);
  });
});

/** Tables that came after the older version and have rows here. */
const LATER_TABLES = [
  "known_networks",
  "follower_cursors",
  "follower_leases",
  "statistics",
  "found",
  "server_settings",
];

for (const mode of sides)
  test(`a backup of an older version is migrated to this version (${mode})`, async () => {
    const environment = await newPlace(mode);
    const { ann, bob, id, bytes } = await backedUp();
    const lines = zstdDecompressSync(bytes).toString().split("\n").slice(0, -1);
    const header = JSON.parse(lines[0] ?? "");
    // That version had none of the tables that are empty here, nor known networks, nor a key for digests, and those it kept
    // were plain.
    const isThere = ({ name, rows }: { name: string; rows: number }) => rows > 0 && !LATER_TABLES.includes(name);
    let next = 1;
    const kept: string[] = [];
    for (const table of header.tables) {
      if (isThere(table)) kept.push(...lines.slice(next, next + table.rows));
      next += table.rows;
    }
    header.tables = header.tables.filter(isThere);
    for (const table of header.tables) if (table.name === "secrets") table.rows = 1;
    const plain = createHash("sha256").update("gone").digest("base64url");
    const older = ADMIN_MIGRATION;
    const isKey = (line: string) => line.startsWith('{"name":"digest",');
    const rows = kept.flatMap((line) => {
      const { last_online, tag, may_add_me, proved_at, hidden_seq, fields, kind, payload, ...known } = JSON.parse(line);
      const { parent_id, root_seq, read_version, is_following, avatar, picture, ...row } = known;
      if (row.first_content) row.first_content = plain;
      return isKey(line) ? [] : [JSON.stringify(row)];
    });
    const olderFile = join(newFolder(), "older.zst");
    await writeBackup(olderFile, { ...header, migration: older }, rows);
    // Into what is there at this version. An embedded place begins with that.
    if (mode !== "embedded") await run(["migrate"], environment);
    await restore(environment, olderFile, "--replace");
    const again = await spawn(environment);
    bob.url = again.url;
    expect(await logOf(bob, id)).toHaveLength(TEXTS.length + 2);
    expect((await bob.send(id, "and on")).seq).toBe(TEXTS.length + 3);
    await expectResendKnown(ann.at(again.url), id);
    await stop(again);
  });

test("a restore that is killed at any moment leaves either the old data or the whole backup", async () => {
  const environment = await newPlace("embedded");
  const file = await backupFile();
  const found = join(file, "../found.zst");
  await backUp(environment, found);
  const states = [await rowsIn(found), await rowsIn(file)];
  // How long one takes here, to be killed in all parts of it.
  const other = await newPlace("embedded");
  const started = performance.now();
  await restore(other, file);
  const durationMs = performance.now() - started;
  for (const afterMs of [0.3, 0.6, 0.8, 0.95].map((share) => share * durationMs)) {
    const child = Bun.spawn([...MAIN, "restore", "--replace", file], {
      env: { ...environment },
      stdout: "ignore",
      stderr: "ignore",
    });
    await Bun.sleep(afterMs);
    child.kill("SIGKILL");
    await child.exited;
    expect((await run(["backup", "--force", found], environment)).code).toBe(0);
    expect(states).toContainEqual(await rowsIn(found));
  }
});

test("a backup that is interrupted or finds the disk full leaves nothing behind, and says so", async () => {
  const environment = await newPlace("embedded");
  const { server } = await community(environment);
  const folder = newFolder();
  for (const afterMs of [300, 1_000]) {
    const child = Bun.spawn([...MAIN, "backup", "--force", join(folder, "one.zst")], {
      env: { ...environment },
      stdout: "ignore",
      stderr: "ignore",
    });
    await Bun.sleep(afterMs);
    child.kill("SIGINT");
    const code = await child.exited;
    expect([0, 130]).toContain(code);
    expect(readdirSync(folder).filter((name) => name !== "one.zst")).toEqual([]);
  }
  const small = join(folder, "small");
  mkdirSync(small);
  const disk = mountSmallDisk(small, 64);
  if (!disk) return;
  try {
    const full = await run(["backup", join(small, "one.zst")], environment);
    expect(full.code).toBe(1);
    expect(full.stderr).toContain("too little space");
    await stop(server);
    writeFileSync(join(small, "filler"), Buffer.alloc(64 * 1024));
    const without = await run(["backup", join(small, "one.zst")], environment);
    expect(without.code).toBe(1);
    expect(without.stderr).toContain("ENOSPC");
    expect(readdirSync(small)).toEqual(["filler"]);
  } finally {
    disk.unmount();
  }
});

test("no checkpoint begins and the log stays while a backup holds checkpoints", async () => {
  const folder = newFolder();
  const db = join(folder, "db");
  Bun.spawnSync(["cp", "-r", join(await embeddedTemplate(), "db"), db]);
  const client = await PgliteThread.open(THREAD, { folder: db, sync: true }, () => {});
  const checkpoints = new Checkpoints(client, true);
  const redo = async () =>
    (await client.query("SELECT redo_lsn::text AS at FROM pg_control_checkpoint()")).rows[0]?.["at"];
  const write = () => client.exec("CREATE TABLE IF NOT EXISTS t (i int); INSERT INTO t VALUES (1)");
  await write();
  const before = await redo();
  const release = [await checkpoints.hold(), await checkpoints.hold()];
  await checkpoints.run();
  release[0]?.();
  release[0]?.();
  await checkpoints.run();
  expect(await redo()).toBe(before);
  release[1]?.();
  await checkpoints.run();
  expect(await redo()).not.toBe(before);
  await client.close();
});

const header = (rows: number): BackupHeader => ({
  confab: "1.0.0",
  created_at: new Date(0).toISOString(),
  from: "embedded",
  migration: 1,
  epoch: null,
  tables: [
    { name: "none", rows: 0 },
    { name: "users", rows },
    { name: "nothing", rows: 0 },
  ],
});

const rows = (n: number) => Array.from({ length: n }, (_, i) => JSON.stringify({ id: i, text: crypto.randomUUID() }));

async function writeBackup(file: string, header: BackupHeader, rows: string[]) {
  const chunks: Uint8Array[] = [];
  const writer = new BackupWriter({ write: async (bytes) => void chunks.push(bytes) });
  await writer.lines([JSON.stringify(header), ...rows]);
  await writer.end();
  writeFileSync(file, Buffer.concat(chunks));
}

test("a server holds its checkpoints while the command runs, which notices a restore or the end of the server", async () => {
  const environment = await newPlace("embedded");
  const server = await spawn(environment);
  const socket = join(environment["DATA_DIR"] ?? "", CONTROL_SOCKET);
  await withCheckpointsHeld(socket, async () => {
    // Longer than what closes an idle connection, and with nothing kept alive by chance.
    for (let second = 0; second < 13; second++) {
      await Bun.sleep(1_000);
      Bun.gc(true);
    }
  });
  const file = await backupFile();
  const replaced = withCheckpointsHeld(socket, () => restore(environment, file, "--replace"));
  await expect(replaced).rejects.toBeInstanceOf(ServerGoneError);
  const interrupted = withCheckpointsHeld(socket, async () => {
    server.kill("SIGKILL");
    await server.exited;
  });
  await expect(interrupted).rejects.toBeInstanceOf(ServerGoneError);
});
