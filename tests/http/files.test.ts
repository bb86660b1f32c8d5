import { describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { Upload } from "tus-js-client";
import type { Client } from "../support/client.ts";
import { film, hasMediaPrograms } from "../support/media.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { expectError } from "./expectations.ts";

const TUS = { "Tus-Resumable": "1.0.0" };
const PART = { ...TUS, "Content-Type": "application/offset+octet-stream" };
const MIB = 1024 * 1024;

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** A request whose body is bytes. */
const sent = (person: Client, method: string, path: string, headers: Record<string, string> = {}, body?: Body) =>
  fetch(person.url + path, {
    method,
    headers: { Cookie: `sessionid=${person.cookie}`, ...headers },
    ...(body !== undefined && { body }),
  });
const create = (person: Client, bytes: number, headers: Record<string, string> = {}) =>
  sent(person, "POST", "/api/files/", { ...TUS, "Upload-Length": String(bytes), ...headers });
const part = (person: Client, path: string, offset: number, body: Body, headers: Record<string, string> = {}) =>
  sent(person, "PATCH", path, { ...PART, "Upload-Offset": String(offset), ...headers }, body);
async function begun(person: Client, bytes: number, headers?: Record<string, string>) {
  const answer = await create(person, bytes, headers);
  expect(answer.status).toBe(201);
  return answer.headers.get("location") ?? "";
}
async function uploaded(person: Client, body: Body, name = "a.txt") {
  const answer = await sent(person, "POST", `/api/files/?name=${encodeURIComponent(name)}`, {}, body);
  const text = await answer.text();
  expect({ status: answer.status, text }).toMatchObject({ status: 201 });
  return JSON.parse(text).data;
}
const bytesOf = (person: Client, file: { id: string }, headers?: Record<string, string>, name = "x") =>
  sent(person, "GET", `/api/files/${file.id}/${name}`, headers);
const parsed = (text: string): Record<string, unknown> => JSON.parse(text);
const codeOf = async (answer: Response) => ({ status: answer.status, code: parsed(await answer.text())["code"] });

inEachMode("files over HTTP", (mode) => {
  const server = withServer(mode, { MAX_FILE: "20MB", FILES_PER_USER: "40MB" });

  test("a file goes up in one request, and its uploader reads it", async () => {
    const ann = await server.person();
    const file = await uploaded(ann, "hello", "notes.txt");
    expect(file).toEqual({ id: file.id, name: "notes.txt", type: "text/plain", bytes: 5, state: "ready", offset: 5 });
    const answer = await bytesOf(ann, file, {}, "notes.txt");
    expect(await answer.text()).toBe("hello");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-length": "5",
      "content-type": "text/plain",
      "content-disposition": `attachment; filename="notes.txt"; filename*=UTF-8''notes.txt`,
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-cache",
      "accept-ranges": "bytes",
    });
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
    expect((await ann.get(`/api/files/${file.id}/`)).body.data).toEqual(file);
  });

  test.skipIf(!hasMediaPrograms)("a video is measured and cleaned before anybody gets it", async () => {
    const ann = await server.person();
    const bytes = await Bun.file(await film("mp4", "-metadata", "location=+59.9139+010.7522/")).bytes();
    const file = await uploaded(ann, bytes, "walk.mp4");
    expect(file).toMatchObject({ type: "video/mp4", width: 64, height: 36, duration: 1, bytes: bytes.length });
    const answer = await bytesOf(ann, file);
    const got = await answer.bytes();
    // The box in which ffmpeg writes the place.
    const places = [bytes, got].map((all) => Buffer.from(all).includes("loci"));
    expect(places).toEqual([true, false]);
    expect(answer.headers.get("etag")).toBe(`"${file.id}"`);
  });

  test("a client of tus uploads in parts, and comes back after it was cut off", async () => {
    const ann = await server.person();
    const bytes = randomBytes(5 * MIB);
    const sentParts = { count: 0 };
    const result = Promise.withResolvers<string>();
    const upload = new Upload(bytes, {
      endpoint: `${server.url}/api/files/`,
      headers: { Cookie: `sessionid=${ann.cookie}` },
      chunkSize: MIB,
      retryDelays: [0, 100],
      metadata: { filename: "größe.bin", filetype: "application/x-test" },
      onChunkComplete: () => {
        if (++sentParts.count === 2) void upload.abort().then(() => upload.start());
      },
      onError: result.reject,
      onSuccess: () => result.resolve(upload.url ?? ""),
    });
    upload.start();
    const id = (await result.promise).split("/").at(-1) ?? "";
    const file = (await ann.get(`/api/files/${id}/?wait=20`)).body.data;
    expect(file).toMatchObject({ name: "größe.bin", bytes: bytes.length, state: "ready", offset: bytes.length });
    const read = await (await bytesOf(ann, file)).bytes();
    expect(Bun.SHA256.hash(read, "hex")).toBe(Bun.SHA256.hash(bytes, "hex"));
  });

  test("an upload that is cut keeps the bytes that came", async () => {
    const ann = await server.person();
    const path = await begun(ann, 3 * MIB);
    const bytes = new Uint8Array(randomBytes(3 * MIB));
    const cut = new AbortController();
    const begin = () =>
      fetch(server.url + path, {
        method: "PATCH",
        headers: { Cookie: `sessionid=${ann.cookie}`, ...PART, "Upload-Offset": "0" },
        body: new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(bytes.subarray(0, MIB)) }),
        signal: cut.signal,
      }).catch(() => undefined);
    // The question below whether it has begun may come first, and locks the upload for a moment.
    const cutOff = (async () => {
      while ((await begin())?.status === 423);
    })();
    const offset = async () => Number((await sent(ann, "HEAD", path, TUS)).headers.get("upload-offset"));
    await until(async () => (await part(ann, path, 0, "")).status === 423);
    await Bun.sleep(100);
    cut.abort();
    await cutOff;
    await until(async () => (await offset()) > 0);
    const at = await offset();
    expect(at).toBeLessThanOrEqual(MIB);
    let answer = await part(ann, path, at, bytes.subarray(at));
    while (answer.status === 423) answer = await part(ann, path, at, bytes.subarray(at));
    expect(answer.status).toBe(204);
    expect(answer.headers.get("upload-offset")).toBe(String(bytes.length));
    const id = path.split("/").at(-1) ?? "";
    await ann.get(`/api/files/${id}/?wait=20`);
    expect(Bun.SHA256.hash(await (await bytesOf(ann, { id })).bytes(), "hex")).toBe(Bun.SHA256.hash(bytes, "hex"));
  });

  test("a part at another offset, and one too long, are refused", async () => {
    const ann = await server.person();
    const path = await begun(ann, 10);
    expect(await codeOf(await part(ann, path, 5, "x"))).toEqual({ status: 409, code: "offset_conflict" });
    expect(await codeOf(await part(ann, path, 0, "x".repeat(11)))).toEqual({ status: 413, code: "file_too_long" });
    const head = await sent(ann, "HEAD", path, TUS);
    expect(Object.fromEntries(head.headers)).toMatchObject({ "upload-length": "10", "upload-offset": "10" });
  });

  test("a part with a wrong checksum counts for nothing, and with the right one it counts", async () => {
    const ann = await server.person();
    const path = await begun(ann, 5);
    const wrong = await part(ann, path, 0, "hello", { "Upload-Checksum": "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=" });
    expect(await codeOf(wrong)).toEqual({ status: 460, code: "checksum_mismatch" });
    expect((await sent(ann, "HEAD", path, TUS)).headers.get("upload-offset")).toBe("0");
    const sum = new Bun.CryptoHasher("sha1").update("hello").digest("base64");
    expect((await part(ann, path, 0, "hello", { "Upload-Checksum": `sha1 ${sum}` })).status).toBe(204);
    const unknown = await part(ann, await begun(ann, 1), 0, "x", { "Upload-Checksum": "crc32 AAAA" });
    expect(await codeOf(unknown)).toEqual({ status: 400, code: "unknown_checksum" });
  });

  test("a file larger than the limit, and one for which no space is left, are refused before their bytes", async () => {
    const ann = await server.person();
    const large = await create(ann, 20_000_001);
    expect(large.status).toBe(413);
    expect(parsed(await large.text())).toMatchObject({
      status: "error",
      code: "file_too_large",
      data: { max_bytes: 20_000_000 },
    });
    const [first] = [await begun(ann, 20_000_000), await begun(ann, 15_000_000)];
    const full = await create(ann, 6_000_000);
    expect(full.status).toBe(507);
    expect(await full.json()).toMatchObject({ code: "user_files_full", data: { bytes_left: 5_000_000 } });
    expect((await sent(ann, "DELETE", first, TUS)).status).toBe(204);
    expect((await sent(ann, "HEAD", first, TUS)).status).toBe(404);
    await begun(ann, 20_000_000);
  });

  test("reservations that come at once never go beyond the quota", async () => {
    const ann = await server.person();
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(ann, 10_000_000)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 507, 507, 507, 507]);
  });

  test("strangers learn nothing of a file, and members read it while a message has it", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const { id } = await ann.conversation([bob]);
    const file = await uploaded(ann, "secret");
    const statuses = async () =>
      Promise.all([ann, bob, eve].map(async (person) => (await bytesOf(person, file)).status));
    expect(await statuses()).toEqual([200, 404, 404]);
    const sentMessage = await ann.post(`/api/chat/conversations/${id}/messages/`, { content: "", files: [file.id] });
    expect(sentMessage.status).toBe(201);
    expect(await statuses()).toEqual([200, 200, 404]);
    expectError(await eve.get(`/api/files/${file.id}/`), 404, { code: "file_not_found" });
    expectError(await eve.post(`/api/files/${file.id}/address/`), 404, { code: "file_not_found" });
    expect(await codeOf(await sent(ann, "DELETE", `/api/files/${file.id}/`))).toEqual({
      status: 409,
      code: "file_in_use",
    });
    expect((await sent(bob, "DELETE", `/api/files/${file.id}/`)).status).toBe(404);
    const { url } = (await bob.post(`/api/files/${file.id}/address/`)).body.data;
    expect(await (await fetch(url)).text()).toBe("secret");
    expect((await fetch(url.replace(/signature=./, "signature=_"))).status).toBe(404);
    await ann.delete(`/api/chat/conversations/${id}/messages/${sentMessage.body.data.id}/`);
    expect(await statuses()).toEqual([404, 404, 404]);
    expect((await fetch(url)).status).toBe(404);
  });

  test("parts of a file come as they are asked for", async () => {
    const ann = await server.person();
    const file = await uploaded(ann, "0123456789");
    const get = async (headers: Record<string, string>) => {
      const answer = await bytesOf(ann, file, headers);
      return [answer.status, answer.headers.get("content-range"), await answer.text()] as const;
    };
    expect(await get({ Range: "bytes=2-4" })).toEqual([206, "bytes 2-4/10", "234"]);
    expect(await get({ Range: "bytes=7-" })).toEqual([206, "bytes 7-9/10", "789"]);
    expect(await get({ Range: "bytes=-3" })).toEqual([206, "bytes 7-9/10", "789"]);
    expect(await get({ Range: "bytes=0-0" })).toEqual([206, "bytes 0-0/10", "0"]);
    expect(await get({ Range: "bytes=5-99" })).toEqual([206, "bytes 5-9/10", "56789"]);
    for (const range of ["bytes=10-", "bytes=5-2", "bytes=", "bytes=a-b", "bytes=-0", "bytes=99999999999999999999-"])
      expect((await get({ Range: range })).slice(0, 2)).toEqual([416, "bytes */10"]);
    expect(await get({ Range: "bytes=0-1,3-4" })).toEqual([200, null, "0123456789"]);
    expect(await get({ Range: "lines=1-2" })).toEqual([200, null, "0123456789"]);
    const tag = (await bytesOf(ann, file)).headers.get("etag") ?? "";
    expect((await get({ "If-None-Match": tag }))[0]).toBe(304);
    expect((await get({ "If-None-Match": `"other", W/${tag}` }))[0]).toBe(304);
    expect((await get({ Range: "bytes=1-1", "If-Range": tag }))[0]).toBe(206);
    expect((await get({ Range: "bytes=1-1", "If-Range": '"other"' }))[0]).toBe(200);
    const head = await sent(ann, "HEAD", `/api/files/${file.id}/x`);
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);
  });

  test("an empty file, and one that nobody has described, work as any other", async () => {
    const ann = await server.person();
    const path = await begun(ann, 0);
    const id = path.split("/").at(-1) ?? "";
    const file = (await ann.get(`/api/files/${id}/?wait=20`)).body.data;
    expect(file).toMatchObject({ state: "ready", bytes: 0, name: "file" });
    expect(await (await bytesOf(ann, file)).text()).toBe("");
    const described = await ann.put(`/api/files/${id}/alt/`, { alt: " A red bicycle " });
    expect(described.body.data.alt).toBe("A red bicycle");
  });

  test("the abilities of tus are told without a login, and wrong headers are refused", async () => {
    const options = await fetch(`${server.url}/api/files/`, { method: "OPTIONS" });
    expect(options.status).toBe(204);
    expect(options.headers.get("tus-max-size")).toBe("20000000");
    const ann = await server.person();
    expect(await codeOf(await create(ann, 5, { "Tus-Resumable": "0.2.2" }))).toEqual({
      status: 412,
      code: "tus_version",
    });
    const deferred = await sent(ann, "POST", "/api/files/", { ...TUS, "Upload-Defer-Length": "1" });
    expect(await codeOf(deferred)).toEqual({ status: 400, code: "length_deferred" });
    for (const length of ["-1", "1e3", "x", "99999999999999999999", ""])
      expect((await create(ann, 0, { "Upload-Length": length })).status).toBe(400);
    for (const metadata of ["filename ???", "alt /w==", `alt ${btoa("x".repeat(301))}`])
      expect(await codeOf(await create(ann, 1, { "Upload-Metadata": metadata }))).toEqual({
        status: 400,
        code: "invalid_upload",
      });
    const path = await begun(ann, 5);
    const json = await part(ann, path, 0, "{}", { "Content-Type": "application/json" });
    expect(await codeOf(json)).toEqual({ status: 415, code: "unsupported_media_type" });
    expect((await sent(ann, "PATCH", path, PART, "x")).status).toBe(400);
    const foreign = await create(ann, 5, { Origin: "https://evil.example" });
    expect(foreign.status).toBe(403);
  });
});

describe("names of files", () => {
  const server = withServer("embedded");
  test("names name a file, and nothing else", async () => {
    const ann = await server.person();
    const named = async (name: string) => (await uploaded(ann, "x", name)).name;
    expect(await named("../../etc/passwd")).toBe("passwd");
    expect(await named("C:\\Windows\\evil.exe")).toBe("evil.exe");
    expect(await named("..")).toBe("file");
    expect(await named(".htaccess")).toBe("htaccess");
    expect(await named("a\u0000b.txt")).toBe("ab.txt");
    expect(await named("photo\u202egpj.exe")).toBe("photogpj.exe");
    expect(await named("CON.txt")).toBe("_CON.txt");
    expect(await named("a\r\nSet-Cookie: x=y.txt")).toBe("aSet-Cookie x=y.txt");
    expect(await named("  ")).toBe("file");
    expect(await named("👩‍🚀 größe ☃.pdf")).toBe("👩‍🚀 größe ☃.pdf");
    const long = await named(`${"ä".repeat(300)}.jpeg`);
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(255);
    expect(long).toEndWith(".jpeg");
  });
});
