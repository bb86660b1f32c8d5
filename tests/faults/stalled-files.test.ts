import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { modes } from "../support/modes.ts";
import { sharedS3 } from "../support/s3.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { beginUpload, fileBytes, finishUpload, offsetOf, sendPart } from "../support/tus.ts";
import { httpAnswer, Wire } from "../support/wire.ts";

setDefaultTimeout(120_000);

/** A client that sends nothing is cut off after 15 s. */
const CUT_WITHIN_MS = 40_000;
const LENGTH = 1_000;
/** Uploads of a user at once (src/server/features/files/limits.ts). */
const AT_ONCE = 32;
const all = (letter: string, length = LENGTH) => new Uint8Array(Buffer.alloc(length, letter));

/** A request that says it has so many bytes, sends these, and goes silent. */
function stalled(person: Client, path: string, announced: number, bytes: Uint8Array): Wire {
  const wire = new Wire(person.url);
  const head = [
    `PATCH ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    `Cookie: sessionid=${person.cookie}`,
    "Tus-Resumable: 1.0.0",
    "Upload-Offset: 0",
    "Content-Type: application/offset+octet-stream",
    `Content-Length: ${announced}`,
  ];
  wire.write(`${head.join("\r\n")}\r\n\r\n`);
  wire.write(bytes);
  return wire;
}

describe.each(["a folder", "an S3 server"])("clients that stall in the middle of an upload to %s", (store) => {
  let server: TestServer;
  let ann: Client;
  beforeAll(async () => {
    server = await startTestServer(modes.includes("postgres") ? "postgres" : "embedded", {
      ...(store === "an S3 server" ? (await sharedS3()).settings() : {}),
    });
    ann = await server.person("Ann");
  });
  afterAll(() => server?.stop());

  test("they are cut off, what they sent is kept, and their places are free again", async () => {
    const paths = await Promise.all(Array.from({ length: AT_ONCE }, () => beginUpload(ann, LENGTH)));
    const wires = paths.map((path) => stalled(ann, path, LENGTH, all("A", 10)));
    const more = await beginUpload(ann, LENGTH);
    let refused = await sendPart(ann, more, 0, all("A"));
    // The last of them may still be on its way.
    for (let tries = 0; refused.status !== 429 && tries < 20; tries++) refused = await sendPart(ann, more, 0, all("A"));
    expect([refused.status, (await refused.text()).includes("too_many_uploads")]).toEqual([429, true]);
    const bob = await server.person("Bob");
    await finishUpload(bob, await beginUpload(bob, LENGTH), all("B"));

    for (const wire of wires) {
      const answer = await wire.take(httpAnswer, CUT_WITHIN_MS);
      expect([answer?.status, answer?.text.includes("upload_stalled")]).toEqual([408, true]);
      wire.destroy();
    }
    for (const path of [paths[0] ?? "", paths.at(-1) ?? ""]) {
      expect(await offsetOf(ann, path)).toBe(10);
      expect((await sendPart(ann, path, 10, all("A", LENGTH - 10))).status).toBe(204);
      expect(await fileBytes(ann, path)).toEqual(all("A"));
    }
    await finishUpload(ann, more, all("A"));
  });

  test("another request takes over, and late bytes of the first change nothing", async () => {
    // One sends a part at first. The other one sends all, and announces more.
    const [half, whole] = [await beginUpload(ann, LENGTH), await beginUpload(ann, LENGTH)];
    const late = stalled(ann, half, LENGTH, all("A", 10));
    const waiting = stalled(ann, whole, 2 * LENGTH, all("A"));
    await Bun.sleep(500);
    for (const path of [half, whole]) expect((await sendPart(ann, path, 0, all("B"))).status).toBe(423);
    for (const path of [half, whole]) {
      await finishUpload(ann, path, all("B"));
      expect(await fileBytes(ann, path)).toEqual(all("B"));
    }
    late.write(all("A", LENGTH - 10));
    for (const wire of [late, waiting]) {
      const answer = await wire.take(httpAnswer, CUT_WITHIN_MS);
      expect(answer?.status).not.toBe(204);
      wire.destroy();
    }
    for (const path of [half, whole]) expect(await fileBytes(ann, path)).toEqual(all("B"));
  });
});
