import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { File } from "../../src/protocol/files.ts";
import { hasClamd, startClamd, type TestClamd, VIRUS } from "../support/clamd.ts";
import type { Client } from "../support/client.ts";
import { makePlace, type Place } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { dataOf, expectError } from "./expectations.ts";

/** Uploads a text in one request. */
async function upload(person: Client, text: string): Promise<File> {
  const answer = await person.call("POST", "/api/files/?name=note.txt", new TextEncoder().encode(text));
  return dataOf(answer, 201);
}
const fileOf = async (person: Client, id: string): Promise<File> => dataOf(await person.get(`/api/files/${id}/`));
const untilState = (person: Client, id: string, state: string) =>
  until(async () => (await fileOf(person, id)).state === state, { withinMs: 90_000 });
async function bytesOf(person: Client, id: string) {
  const headers = { cookie: `sessionid=${person.cookie}` };
  const answer = await fetch(`${person.url}/api/files/${id}/note.txt`, { headers });
  return { status: answer.status, text: await answer.text() };
}
const degraded = async (person: Client) => (await person.get("/api/chat/health/ready/")).body.degraded ?? [];

describe.skipIf(!hasClamd)("files that are scanned", () => {
  let clamd: TestClamd;
  let server: TestServer;
  let ann: Client;
  let conversationId: string;
  beforeAll(async () => {
    clamd = await startClamd();
    server = await startTestServer("embedded", { SCAN: clamd.tcp });
    ann = await server.person("Ann");
    conversationId = (await ann.conversation([await server.person("Bob")])).id;
  });
  afterAll(async () => {
    await server.stop();
    await clamd.stop();
  });
  const send = (...files: string[]) =>
    ann.post(`/api/chat/conversations/${conversationId}/messages/`, { content: "", files });

  test("a clean file becomes ready, and people read it", async () => {
    const { id } = await upload(ann, "a clean text");
    await untilState(ann, id, "ready");
    expect((await bytesOf(ann, id)).text).toBe("a clean text");
    expect((await send(id)).status).toBe(201);
  });

  test("a file with a virus is refused with the reason, its bytes are gone, and nobody sends it", async () => {
    const { id } = await upload(ann, `before ${VIRUS} after`);
    await untilState(ann, id, "refused");
    expect((await fileOf(ann, id)).refusal).toContain("Confab.Test");
    expect((await bytesOf(ann, id)).status).not.toBe(200);
    expectError(await send(id), 409, { code: "file_refused" });
    const folder = join(server.environment["DATA_DIR"] ?? "", "files");
    expect(readdirSync(folder, { recursive: true }).join()).not.toContain(id);
  });

  test("files wait while the scanner is away, and nobody reads them before it is back", async () => {
    await clamd.kill();
    const [clean, virus] = [await upload(ann, "waits"), await upload(ann, VIRUS)];
    await until(async () => (await degraded(ann)).includes("scanner"));
    for (const { id } of [clean, virus]) {
      expect((await fileOf(ann, id)).state).toBe("checking");
      expect((await bytesOf(ann, id)).status).not.toBe(200);
      expectError(await send(id), 409, { code: "file_not_ready" });
    }
    await clamd.start();
    await untilState(ann, clean.id, "ready");
    await untilState(ann, virus.id, "refused");
    expect(await degraded(ann)).not.toContain("scanner");
  });
});

describe.skipIf(!hasClamd)("a node that is killed while files wait for the scanner", () => {
  let clamd: TestClamd;
  let place: Place;
  let node: ServerProcess | undefined;
  beforeAll(async () => {
    [clamd, place] = [await startClamd(), await makePlace("embedded")];
  });
  afterAll(async () => {
    node?.kill("SIGKILL");
    await node?.exited;
    await clamd.stop();
    place.remove();
  });

  test("leaves them to the next one", async () => {
    await clamd.kill();
    const settings = { ...place.environment, SCAN: clamd.unix };
    node = await spawnServer(settings);
    const ann = await node.visitor().signUp();
    const [clean, virus] = [await upload(ann, "waits"), await upload(ann, VIRUS)];
    expect((await fileOf(ann, clean.id)).state).toBe("checking");
    node.kill("SIGKILL");
    await node.exited;
    await clamd.start();
    node = await spawnServer(settings);
    const again = ann.at(node.url);
    await untilState(again, clean.id, "ready");
    await untilState(again, virus.id, "refused");
    expect((await bytesOf(again, clean.id)).text).toBe("waits");
  });
});

test("a scan hook gets the bytes of a file with their digest", async () => {
  const asked: { digest: string | null; text: string }[] = [];
  const hook = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (request.method === "POST")
        asked.push({ digest: request.headers.get("confab-file-sha256"), text: await request.text() });
      return Response.json({ clean: true });
    },
  });
  const server = await startTestServer("embedded", { SCAN: hook.url.href });
  try {
    const ann = await server.person();
    await untilState(ann, (await upload(ann, "looked into")).id, "ready");
    expect(asked).toEqual([{ digest: Bun.SHA256.hash("looked into", "hex"), text: "looked into" }]);
  } finally {
    await server.stop();
    await hook.stop(true);
  }
});
