import { afterEach, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { SQL_FUNCTIONS } from "../../src/server/node/sql-functions.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { openPglite } from "../../src/server/platform/pglite/driver.ts";
import { Database } from "../../src/server/platform/postgres/database.ts";
import { Migrations } from "../../src/server/platform/postgres/migrations.ts";
import * as schema from "../../src/server/platform/postgres/schema.ts";
import { embeddedTemplate } from "../support/modes.ts";
import { Recording } from "../support/recorded-files.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const logger = pino({ level: "silent" });
const CUTS = 9;
const SENDS = 400;
/** Marks before the first send and after the last. */
const [FIRST, LAST] = ["first", "last"];

/** Sends messages, with checkpoints in between, and records what happens to the files. Each ack leaves a mark. */
async function recordSends(sync: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "confab-power-"));
  folders.push(folder);
  const dataDir = join(folder, "data");
  cpSync(await embeddedTemplate(), dataDir, { recursive: true });
  const files = new Recording(join(dataDir, "db"));
  const migrations = new Migrations(SQL_FUNCTIONS);
  const driver = await openPglite({
    dataDir,
    stateDir: join(folder, "state"),
    thread: new URL("../support/recording-thread.ts", import.meta.url),
    schema,
    migrations,
    logger,
    sync,
    onStopped: () => {},
  });
  const stores = storesOn(new Database(driver));
  const user = { firstName: "Ann", lastName: "Lee", passwordHash: "none", isSuperuser: false };
  const ann = await stores.users.create({ ...user, email: "ann@example.com" });
  const bob = await stores.users.create({ ...user, email: "bob@example.com" });
  if (!ann || !bob) throw new Error("an e-mail is taken");
  const id = Bun.randomUUIDv7();
  await stores.conversations.create({ id, ownerId: ann.id, participantIds: [ann.id, bob.id], name: null });
  files.mark(FIRST);
  for (let i = 1; i <= SENDS; i++) {
    const content = `${i} `.repeat(300);
    await stores.log.append({
      id: Bun.randomUUIDv7(),
      conversationId: id,
      senderId: ann.id,
      content,
      clientId: `${i}`,
    });
    files.mark(`${i}`);
    if (i % 80 === 0) await driver.query("CHECKPOINT", []);
  }
  files.mark(LAST);
  await driver.close();
  const events = files.read();
  const at = (wanted: string) => events.findIndex(({ mark }) => mark === wanted);
  return { files, events, from: at(FIRST), to: at(LAST), folder };
}

/** The acked messages that are lost when the power fails at moments spread over the sends, and databases that do not open. */
async function lostAtCuts({ files, events, from, to, folder }: Awaited<ReturnType<typeof recordSends>>) {
  const random = randomNumbers(7);
  const lost: string[] = [];
  const image = join(folder, "image");
  const settings = { DATA_DIR: image, STATE_DIR: join(folder, "state"), EMBEDDED_SYNC: "off" };
  for (let cut = 0; cut < CUTS; cut++) {
    // Every other one in the middle of a checkpoint, where most can go wrong.
    const syncs = events.flatMap(({ kind }, index) => (kind === "sync" && index > from ? [index] : []));
    const inCheckpoint = syncs[Math.floor(random() * syncs.length)];
    const after =
      cut % 2 === 1 && inCheckpoint !== undefined ? inCheckpoint : from + Math.floor(random() * (to - from));
    const share = [0, 0.5, 0.95][cut % 3] ?? 0;
    const acked = files
      .cut(after, join(image, "db"), () => random() < share)
      .filter((mark) => mark !== FIRST && mark !== LAST);
    try {
      const driver = await openDriver(readConfig(settings), logger);
      try {
        const rows = await driver.query<{ client_id: string }>("SELECT client_id FROM messages ORDER BY seq", []);
        const kept = rows.map((row) => row.client_id);
        const [counted] = await driver.query<{ n: string }>("SELECT max(last_seq) AS n FROM conversations", []);
        if (kept.length < acked.length || kept.some((id, i) => id !== `${i + 1}`) || Number(counted?.n) !== kept.length)
          lost.push(`cut ${cut}: ${acked.length} acked, ${kept.length} kept, last_seq ${counted?.n}`);
      } finally {
        await driver.close();
      }
    } catch (error) {
      lost.push(`cut ${cut}: ${error}`);
    }
    rmSync(image, { recursive: true, force: true });
  }
  return lost;
}

/** The same numbers each time (mulberry32). */
function randomNumbers(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("a loss of power takes nothing acked from the embedded database, also in the middle of a checkpoint", async () => {
  expect(await lostAtCuts(await recordSends(true))).toEqual([]);
}, 240_000);

test("the test's disk loses what was not synced: with EMBEDDED_SYNC=off acked messages are gone", async () => {
  expect((await lostAtCuts(await recordSends(false))).length).toBeGreaterThan(0);
}, 240_000);
