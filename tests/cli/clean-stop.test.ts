import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { dataOf } from "../http/expectations.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { makePlace, type Place } from "../support/modes.ts";
import { run, type ServerProcess, spawnServer } from "../support/process.ts";
import { reached, versionsIn } from "../ws/frames.ts";

setDefaultTimeout(60_000);

let place: Place;
let server: ServerProcess | undefined;
let ann: Client;
let id: string;

const environment = () => ({ ...place.environment, LOG_DIR: "off" });
const folderOf = (name: "DATA_DIR" | "STATE_DIR") => place.environment[name] ?? "";

async function start(settings: Record<string, string> = {}) {
  server = await spawnServer({ ...environment(), ...settings });
  if (ann) ann = ann.at(server.url);
  return server;
}

async function end(signal: "SIGTERM" | "SIGKILL" = "SIGTERM") {
  server?.kill(signal);
  await server?.exited;
  server = undefined;
}

beforeEach(async () => {
  place = await makePlace("embedded");
  const first = await spawnServer(environment());
  server = first;
  ann = await first.visitor().signUp("Ann");
  id = (await ann.conversation([await first.visitor().signUp("Bob")])).id;
});
afterEach(async () => {
  await end();
  place.remove();
});

const epochOf = async () => dataOf(await ann.get(`/api/chat/conversations/${id}/messages/`)).epoch;
const copyOf = (name: string) => join(folderOf("DATA_DIR"), "..", name);
/** A server's socket can't be copied, nor is it data. */
const isData = (path: string) => !path.endsWith(".sock");
const copyTo = (name: string) => cpSync(folderOf("DATA_DIR"), copyOf(name), { recursive: true, filter: isData });

function putBack(name: string) {
  rmSync(folderOf("DATA_DIR"), { recursive: true });
  renameSync(copyOf(name), folderOf("DATA_DIR"));
}

test("an embedded database that is stopped and started again keeps its epoch", async () => {
  const epoch = await epochOf();
  for (let n = 0; n < 2; n++) {
    await end();
    await start();
    expect(await epochOf()).toBe(epoch);
  }
});

test("commands that open the folder between two starts keep the epoch", async () => {
  const epoch = await epochOf();
  await end();
  const options = ["createsuperuser", "--email", "root@example.com", "--first-name", "Rosa", "--last-name", "Root"];
  expect((await run(options, { ...environment(), SUPERUSER_PASSWORD: PASSWORD })).code).toBe(0);
  expect((await run(["migrate"], environment())).code).toBe(0);
  expect((await run(["backup", copyOf("backup.zst")], environment())).code).toBe(0);
  await start();
  expect(await epochOf()).toBe(epoch);
});

test("a copy of the folder that is put back begins a new epoch, and cursors beyond it get a reset", async () => {
  const kept = [];
  for (const n of [1, 2, 3]) kept.push(await ann.send(id, `${n}`));
  const epoch = await epochOf();
  await end();
  copyTo("copy");
  await start();
  const dead = [];
  for (const n of [4, 5, 6]) dead.push(await ann.send(id, `dead ${n}`));
  await end();
  putBack("copy");
  await start();
  expect(await epochOf()).not.toBe(epoch);
  for (const n of [4, 5, 6, 7, 8, 9]) await ann.send(id, `${n}`);

  for (const { version, id: tag } of dead) {
    const socket = await ann.chat(id, version, tag);
    expect(await socket.next("reset")).toMatchObject({ last_version: 9, epoch: await epochOf() });
    await socket.settled();
    expect(versionsIn(socket.frames)).toEqual([]);
    socket.close();
  }
  const socket = await ann.chat(id, 3, kept[2]?.id);
  await reached(socket, 9);
  expect(versionsIn(socket.frames)).toEqual([4, 5, 6, 7, 8, 9]);
  socket.close();
});

test("a copy that was made while the server ran begins a new epoch, like lost commits", async () => {
  const epoch = await epochOf();
  copyTo("copy");
  await ann.send(id, "lost");
  await end("SIGKILL");
  putBack("copy");
  await start();
  const next = await epochOf();
  expect(next).not.toBe(epoch);
});

test("after kill -9 a new epoch begins", async () => {
  const epoch = await epochOf();
  await end("SIGKILL");
  await start();
  expect(await epochOf()).not.toBe(epoch);
});

test("a mark counts for one start and one folder, and only its user can read it", async () => {
  await end();
  const [name = ""] = readdirSync(folderOf("STATE_DIR"));
  expect(statSync(join(folderOf("STATE_DIR"), name)).mode & 0o777).toBe(0o600);
  await start();
  expect(readdirSync(folderOf("STATE_DIR"))).toEqual([]);
});

test("a STATE_DIR within DATA_DIR, or one that can't be written, makes each start a new epoch", async () => {
  const unwritable = copyOf("file");
  await Bun.write(unwritable, "");
  for (const STATE_DIR of [folderOf("DATA_DIR"), join(folderOf("DATA_DIR"), "state"), unwritable]) {
    await end();
    await start({ STATE_DIR });
    const epoch = await epochOf();
    await end();
    await start({ STATE_DIR });
    expect(await epochOf()).not.toBe(epoch);
  }
});
