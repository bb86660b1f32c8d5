import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { modes } from "../support/modes.ts";
import { sharedS3, type TestS3 } from "../support/s3.ts";
import { png } from "../support/sent-files.ts";
import { startTestServer, type TestServer, withServer } from "../support/server.ts";
import { ask } from "./traces.ts";
import { expectErrorBody } from "./wellbeing.ts";

setDefaultTimeout(30_000);

const TUS = { "Tus-Resumable": "1.0.0" };
const PART = { ...TUS, "Content-Type": "application/offset+octet-stream" };
const b64 = (text: string | Uint8Array) => Buffer.from(text).toString("base64");
const sumOf = (algorithm: "sha1" | "sha256" | "md5", text: string) =>
  new Bun.CryptoHasher(algorithm).update(text).digest("base64");

/** An answer's status and code. A failure has the contract's body, with a text that says more than the code. */
async function told(about: string, answer: Response): Promise<string> {
  const text = await answer.text();
  if (answer.status < 400) return String(answer.status);
  const body = JSON.parse(text);
  expectErrorBody(body, `${about}: ${text}`);
  expect(answer.headers.get("x-content-type-options"), about).toBe("nosniff");
  return `${answer.status} ${body.code}`;
}

/** Headers that create an upload, and what the server answers. */
const CREATIONS: Record<string, [Record<string, string>, string]> = {
  "no length": [{}, "400 invalid_upload"],
  "an empty length": [{ "Upload-Length": "" }, "400 invalid_upload"],
  "a negative length": [{ "Upload-Length": "-1" }, "400 invalid_upload"],
  "a length with a fraction": [{ "Upload-Length": "1.5" }, "400 invalid_upload"],
  "a length with an exponent": [{ "Upload-Length": "1e3" }, "400 invalid_upload"],
  "a length in hex": [{ "Upload-Length": "0x10" }, "400 invalid_upload"],
  "a length with a sign": [{ "Upload-Length": "+5" }, "400 invalid_upload"],
  "two lengths": [{ "Upload-Length": "5, 5" }, "400 invalid_upload"],
  "a length of 2^53": [{ "Upload-Length": "9007199254740992" }, "400 invalid_upload"],
  "a length of 2^63": [{ "Upload-Length": "9223372036854775808" }, "400 invalid_upload"],
  "a length of 2^64": [{ "Upload-Length": "18446744073709551616" }, "400 invalid_upload"],
  "a length that is no number": [{ "Upload-Length": "NaN" }, "400 invalid_upload"],
  "a length beyond the limit": [{ "Upload-Length": "1000001" }, "413 file_too_large"],
  "the largest length that a number has": [{ "Upload-Length": "9007199254740991" }, "413 file_too_large"],
  "a length that comes later": [{ "Upload-Defer-Length": "1" }, "400 length_deferred"],
  "an older tus": [{ "Upload-Length": "5", "Tus-Resumable": "0.2.2" }, "412 tus_version"],
  "a part of a final upload": [{ "Upload-Concat": "final;/api/files/a /api/files/b" }, "400 invalid_upload"],
  "metadata that is no base64": [{ "Upload-Length": "5", "Upload-Metadata": "filename ???" }, "400 invalid_upload"],
  "metadata that is no UTF-8": [
    { "Upload-Length": "5", "Upload-Metadata": `filename ${b64(new Uint8Array([0xed, 0xa0, 0x80]))}` },
    "400 invalid_upload",
  ],
  "a name of 10,000 letters": [
    { "Upload-Length": "5", "Upload-Metadata": `filename ${b64("x".repeat(10_000))}` },
    "400 invalid_upload",
  ],
  "a key of 10,000 letters": [
    { "Upload-Length": "5", "Upload-Metadata": `${"k".repeat(10_000)} ???` },
    "400 invalid_upload",
  ],
  "a description with NUL": [{ "Upload-Length": "5", "Upload-Metadata": `alt ${b64("a\0b")}` }, "400 invalid_upload"],
  "a duration that is none": [
    { "Upload-Length": "5", "Upload-Metadata": `duration ${b64("Infinity")}` },
    "400 invalid_upload",
  ],
  "a waveform that is none": [
    { "Upload-Length": "5", "Upload-Metadata": `waveform ${b64("<svg>")}` },
    "400 invalid_upload",
  ],
  "a checksum without a value": [{ "Upload-Length": "5", "Upload-Checksum": "sha1" }, "400 invalid_upload"],
  "an unknown checksum": [{ "Upload-Length": "5", "Upload-Checksum": "crc32 AAAA" }, "400 unknown_checksum"],
  "keys of JavaScript and of the row": [
    {
      "Upload-Length": "5",
      "Upload-Metadata": ["__proto__", "constructor", "id", "userId", "state", "digest", "width", "bytes"]
        .map((key) => `${key} ${b64("1")}`)
        .join(","),
    },
    "201",
  ],
  "commas alone": [{ "Upload-Length": "5", "Upload-Metadata": ",,, ,," }, "201"],
  "a foreign origin": [{ "Upload-Length": "5", Origin: "https://evil.example" }, "403 foreign_origin"],
};

/** A part of an upload of five bytes: its headers and its body. */
const PARTS: Record<string, [Record<string, string>, string | undefined, string]> = {
  "no offset": [{}, "x", "400 invalid_upload"],
  "a negative offset": [{ "Upload-Offset": "-1" }, "x", "400 invalid_upload"],
  "an offset with a fraction": [{ "Upload-Offset": "0.5" }, "x", "400 invalid_upload"],
  "an offset of 2^53": [{ "Upload-Offset": "9007199254740992" }, "x", "400 invalid_upload"],
  "an offset of 2^63": [{ "Upload-Offset": "9223372036854775808" }, "x", "400 invalid_upload"],
  "the largest offset that a number has": [{ "Upload-Offset": "9007199254740991" }, "x", "409 offset_conflict"],
  "an offset beyond what came": [{ "Upload-Offset": "1" }, "x", "409 offset_conflict"],
  "an offset at the end": [{ "Upload-Offset": "5" }, "x", "409 offset_conflict"],
  "an offset beyond the end": [{ "Upload-Offset": "6" }, "x", "409 offset_conflict"],
  "a body of another type": [{ "Upload-Offset": "0", "Content-Type": "text/plain" }, "x", "415 unsupported_media_type"],
  "a type with parameters": [
    { "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream; charset=utf-8" },
    "x",
    "415 unsupported_media_type",
  ],
  "an older tus": [{ "Upload-Offset": "0", "Tus-Resumable": "1.0.1" }, "x", "412 tus_version"],
  "a checksum of other bytes": [
    { "Upload-Offset": "0", "Upload-Checksum": `sha1 ${sumOf("sha1", "other")}` },
    "hello",
    "460 checksum_mismatch",
  ],
  "a checksum of another length": [
    { "Upload-Offset": "0", "Upload-Checksum": "sha1 AAAA" },
    "hello",
    "460 checksum_mismatch",
  ],
  "a checksum that is no base64": [
    { "Upload-Offset": "0", "Upload-Checksum": "sha1 ???" },
    "hello",
    "400 invalid_upload",
  ],
  "an empty checksum": [{ "Upload-Offset": "0", "Upload-Checksum": "" }, "hello", "400 invalid_upload"],
  "a checksum of 10,000 letters": [
    { "Upload-Offset": "0", "Upload-Checksum": `sha256 ${"A".repeat(10_000)}` },
    "hello",
    "460 checksum_mismatch",
  ],
  "an unknown checksum": [{ "Upload-Offset": "0", "Upload-Checksum": "sha512 AAAA" }, "hello", "400 unknown_checksum"],
  "a checksum of JavaScript": [
    { "Upload-Offset": "0", "Upload-Checksum": "constructor AAAA" },
    "hello",
    "400 unknown_checksum",
  ],
  "a checksum of the first bytes of too many": [
    { "Upload-Offset": "0", "Upload-Checksum": `md5 ${sumOf("md5", "hello")}` },
    "hello, more",
    "413 file_too_long",
  ],
  nothing: [{ "Upload-Offset": "0" }, undefined, "204"],
  "nothing, with the checksum of something": [
    { "Upload-Offset": "0", "Upload-Checksum": `sha1 ${sumOf("sha1", "hello")}` },
    "",
    "460 checksum_mismatch",
  ],
};

/** Queries of an upload in one request. */
const QUERIES: Record<string, string> = {
  "name=": "201",
  "name=..%2f..%2fetc%2fpasswd": "201",
  "name=%00%0d%0aSet-Cookie:x": "201",
  "name=%ff%fe": "201",
  "name=%ed%a0%80": "201",
  "name=%": "201",
  [`name=${"a".repeat(1_021)}`]: "400 validation_failed",
  [`name=${"a".repeat(10_000)}`]: "400 validation_failed",
  [`alt=${"a".repeat(1_001)}`]: "400 validation_failed",
  "alt=a%00b": "400 validation_failed",
  "duration=-1": "400 validation_failed",
  "duration=1e9": "400 validation_failed",
  "duration=NaN": "400 validation_failed",
  "waveform=%3Csvg%3E": "400 validation_failed",
  [`waveform=${"A".repeat(89)}`]: "400 validation_failed",
  "name=a&name=b": "400 validation_failed",
  "state=ready&digest=0&id=1&user_id=1": "201",
};

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>';
const HTML = "<!doctype html><html><script>alert(document.cookie)</script></html>";
const bytesOf = (...parts: (string | Uint8Array)[]) =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));
const PNG = png("a", 8, 8).bytes;

/** Bytes that pretend to be something else, and the only types with which a browser may get them. */
const PRETENDERS: Record<string, { bytes: Uint8Array<ArrayBuffer>; claims: string; name: string; types: RegExp }> = {
  "a page named as a picture": { bytes: bytesOf(HTML), claims: "image/png", name: "a.png", types: /^text\/plain$/ },
  "a page named as a page": { bytes: bytesOf(HTML), claims: "text/html", name: "a.html", types: /^text\/plain$/ },
  "a page with a mark of its encoding": {
    bytes: bytesOf(new Uint8Array([0xef, 0xbb, 0xbf]), HTML),
    claims: "text/html",
    name: "a.html",
    types: /^text\/plain$/,
  },
  "a page in UTF-16": {
    bytes: bytesOf(new Uint8Array([0xff, 0xfe]), Buffer.from(HTML, "utf16le")),
    claims: "text/html",
    name: "a.html",
    types: /^(text\/plain|application\/octet-stream)$/,
  },
  "a drawing with a script": { bytes: bytesOf(SVG), claims: "image/svg+xml", name: "a.svg", types: /^text\/plain$/ },
  "a drawing after an XML head": {
    bytes: bytesOf(`<?xml version="1.0"?>${SVG}`),
    claims: "image/svg+xml",
    name: "a.svg",
    types: /^text\/plain$/,
  },
  "XML with a style sheet": {
    bytes: bytesOf('<?xml version="1.0"?><?xml-stylesheet href="x.xsl" type="text/xsl"?><a/>'),
    claims: "text/xml",
    name: "a.xml",
    types: /^text\/plain$/,
  },
  "a script": { bytes: bytesOf("alert(1)"), claims: "text/javascript", name: "a.js", types: /^text\/plain$/ },
  "a GIF that is a script": {
    bytes: bytesOf("GIF89a/*", new Uint8Array(20), "*/=1;alert(1)"),
    claims: "image/gif",
    name: "a.gif",
    types: /^application\/octet-stream$/,
  },
  "a BMP that is a page": {
    bytes: bytesOf("BM", HTML),
    claims: "image/bmp",
    name: "a.bmp",
    types: /^(application\/octet-stream|text\/plain)$/,
  },
  "a JPEG that is a page": {
    bytes: bytesOf(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]), HTML),
    claims: "image/jpeg",
    name: "a.jpg",
    types: /^application\/octet-stream$/,
  },
  "a PNG with a page behind it": {
    bytes: bytesOf(PNG, HTML),
    claims: "text/html",
    name: "a.html",
    types: /^image\/png$/,
  },
  "a PDF with a script": {
    bytes: bytesOf("%PDF-1.7\n", HTML),
    claims: "text/html",
    name: "a.pdf",
    types: /^application\/(pdf|octet-stream)$/,
  },
  "sound that is a page": {
    bytes: bytesOf("ID3\x04\0\0\0\0\0\0", HTML),
    claims: "text/html",
    name: "a.mp3",
    types: /^(audio\/mpeg|application\/octet-stream)$/,
  },
  "a program for Flash": {
    bytes: bytesOf("FWS\x06", HTML),
    claims: "text/html",
    name: "a.swf",
    types: /^application\/octet-stream$/,
  },
  "a type with a line end": { bytes: bytesOf("x"), claims: "text/html;a=b", name: "a", types: /^text\/plain$/ },
};

/** The names under which attackers send files, and what a reader's disk gets. */
const NAMES: Record<string, string> = {
  'a";x="y.txt': "a;x=y.txt",
  "a\r\nSet-Cookie: sessionid=1.txt": "aSet-Cookie sessionid=1.txt",
  "%0d%0aX-A: b.txt": "%0d%0aX-A b.txt",
  "a'*=;%.txt": "a'=;%.txt",
  "\u202egpj.exe": "gpj.exe",
  "a/../../b": "b",
  "..\\..\\b": "b",
  "....": "file",
  "a\ud800b": "ab",
  "\u0000": "file",
  "COM1.txt": "_COM1.txt",
  [`${"x".repeat(900)}.txt`]: `${"x".repeat(251)}.txt`,
};

describe("an upload of an attacker", () => {
  const server = withServer("embedded", { MAX_FILE: "1MB", FILES_PER_USER: "2MB", FILES_TOTAL: "20MB" });
  let eve: Client;
  let ann: Client;
  beforeAll(async () => {
    [ann, eve] = [await server.person("Ann"), await server.person("Eve")];
  });

  const create = (headers: Record<string, string>) =>
    ask(eve, ["/api/files/", { method: "POST", headers: { ...TUS, ...headers } }]);
  const whole = (
    who: Client,
    query: string,
    body: string | Uint8Array<ArrayBuffer>,
    type = "application/octet-stream",
  ) => ask(who, [`/api/files/?${query}`, { method: "POST", body, headers: { "Content-Type": type } }]);
  const usedBy = async (who: Client) => {
    const answer = await ask(who, ["/api/files/", { method: "POST", headers: { ...TUS, "Upload-Length": "1000000" } }]);
    const at = answer.headers.get("location");
    if (at) await ask(who, [at, { method: "DELETE" }]);
    return answer.status;
  };

  test("is refused with what is wrong, or taken for what it is, when it is created", async () => {
    const answers: Record<string, string> = {};
    for (const [name, [headers]] of Object.entries(CREATIONS)) {
      const answer = await create(headers);
      answers[name] = await told(name, answer);
      const at = answer.headers.get("location");
      if (!at) continue;
      const file = (await eve.get(at)).body.data;
      expect(file).toEqual({ id: file.id, name: "file", type: "", bytes: 5, state: "uploading", offset: 0 });
      expect((await ask(eve, [at, { method: "DELETE" }])).status).toBe(204);
    }
    expect(answers).toEqual(
      Object.fromEntries(Object.entries(CREATIONS).map(([name, [, expected]]) => [name, expected])),
    );
  });

  test("is refused with what is wrong, and keeps what came before, when it goes on", async () => {
    const answers: Record<string, string> = {};
    for (const [name, [headers, body]] of Object.entries(PARTS)) {
      const at = (await create({ "Upload-Length": "5" })).headers.get("location") ?? "";
      const init = { method: "PATCH", headers: { ...PART, ...headers }, ...(body !== undefined && { body }) };
      answers[name] = await told(name, await ask(eve, [at, init]));
      if (answers[name] !== "413 file_too_long")
        expect([name, (await eve.get(at)).body.data.offset]).toEqual([name, 0]);
      await ask(eve, [at, { method: "DELETE" }]);
    }
    expect(answers).toEqual(
      Object.fromEntries(Object.entries(PARTS).map(([name, [, , expected]]) => [name, expected])),
    );
  });

  test("leaves nothing behind when its query is wrong, and takes no field of the row", async () => {
    const answers: Record<string, string> = {};
    for (const query of Object.keys(QUERIES)) {
      const answer = await whole(eve, query, "x");
      const text = await answer.clone().text();
      answers[query] = await told(query, answer);
      if (answer.status !== 201) continue;
      const { data } = JSON.parse(text);
      expect(data.name).not.toMatch(/[/\\\p{Cc}]/u);
      expect(Object.keys(data).sort()).toEqual(["bytes", "id", "name", "offset", "state", "type"]);
      await ask(eve, [`/api/files/${data.id}/`, { method: "DELETE" }]);
    }
    expect(answers).toEqual(QUERIES);
    expect(await usedBy(eve)).toBe(201);
  });

  test("runs nowhere, whatever it pretends to be", async () => {
    for (const [name, { bytes, claims, name: called, types }] of Object.entries(PRETENDERS)) {
      const answer = await whole(eve, `name=${called}`, bytes, claims);
      const { data } = (await answer.json()) as { data: { id: string; type: string } };
      for (const size of ["", "?size=320", "?size=1280"]) {
        const got = await ask(eve, [`/api/files/${data.id}/a.html${size}`]);
        const type = got.headers.get("content-type") ?? "";
        expect([name, size, type]).toEqual([
          name,
          size,
          expect.stringMatching(size && type === "image/webp" ? /webp/ : types),
        ]);
        const isShown = /^(image|audio|video)\//.test(type);
        expect(Object.fromEntries(got.headers), name).toMatchObject({
          "x-content-type-options": "nosniff",
          "content-security-policy": expect.stringContaining("sandbox; default-src 'none'"),
          "content-disposition": expect.stringMatching(isShown ? /^inline; / : /^attachment; /),
          "cache-control": "private, no-cache",
        });
        await got.body?.cancel();
      }
      await ask(eve, [`/api/files/${data.id}/`, { method: "DELETE" }]);
    }
  });

  test("has a harmless name in every header", async () => {
    for (const [given, kept] of Object.entries(NAMES)) {
      const answer = await whole(eve, `name=${encodeURIComponent(given.toWellFormed())}`, "x");
      const { data } = (await answer.json()) as { data: { id: string; name: string } };
      expect([given, data.name]).toEqual([given, kept]);
      const got = await ask(eve, [`/api/files/${data.id}/%0d%0aX-Planted: 1`]);
      const disposition = got.headers.get("content-disposition") ?? "";
      expect(disposition).toMatch(/^attachment; filename="[^"\\%]*"; filename\*=UTF-8''[\w.~%!#$&+^`|-]*$/);
      expect(decodeURIComponent(disposition.split("''")[1] ?? "")).toBe(kept);
      expect([got.headers.get("x-planted"), got.headers.get("set-cookie")]).toEqual([null, null]);
      await got.body?.cancel();
      await ask(eve, [`/api/files/${data.id}/`, { method: "DELETE" }]);
    }
  });

  test("never goes beyond the quota, however many come at once", async () => {
    const big = new Uint8Array(600_000);
    const answers = await Promise.all(Array.from({ length: 8 }, () => whole(eve, "name=a", big)));
    const found = await Promise.all(answers.map((answer) => told("a whole file", answer)));
    expect(found.sort()).toEqual([...Array(3).fill("201"), ...Array(5).fill("507 user_files_full")]);
    // Another person's space is their own.
    expect(await usedBy(ann)).toBe(201);
  });

  test("is written by one of the requests that come at once, and by each but once", async () => {
    const at =
      (await ask(ann, ["/api/files/", { method: "POST", headers: { ...TUS, "Upload-Length": "5" } }])).headers.get(
        "location",
      ) ?? "";
    const part = { method: "PATCH", headers: { ...PART, "Upload-Offset": "0" }, body: "hello" };
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(ann, [at, part])));
    const found = await Promise.all(answers.map((answer) => told("a part", answer)));
    expect(found.filter((each) => each === "204")).toHaveLength(1);
    for (const each of found) expect(["204", "409 offset_conflict", "423 upload_locked"]).toContain(each);
    // The last byte is there before the file is checked.
    await ask(ann, [`${at}?wait=20`]);
    expect(await (await ask(ann, [`${at}/x`.replace("//", "/")])).text()).toBe("hello");
  });

  test("leaves neither its bytes nor its name in a log", () => {
    const lines = [...server.log, ...server.apiLog, ...server.securityLog].join("\n");
    expect(lines).toContain("/api/files/");
    for (const secret of ["alert(1)", "gpj", "Set-Cookie", "signature=", "X-Planted", String(eve.cookie)])
      expect(lines).not.toContain(secret);
    const faults = server.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
    expect(faults).toEqual([]);
  });
});

describe("files whose store is away", () => {
  let s3: TestS3;
  let server: TestServer;
  beforeAll(async () => {
    s3 = await sharedS3();
    server = await startTestServer(modes.at(-1) ?? "embedded", s3.settings());
  });
  afterAll(async () => {
    await server?.stop();
    await s3?.start();
  });

  test("answer in every form that the server can't do it now, and are there again later", async () => {
    const ann = await server.person("Ann");
    const { bytes } = png("a.png", 400, 400);
    const upload = (path: string, method = "POST"): Promise<Response> =>
      ask(ann, [path, { method, body: bytes, headers: { "Content-Type": "image/png" } }]);
    const { data } = (await (await upload("/api/files/?name=a.png")).json()) as { data: { id: string } };
    const { avatar } = (await ann.put("/api/users/me/avatar/", bytes)).body.data;
    const group = await ann.conversation([await server.person("Bob"), await server.person("Cem")], "Group");
    const path = `/api/chat/conversations/${group.id}/picture/`;
    const { picture } = (await ann.put(path, bytes)).body.data;
    const reads = [
      `/api/files/${data.id}/a.png`,
      `/api/files/${data.id}/a.png?size=320`,
      `/api/files/${data.id}/a.png?size=1280`,
      `/api/avatars/${avatar}/?size=64`,
      `/api/avatars/${avatar}/?size=256`,
      `${path}${picture}/?size=64`,
    ];
    await s3.kill();
    const away = async () =>
      Object.fromEntries(
        await Promise.all(reads.map(async (read) => [read, await told(read, await ask(ann, [read]))])),
      );
    expect(await away()).toEqual(Object.fromEntries(reads.map((read) => [read, "503 unavailable"])));
    for (const [to, method] of [
      ["/api/files/?name=b", "POST"],
      ["/api/users/me/avatar/", "PUT"],
      [path, "PUT"],
    ] as const)
      expect([to, await told(to, await upload(to, method))]).toEqual([to, "503 unavailable"]);
    await s3.start();
    expect(new Set(Object.values(await away()))).toEqual(new Set(["200"]));
  });
});
