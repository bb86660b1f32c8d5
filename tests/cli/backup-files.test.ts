import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CopyDigests } from "../../src/server/node/copy-digests.ts";
import type { Client } from "../support/client.ts";
import { type Mode, makePlace, modes } from "../support/modes.ts";
import { picture, RED } from "../support/pictures.ts";
import { run, type ServerProcess, spawnServer } from "../support/process.ts";
import { sharedS3 } from "../support/s3.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(120_000);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function newPlace(mode: Mode) {
  const { environment, remove } = await makePlace(mode);
  cleanups.push(remove);
  return environment;
}

async function spawn(environment: Record<string, string>): Promise<ServerProcess> {
  const server = await spawnServer(environment);
  cleanups.push(async () => {
    server.kill("SIGKILL");
    await server.exited;
  });
  return server;
}

function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), "confab-backup-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const headersOf = ({ cookie }: Client) => ({ Cookie: `sessionid=${cookie}` });
async function sendFile(person: Client, conversationId: string, text: string, bytes: string) {
  const answer = await fetch(`${person.url}/api/files/?name=a.txt`, {
    method: "POST",
    headers: headersOf(person),
    body: bytes,
  });
  const { data } = JSON.parse(await answer.text());
  const path = `/api/chat/conversations/${conversationId}/messages/`;
  const sent = await person.post(path, { content: text, files: [data.id] });
  expect(sent.status).toBe(201);
  return { id: String(data.id), message: String(sent.body.data.id) };
}
const contentOf = async (person: Client, id: string) => {
  const answer = await fetch(`${person.url}/api/files/${id}/a.txt`, { headers: headersOf(person) });
  return answer.status === 200 ? answer.text() : answer.status;
};
const found = async (person: Client, q: string) => {
  const { body } = await person.get(`/api/chat/search/?q=${encodeURIComponent(q)}`);
  return body.data.results.map(({ message }: { message: { content: string } }) => message.content);
};
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

if (modes.includes("embedded"))
  test("a restore beside a running server brings back files, pictures and the search of that moment", async () => {
    const environment = await newPlace("embedded");
    const server = await spawn(environment);
    const [ann, bob] = [await server.visitor().signUp("Ann"), await server.visitor().signUp("Bob")];
    const { id } = await ann.conversation([bob], "a group");
    const kept = await sendFile(ann, id, "the harvest report", "wheat and rye");
    const { avatar } = (
      await ann.put(
        "/api/users/me/avatar/",
        picture(300, 300, () => RED),
      )
    ).body.data;
    const folder = newFolder();
    const [file, copies] = [join(folder, "one.zst"), join(folder, "files")];
    const first = await run(["backup", file, "--files", copies], environment);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(`${copies}: 3 files, of which 3 are new`);

    await ann.call("DELETE", `/api/chat/conversations/${id}/messages/${kept.message}/`);
    await ann.delete("/api/users/me/avatar/");
    rmSync(join(environment["DATA_DIR"] ?? "", "files"), { recursive: true });
    await sendFile(ann, id, "the orchard report", "apples");
    await until(async () => (await found(bob, "report")).join() === "the orchard report");

    const restored = await run(["restore", file, "--replace", "--files", copies], environment);
    expect({ code: restored.code, stdout: restored.stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("3 files, of which"),
    });
    await until(async () => (await contentOf(bob, kept.id)) === "wheat and rye");
    await until(async () => (await found(bob, "report")).join() === "the harvest report");
    const shown = await fetch(`${server.url}/api/avatars/${avatar}`, { headers: headersOf(bob) });
    expect(shown.headers.get("content-type")).toBe("image/webp");
    await ann.send(id, "a report of today");
    await until(async () => (await found(bob, "report")).join() === "a report of today,the harvest report");
  });

if (modes.includes("postgres"))
  test("files move from S3 to a folder, and bytes that are not theirs are left out", async () => {
    const from = { ...(await newPlace("postgres")), ...(await sharedS3()).settings() };
    const server = await spawn(from);
    const [ann, bob] = [await server.visitor().signUp("Ann"), await server.visitor().signUp("Bob")];
    const { id } = await ann.conversation([bob], "a group");
    const large = "0123456789abcdef".repeat(600_000);
    const [one, two] = [await sendFile(ann, id, "the harvest report", "wheat"), await sendFile(ann, id, "all", large)];
    server.kill("SIGTERM");
    await server.exited;
    const folder = newFolder();
    const [file, copies] = [join(folder, "one.zst"), join(folder, "files")];
    expect((await run(["backup", file, "--files", copies], from)).stdout).toContain("2 files, of which 2 are new");
    const again = await run(["backup", file, "--force", "--files", copies], from);
    expect(again.stdout).toContain("2 files, of which 0 are new");
    expect(filesIn(join(copies, "files"))).toBe(2);
    const check = () => run(["restore", file, "--check", "--files", copies], from);
    expect(await check()).toMatchObject({ code: 0, stdout: expect.stringContaining("has 2 of its 2 files") });

    const broken = join(copies, "files", one.id.slice(-2), one.id);
    const whole = readFileSync(broken);
    writeFileSync(broken, "WHEAT");
    expect(await check()).toMatchObject({ code: 1, stdout: expect.stringContaining("has 1 of its 2 files") });
    const to = await newPlace("postgres");
    const partly = await run(["restore", file, "--files", copies], to);
    expect(partly.code).toBe(0);
    expect(partly.stderr).toContain(`Not whole in ${copies}: 1 file of the backup.\n`);
    expect(await run(["files", "check"], to)).toMatchObject({ code: 1, stdout: expect.stringContaining(one.id) });
    writeFileSync(broken, whole);
    expect((await run(["restore", file, "--replace", "--files", copies], to)).stdout).toContain(
      "2 files, of which 1 are new",
    );
    const moved = await spawn(to);
    bob.url = moved.url;
    expect(await contentOf(bob, one.id)).toBe("wheat");
    expect(await contentOf(bob, two.id)).toBe(large);
    await until(async () => (await found(bob, "harvest")).join() === "the harvest report");
  });

test("digests of copies survive a line that a crash cut off, and a restore adds none", () => {
  const folder = newFolder();
  const sums = join(folder, "SHA256SUMS");
  const key = (n: number) => `files/00000000-0000-4000-8000-00000000000${n}` as const;
  const digest = "a".repeat(64);
  new CopyDigests(folder, true).add(key(1), digest);
  writeFileSync(sums, `${readFileSync(sums, "utf8")}${digest}  files/02/0000`);
  new CopyDigests(folder, true).add(key(2), digest);
  const read = new CopyDigests(folder, false);
  expect([1, 2, 3].map((n) => read.of(key(n)))).toEqual([digest, digest, undefined]);
  const before = readFileSync(sums, "utf8");
  read.add(key(3), digest);
  expect(readFileSync(sums, "utf8")).toBe(before);
});

test("the store itself, or a pipe, is refused in place of a copy of files", async () => {
  const environment = await newPlace("embedded");
  const store = join(environment["DATA_DIR"] ?? "", "files");
  const file = join(newFolder(), "one.zst");
  expect((await run(["backup", file, "--files", store], environment)).stderr).toContain("is the store of files itself");
  expect((await run(["backup", "-", "--files", newFolder()], environment)).stderr).toContain("needs a file");
});
