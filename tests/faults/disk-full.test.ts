import { afterEach, expect, test } from "bun:test";
import { randomInt } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../support/client.ts";
import { makePlace, type Place } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { run, type ServerProcess, spawnServer } from "../support/process.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";
import type { Frame } from "../support/socket.ts";

const MIB = 1024;
/** The empty database takes 39 MiB, and its log grows by 16 MiB at a time. */
const DISK_KIB = 64 * MIB;
/** 15 kB that can't be compressed: what compresses takes little space. */
const large = () => String.fromCodePoint(...Array.from({ length: 5_000 }, () => randomInt(0x4e00, 0x9fff)));

let place: Place | undefined;
let disk: SmallDisk | undefined;
let folder: string;
let server: ServerProcess | undefined;

afterEach(async () => {
  server?.kill("SIGKILL");
  await server?.exited;
  disk?.unmount();
  rmSync(folder, { recursive: true, force: true });
  place?.remove();
});

/** An embedded server whose data are on a disk of their own. */
async function openOnDisk() {
  folder = mkdtempSync(join(tmpdir(), "confab-disk-"));
  disk = mountSmallDisk(folder, DISK_KIB);
  if (!disk) return undefined;
  place = await makePlace("embedded");
  const data = join(folder, "data");
  cpSync(place.environment["DATA_DIR"] ?? "", data, { recursive: true });
  const environment = { ...place.environment, DATA_DIR: data, PORT: String(await freePort()) };
  server = await spawnServer(environment);
  const [ann, bob] = [await server.visitor().signUp("Ann"), await server.visitor().signUp("Bob")];
  return { environment, server, ann, bob, id: (await ann.conversation([bob])).id };
}

/** Fills the disk except for this many bytes. */
function fill(leaveKib: number) {
  const { bsize, bavail } = statfsSync(folder);
  writeFileSync(join(folder, "filler"), Buffer.alloc(Math.max(0, bsize * bavail - leaveKib * 1024)));
}

async function logOf(person: Client, id: string) {
  const log: { seq: number; client_id: string }[] = [];
  for (;;) {
    const path = `/api/chat/conversations/${id}/messages/?after_seq=${log.length}&limit=100`;
    const answer = await person.get(path);
    expect(answer.status, answer.text).toBe(200);
    const { messages } = answer.body.data;
    if (messages.length === 0) return log;
    log.push(...messages);
  }
}

async function expectKept(person: Client, id: string, acks: Frame[]) {
  const log = await logOf(person, id);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  const seqOf = new Map(log.map(({ client_id, seq }) => [client_id, seq]));
  expect(acks.length).toBeGreaterThan(20);
  for (const { client_id, seq } of acks) expect(seqOf.get(client_id)).toBe(seq);
}

test("no space for a table: sends are refused, nothing acked is lost, and with space again the server goes on by itself", async () => {
  const opened = await openOnDisk();
  if (!opened) return;
  const { server, ann, bob, id } = opened;
  const [a, b] = [await ann.chat(id), await bob.chat(id)];
  fill(1 * MIB);
  let sent = 0;
  while (a.all("error").length === 0 && sent < 2_000) {
    for (let i = 0; i < 20; i++) a.send({ content: large(), client_id: `${++sent}` });
    await a.until(() => a.all("ack").length + a.all("error").length === sent, 15_000);
  }
  for (const { code, client_id } of a.all("error")) {
    expect(code).toBe("unavailable");
    expect(a.all("ack").some((ack) => ack.client_id === client_id)).toBe(false);
  }
  const path = `/api/chat/conversations/${id}/messages/`;
  expect(await ann.post(path, { content: large() })).toMatchObject({ status: 503, body: { code: "unavailable" } });
  expect((await ann.get("/api/chat/health/ready/")).status).toBe(200);
  await expectKept(ann, id, a.all("ack"));

  unlinkSync(join(folder, "filler"));
  const refused = a.all("error")[0].client_id;
  a.send({ content: "again", client_id: refused });
  await a.next("ack", (ack) => ack.client_id === refused);
  await expectKept(ann, id, a.all("ack"));
  await b.until(() => b.all("message").length === a.all("ack").length);
  expect(b.all("message").map(({ message }) => message.seq)).toEqual(a.all("ack").map(({ seq }) => seq));
  server.kill("SIGTERM");
  expect(await server.exited).toBe(0);
});

test("no space for the database's log: the server ends and says why, and with space again all that was acked is there", async () => {
  const opened = await openOnDisk();
  if (!opened) return;
  const { environment, server: first, ann, bob, id } = opened;
  const a = await ann.chat(id);
  let isOpen = true;
  a.closed.then(() => {
    isOpen = false;
  });
  fill(12 * MIB);
  let sent = 0;
  while (isOpen && sent < 5_000) {
    for (let i = 0; i < 20; i++) a.send({ content: large(), client_id: `${++sent}` });
    await a.until(() => !isOpen || a.all("ack").length + a.all("error").length === sent, 15_000);
  }
  expect((await a.closed).code).toBe(1012);
  expect(await first.exited).toBe(1);
  const answered = [...a.all("ack"), ...a.all("error")].map((frame) => frame.client_id);
  expect(new Set(answered).size).toBe(answered.length);
  expect(a.all("error").map(({ code }) => code)).toContain("unavailable");

  // Started again on the full disk it says so, and does not hang.
  const again = await run(["serve"], environment);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("Is the disk full?");
  disk?.grow(2 * DISK_KIB);
  server = await spawnServer(environment);
  await expectKept(bob, id, a.all("ack"));
  expect((await bob.send(id, "and on")).seq).toBe((await logOf(bob, id)).length);
});
