import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachDatabase, modes } from "../support/modes.ts";
import {
  clientFrame,
  httpAnswer,
  OPCODES,
  type RawAnswer,
  type ServerFrame,
  serverFrame,
  Wire,
} from "../support/wire.ts";
import { expectErrorBody, startTarget, type Target } from "./wellbeing.ts";

const FRAME_BYTES_MAX = 64 * 1024;
const HEALTH = "/api/chat/health/";
const LOGIN = "/api/users/login/";

/** A request's head and body; without a Host of its own it gets one. */
function request(line: string, headers: string[] = [], body = ""): string {
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : ["Host: chat.example"];
  return `${[`${line} HTTP/1.1`, ...host, ...headers].join("\r\n")}\r\n\r\n${body}`;
}

const JSON_BODY = "Content-Type: application/json";
const get = (path: string, ...headers: string[]) => request(`GET ${path}`, headers);
const post = (headers: string[], body: string) => request(`POST ${LOGIN}`, headers, body);
const chunked = (body: string, coding = "chunked") => post([JSON_BODY, `Transfer-Encoding: ${coding}`], body);
const sized = (length: string, body = "{}") => post([JSON_BODY, `Content-Length: ${length}`], body);

/** Requests that are answered in the contract's envelope, with this status and code. */
const ANSWERED: Record<string, [bytes: string, status: number, code: string]> = {
  "an empty Host": [get(HEALTH, "Host:"), 400, "bad_host"],
  "two Hosts": [get(HEALTH, "Host: a", "Host: b"), 400, "bad_host"],
  "a Host with a space": [get(HEALTH, "Host: a b"), 400, "bad_host"],
  "a Host with a path": [get(HEALTH, "Host: a/../b"), 400, "bad_host"],
  "a Host with a query": [get(HEALTH, "Host: a?b#c"), 400, "bad_host"],
  "a Host with a port beyond all": [get(HEALTH, "Host: a:99999"), 400, "bad_host"],
  "a Host with half an address": [get(HEALTH, "Host: [::1"), 400, "bad_host"],
  "a Host with a user": [get(HEALTH, "Host: user:pass@a"), 400, "bad_host"],
  "a Host with an escape": [get(HEALTH, "Host: %zz%00"), 400, "bad_host"],
  "a Host of bytes": [get(HEALTH, "Host: \xe9\xff"), 400, "bad_host"],
  "a Host of 8 KB": [get("/nope", `Host: ${"a.".repeat(4_000)}`), 404, "not_found"],
  "a Host that is a script": [get(HEALTH, "Host: <script>"), 400, "bad_host"],
  "a bad Host on a route with a body": [
    request(`POST ${LOGIN}`, ["Host: a b", JSON_BODY, "Content-Length: 2"], "{}"),
    400,
    "bad_host",
  ],
  "no Host in HTTP/1.0": [`GET ${HEALTH} HTTP/1.0\r\n\r\n`, 400, "bad_host"],
  "a path of two slashes": [get("//evil.example/api"), 404, "not_found"],
  "a path of dots": [get("/api/../../etc/passwd"), 404, "not_found"],
  "a path of escaped dots": [get("/%2e%2e/%2e%2e/etc/passwd"), 404, "not_found"],
  "a path of bytes": [get("/api/\xff\xfe\x80"), 404, "not_found"],
  "a path of bad escapes": [get("/api/%/%zz/%ff%00"), 404, "not_found"],
  "a path of 10 KB": [get(`/${"x".repeat(10_000)}`), 404, "not_found"],
  "an absolute target elsewhere": [get("http://other.example/nope"), 404, "not_found"],
  TRACE: [request(`TRACE ${HEALTH}`), 405, "method_not_allowed"],
  CONNECT: [request("CONNECT other.example:443"), 404, "not_found"],
  "a body on a path without one": [request("POST /nope", ["Content-Length: 2"], "{}"), 404, "not_found"],
  "a length of 1 GB": [sized("1000000000"), 413, "payload_too_large"],
  "a length of 64 KiB + 1": [sized("65537"), 413, "payload_too_large"],
  "the same length twice": [
    post([JSON_BODY, "Content-Length: 2", "Content-Length: 2"], "{}"),
    400,
    "validation_failed",
  ],
  "a length with zeros": [sized("0000002"), 400, "validation_failed"],
  "no type": [post(["Content-Length: 2"], "{}"), 415, "unsupported_media_type"],
  "two types": [
    post([JSON_BODY, "Content-Type: text/plain", "Content-Length: 2"], "{}"),
    415,
    "unsupported_media_type",
  ],
  "an encoding that is not undone": [
    post([JSON_BODY, "Content-Encoding: gzip", "Content-Length: 2"], "{}"),
    400,
    "validation_failed",
  ],
  chunks: [chunked("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), 400, "validation_failed"],
  CHUNKS: [chunked("2\r\n{}\r\n0\r\n\r\n", "CHUNKED"), 400, "validation_failed"],
  "chunks with extensions": [chunked('2;a=b;c="d"\r\n{}\r\n0\r\n\r\n'), 400, "validation_failed"],
  "chunks that are not all there yet": [
    chunked(`${"10000\r\n"}${" ".repeat(65_536)}\r\n1\r\n \r\n`),
    413,
    "payload_too_large",
  ],
  "an expectation that is none": [
    post([JSON_BODY, "Expect: tea", "Content-Length: 2"], "{}"),
    400,
    "validation_failed",
  ],
};

/**
 * Bytes that are not HTTP/1.1. Bun refuses them before any of our code runs, with a bare status, and closes the connection.
 * These are the only answers without the contract's envelope.
 */
const REFUSED_BY_BUN: Record<string, [bytes: string, status: number | undefined]> = {
  "no Host in HTTP/1.1": [`GET ${HEALTH} HTTP/1.1\r\n\r\n`, 400],
  "a target without a slash": [get("api"), 400],
  "a target of one star": [request("OPTIONS *"), 400],
  "a space in a target": [get("/api/ chat"), 505],
  "a NUL in a target": [get("/api/\0chat"), 505],
  "HTTP/0.9": [`GET ${HEALTH}\r\n`, 505],
  "HTTP/1.2": [`GET ${HEALTH} HTTP/1.2\r\nHost: a\r\n\r\n`, 505],
  "HTTP/2's preface": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  "bare line feeds": [`GET ${HEALTH} HTTP/1.1\nHost: a\n\n`, 505],
  "a method that is none": [request(`FOO ${HEALTH}`), undefined],
  "a method in small letters": [request(`get ${HEALTH}`), undefined],
  TLS: ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
  NULs: ["\0\0\0\0\r\n\r\n", 400],
  "empty lines": [`\r\n\r\n${get(HEALTH)}`, 400],
  "a folded header": [get(HEALTH, "X-A: b\r\n c"), 400],
  "a space before a colon": [get(HEALTH, "X-A : b"), 400],
  "a header without a name": [get(HEALTH, ": b"), 400],
  "a header without a colon": [get(HEALTH, "foo"), 400],
  "a header with a NUL": [get(HEALTH, "X-A: a\0b"), 400],
  "a header with a control character": [get(HEALTH, "X-A: a\x01b"), 400],
  "a cookie of 100 KB": [get(HEALTH, `Cookie: sessionid=${"x".repeat(100_000)}`), 431],
  "300 headers": [get(HEALTH, ...Array.from({ length: 300 }, (_, i) => `X-${i}: 1`)), 431],
  "a target of 20 KB": [get(`/${"x".repeat(20_000)}`), 431],
  "a length below zero": [sized("-1"), 400],
  "a length with a sign": [sized("+2"), 400],
  "a hexadecimal length": [sized("0x2"), 400],
  "an empty length": [sized(""), 400],
  "a list of lengths": [sized("2, 2"), 400],
  "a length of 23 digits": [sized("9".repeat(23)), 400],
  "a length above 2^53": [sized("9007199254740993"), 413],
  "two lengths": [post([JSON_BODY, "Content-Length: 2", "Content-Length: 3"], "{}"), 400],
  "a length and chunks": [
    post([JSON_BODY, "Content-Length: 2", "Transfer-Encoding: chunked"], "2\r\n{}\r\n0\r\n\r\n"),
    400,
  ],
  "chunks twice": [chunked("2\r\n{}\r\n0\r\n\r\n", "chunked\r\nTransfer-Encoding: chunked"), 400],
  "an unknown coding": [chunked("2\r\n{}\r\n0\r\n\r\n", "xchunked"), 400],
  "the identity coding": [chunked("{}", "identity"), 400],
  "chunks that are not last": [chunked("2\r\n{}\r\n0\r\n\r\n", "chunked, identity"), 400],
  "zipped chunks": [chunked("2\r\n{}\r\n0\r\n\r\n", "gzip, chunked"), 400],
  "chunks in HTTP/1.0": [chunked("2\r\n{}\r\n0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"), 400],
  "a chunk of letters": [chunked("zz\r\n{}\r\n0\r\n\r\n"), 400],
  "a chunk below zero": [chunked("-2\r\n{}\r\n0\r\n\r\n"), 400],
  "a chunk beyond all": [chunked(`${"F".repeat(17)}\r\n{}\r\n0\r\n\r\n`), 400],
  "a chunk that is longer than it says": [chunked("2\r\n{}XX0\r\n\r\n"), 400],
};

inEachDatabase("raw HTTP", (mode) => {
  let target: Target;
  let wires: Wire[] = [];

  beforeAll(async () => {
    target = await startTarget(mode);
  });
  beforeEach(() => target.forgetLog());
  afterEach(() => {
    for (const wire of wires) wire.destroy();
    wires = [];
  });
  afterAll(() => target.server.stop());

  const open = (bytes: string) => {
    const wire = new Wire(target.server.url).write(bytes);
    wires.push(wire);
    return wire;
  };

  function expectEnvelope(answer: RawAnswer | undefined, status: number, code: string) {
    expect(answer, code).toBeDefined();
    if (!answer) return;
    const body = JSON.parse(answer.text);
    expect([answer.status, body.code]).toEqual([status, code]);
    expectErrorBody(body, answer.text);
    expect(answer.headers.get("x-request-id")).toBeTruthy();
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  }

  describe("is answered in the envelope", () => {
    for (const [name, [bytes, status, code]] of Object.entries(ANSWERED))
      test(name, async () => {
        expectEnvelope(await open(bytes).take(httpAnswer), status, code);
      });
    afterAll(() => target.expectWell());
  });

  describe("is refused before any of our code", () => {
    for (const [name, [bytes, status]] of Object.entries(REFUSED_BY_BUN))
      test(name, async () => {
        const before = target.server.apiLog.length;
        const wire = open(bytes);
        const answer = await wire.take(httpAnswer);
        expect([answer?.status, answer?.text]).toEqual([status, status && ""] as never);
        await wire.end();
        // A body's fault may show only after its handler has been called.
        if (!/chunk|length/.test(name)) expect(target.server.apiLog.length).toBe(before);
      });
    // Our code must not report these bytes as a fault of its own.
    test("and leaves no error in the log", async () => {
      for (const [bytes] of Object.values(REFUSED_BY_BUN)) await open(bytes).take(httpAnswer);
      await target.expectWell();
    });
  });

  test("an absolute target, a lone CR in a body and a trailing header do no harm", async () => {
    expect((await open(get(`http://other.example${HEALTH}`)).take(httpAnswer))?.status).toBe(200);
    expectEnvelope(await open(sized("3", "\r{}")).take(httpAnswer), 400, "validation_failed");
    const trailer = open(chunked("2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n"));
    expectEnvelope(await trailer.take(httpAnswer), 400, "validation_failed");
    await target.expectWell();
  });

  test("unusual but valid values of headers are accepted", async () => {
    const longest = "x".repeat(8_000);
    for (const header of [
      "X-Request-Id: \xff\xfe",
      `X-Request-Id: ${longest}`,
      "X-Request-Id: a, b",
      "X-Forwarded-For: ,,,\xff,::::,1.2.3.4.5",
      `X-Forwarded-For: ${"1.1.1.1,".repeat(1_000)}`,
      `User-Agent: \xff\xf0\x9f\x98\x80${longest}`,
      "Accept: */*;q=1e400",
      "Range: bytes=-1",
      "If-Modified-Since: never",
      "Connection: close, keep-alive, upgrade",
      "Upgrade: h2c",
      "Accept-Encoding: gzip;q=NaN",
      "Cookie: \xff=\xff; sessionid=\xff; =; ;;",
      `Cookie: ${Array.from({ length: 900 }, (_, i) => `sessionid=${i}`).join("; ")}`,
      `Cookie: sessionid=${"%".repeat(8_000)}`,
      `Authorization: Bearer ${longest}`,
    ]) {
      const answer = await open(get("/api/users/profile/", header)).take(httpAnswer);
      expectEnvelope(answer, 401, "authentication_required");
      expect(answer?.headers.get("x-request-id")).toMatch(/^[\w=-]{1,255}$/);
    }
    await target.expectWell();
  });

  test("pipelined requests are answered one by one, in their order", async () => {
    const wire = open(
      get(HEALTH) +
        get("/nope") +
        post([JSON_BODY, "Content-Length: 2"], "{}") +
        chunked("2\r\n{}\r\n0\r\n\r\n") +
        request("GET /api/users/profile/", ["Content-Length: 5"], "GET /") +
        request("DELETE /api/chat/health/") +
        sized("65537", " ".repeat(65_537)) +
        get(HEALTH),
    );
    const statuses: (number | undefined)[] = [];
    for (let i = 0; i < 8; i++) statuses.push((await wire.take(httpAnswer))?.status);
    expect(statuses).toEqual([200, 404, 400, 400, 401, 405, 413, 200]);
    await target.expectWell();
  });

  test("1,000 pipelined requests are answered, or the connection ends", async () => {
    const wire = open(get("/nope").repeat(1_000));
    let answers = 0;
    for (; answers < 1_000; answers++) {
      const answer = await wire.take(httpAnswer);
      if (!answer) break;
      expectEnvelope(answer, 404, "not_found");
    }
    expect(answers === 1_000 || wire.isEnded).toBe(true);
    await target.expectWell();
  });

  test("nothing of a smuggled request is ever carried out", async () => {
    const email = `smuggled.${process.pid}@example.com`;
    const names = { first_name: "Smug", last_name: "Gled" };
    const body = JSON.stringify({ email, ...names, password: "SecurePass123", password_confirm: "SecurePass123" });
    const hidden = request("POST /api/users/register/", [JSON_BODY, `Content-Length: ${body.length}`], body);
    const lengths = `Content-Length: ${hidden.length + 5}`;
    for (const bytes of [
      post([JSON_BODY, lengths, "Transfer-Encoding: chunked"], `0\r\n\r\n${hidden}`),
      post([JSON_BODY, "Transfer-Encoding: chunked", "Content-Length: 4"], `5c\r\n${hidden}\r\n0\r\n\r\n`),
      post([JSON_BODY, "Content-Length: 0", lengths], hidden),
      post([JSON_BODY, "Transfer-Encoding: \x0bchunked"], `0\r\n\r\n${hidden}`),
      post([JSON_BODY, "Transfer-Encoding : chunked"], `0\r\n\r\n${hidden}`),
      post([JSON_BODY, "X: y\nTransfer-Encoding: chunked", lengths], `0\r\n\r\n${hidden}`),
      request(`POST ${HEALTH}`, ["Upgrade: websocket", `Content-Length: ${hidden.length}`], hidden),
      request("POST /api/users/logout/", [`Content-Length: ${hidden.length}`], hidden),
      request("GET /ws/", ["Upgrade: websocket", "Connection: Upgrade", `Content-Length: ${hidden.length}`], hidden),
    ])
      await open(bytes).take(httpAnswer);
    await Bun.sleep(100);
    const person = await target.server.person();
    const found = await person.get(`/api/users/list/?search=${encodeURIComponent(email)}`);
    expect(found.body.meta.total).toBe(0);
    await target.expectWell();
  });

  test("100 (Continue) is sent to a client that waits for it", async () => {
    const wire = open(post([JSON_BODY, "Expect: 100-continue", "Content-Length: 2"], ""));
    expect((await wire.take(httpAnswer))?.status).toBe(100);
    expectEnvelope(await wire.write("{}").take(httpAnswer), 400, "validation_failed");
    await target.expectWell();
  });

  test("a connection that ends in the middle logs no error", async () => {
    for (const bytes of [
      "",
      "G",
      `POST ${LOGIN} HTTP/1.1\r\nHost: a\r\nContent-`,
      sized("100", '{"email":'),
      chunked("5\r\n{"),
      chunked('2\r\n{"\r\n'),
      get("/api/chat/conversations/"),
      sized("2"),
      sized("65537", "x".repeat(100)),
    ])
      for (const wait of [0, 30]) {
        const wire = open(bytes);
        await Bun.sleep(wait);
        wire.destroy();
      }
    await Bun.sleep(200);
    await target.expectWell();
  });

  // It is Bun that hangs up, before any of our code: one mode is enough to wait 10 s for.
  if (mode === modes.at(-1))
    test("requests that never end delay nobody, and their connections are closed", async () => {
      const bytes = [
        "",
        `POST ${LOGIN} HTTP/1.1\r\nHost: a\r\nContent-`,
        sized("100", '{"email":'),
        chunked("5\r\n{"),
        `${get(HEALTH)}GET /`,
      ];
      const halves = Array.from({ length: 20 }, () => bytes.map(open)).flat();
      await target.expectWell();
      // Bun's idleTimeout of 10 s; answers that came before it are passed over.
      for (const wire of halves) await wire.end(14_000);
      await target.expectWell();
    }, 30_000);
});

const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const HANDSHAKE = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", KEY];

/** Faults of the protocol itself, which Bun's WebSocket answers with the codes of RFC 6455. */
const BROKEN_FRAMES: Record<string, [frames: Buffer[], code: number]> = {
  "an unmasked frame": [[clientFrame(OPCODES.text, '{"type":"ping"}', { masked: false })], 1002],
  "a ping of 126 bytes": [[clientFrame(OPCODES.ping, "x".repeat(126))], 1002],
  "a ping of 64 KiB + 1": [[clientFrame(OPCODES.ping, "x".repeat(FRAME_BYTES_MAX + 1))], 1002],
  "a ping in pieces": [[clientFrame(OPCODES.ping, "x", { final: false })], 1002],
  "a close in pieces": [[clientFrame(OPCODES.close, "\x03\xe8", { final: false })], 1002],
  "a close of 126 bytes": [[clientFrame(OPCODES.close, "\x03\xe8".padEnd(126))], 1002],
  "a close of one byte": [[clientFrame(OPCODES.close, "\x03")], 1002],
  "a close with 999": [[clientFrame(OPCODES.close, Uint8Array.of(0x03, 0xe7))], 1002],
  "a close with 1005": [[clientFrame(OPCODES.close, Uint8Array.of(0x03, 0xed))], 1002],
  "a close with a reason of bytes": [[clientFrame(OPCODES.close, Uint8Array.of(0x03, 0xe8, 0xff))], 1007],
  "opcode 3": [[clientFrame(3, "x")], 1002],
  "opcode 11": [[clientFrame(11, "x")], 1002],
  "RSV1, a compressed frame": [[clientFrame(OPCODES.text, "\xaa\x56", { reserved: 0x40 })], 1002],
  RSV2: [[clientFrame(OPCODES.text, "{}", { reserved: 0x20 })], 1002],
  RSV3: [[clientFrame(OPCODES.text, "{}", { reserved: 0x10 })], 1002],
  "a continuation of nothing": [[clientFrame(OPCODES.continuation, "{}")], 1002],
  "a message in a message": [[clientFrame(OPCODES.text, "{", { final: false }), clientFrame(OPCODES.text, "}")], 1002],
  "text that is no UTF-8": [[clientFrame(OPCODES.text, Uint8Array.of(0x22, 0xff, 0x22))], 1007],
  "text with a surrogate": [[clientFrame(OPCODES.text, Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))], 1007],
  "half a character": [[clientFrame(OPCODES.text, Uint8Array.of(0x22, 0xf0, 0x9f))], 1007],
  "64 KiB + 1 in one frame": [[clientFrame(OPCODES.text, "x".repeat(FRAME_BYTES_MAX + 1))], 1009],
  "64 KiB + 1 of bytes": [[clientFrame(OPCODES.binary, "x".repeat(FRAME_BYTES_MAX + 1))], 1009],
  "64 KiB + 1 in pieces": [
    [clientFrame(OPCODES.text, " ".repeat(FRAME_BYTES_MAX), { final: false }), clientFrame(OPCODES.continuation, " ")],
    1009,
  ],
  "a length of 2^53": [[clientFrame(OPCODES.text, "x", { length: 2 ** 53 })], 1009],
  "a length of 2^63": [[clientFrame(OPCODES.text, "x", { length: 2n ** 63n })], 1009],
  "a length of 2^64 - 1": [[clientFrame(OPCODES.text, "x", { length: 2n ** 64n - 1n })], 1009],
};

inEachDatabase("raw WebSocket", (mode) => {
  let target: Target;
  let eve: Client;
  let conversationId: string;
  let wires: Wire[] = [];

  beforeAll(async () => {
    target = await startTarget(mode);
    eve = await target.server.person("Eve");
    conversationId = (await eve.conversation([await target.server.person()])).id;
  });
  beforeEach(() => target.forgetLog());
  afterEach(() => {
    for (const wire of wires) wire.destroy();
    wires = [];
  });
  afterAll(() => target.server.stop());

  const paths = () => [`/ws/chat/${conversationId}/`, "/ws/"];
  const open = (path: string, headers = HANDSHAKE, host = new URL(target.server.url).host) => {
    const cookie = `Cookie: sessionid=${eve.cookie}`;
    const wire = new Wire(target.server.url).write(get(path, `Host: ${host}`, cookie, ...headers));
    wires.push(wire);
    return wire;
  };
  /** The next frame; of a close its code. */
  const next = async (wire: Wire): Promise<{ opcode: number; code?: number; text: string } | undefined> => {
    const frame = await wire.take<ServerFrame>(serverFrame);
    if (!frame) return undefined;
    // Final, and no reserved bit: nothing comes compressed.
    expect(frame.first & 0xf0).toBe(0x80);
    const text = frame.payload.toString();
    return frame.opcode === OPCODES.close
      ? { opcode: frame.opcode, code: frame.payload.readUInt16BE(0), text }
      : { opcode: frame.opcode, text };
  };
  async function greeted(path: string, headers = HANDSHAKE) {
    const wire = open(path, headers);
    const answer = await wire.take(httpAnswer);
    expect(answer?.status).toBe(101);
    expect(answer?.headers.get("sec-websocket-extensions")).toBeNull();
    expect(JSON.parse((await next(wire))?.text ?? "")).toMatchObject({ type: "connection_established" });
    return wire;
  }
  const ping = (ref: string) => clientFrame(OPCODES.text, JSON.stringify({ type: "ping", ref }));
  const answerOf = async (wire: Wire) => JSON.parse((await next(wire))?.text ?? "null");

  for (const [name, [frames, code]] of Object.entries(BROKEN_FRAMES))
    test(`${name} closes ${code}`, async () => {
      for (const path of paths()) {
        const wire = await greeted(path);
        for (const frame of frames) wire.write(frame);
        // Nothing behind the fault is worked on.
        wire.write(ping("behind"));
        expect(await next(wire)).toMatchObject({ opcode: OPCODES.close, code });
        await wire.end();
      }
      await target.expectWell();
    });

  test("a faulty frame before the greeting harms nobody", async () => {
    for (const [frames] of Object.values(BROKEN_FRAMES)) {
      const wire = open("/ws/");
      for (const frame of frames) wire.write(frame);
    }
    await Bun.sleep(100);
    await target.expectWell();
  });

  test("binary and empty frames are invalid, ten of them abuse", async () => {
    for (const frame of [
      clientFrame(OPCODES.binary, JSON.stringify({ type: "ping" })),
      clientFrame(OPCODES.binary, ""),
      clientFrame(OPCODES.binary, "\0".repeat(FRAME_BYTES_MAX)),
      clientFrame(OPCODES.text, ""),
    ]) {
      const wire = await greeted(`/ws/chat/${conversationId}/`);
      for (let i = 0; i < 10; i++) {
        wire.write(frame);
        expect(await answerOf(wire)).toMatchObject({
          type: "error",
          code: "invalid_format",
          message: "Invalid message format",
        });
      }
      expect(await next(wire)).toMatchObject({ opcode: OPCODES.close, code: 1008 });
      await wire.end();
    }
    await target.expectWell();
  });

  test("a message in pieces, with control frames between them, is one message", async () => {
    for (const path of paths()) {
      const wire = await greeted(path);
      const bytes = Buffer.from(JSON.stringify({ type: "ping", ref: "pieces \u{1f600}" }));
      for (const [i, byte] of bytes.entries()) {
        const opcode = i === 0 ? OPCODES.text : OPCODES.continuation;
        wire.write(clientFrame(opcode, Uint8Array.of(byte), { final: i === bytes.length - 1 }));
        if (i === 20) wire.write(clientFrame(OPCODES.ping, "between")).write(clientFrame(OPCODES.pong, ""));
      }
      expect(await next(wire)).toEqual({ opcode: OPCODES.pong, text: "between" });
      expect(await answerOf(wire)).toMatchObject({ type: "pong", ref: "pieces \u{1f600}" });
    }
    await target.expectWell();
  });

  test("frames that come byte by byte, and several in one packet, are taken", async () => {
    const wire = await greeted("/ws/");
    for (const byte of ping("slow")) {
      wire.write(Uint8Array.of(byte));
      await Bun.sleep(1);
    }
    expect(await answerOf(wire)).toMatchObject({ ref: "slow" });
    wire.write(Buffer.concat([ping("a"), clientFrame(OPCODES.ping, "x".repeat(125)), ping("b")]));
    expect(await next(wire)).toMatchObject({ text: expect.stringContaining('"ref":"a"') });
    expect(await next(wire)).toMatchObject({ opcode: OPCODES.pong, text: "x".repeat(125) });
    expect(await answerOf(wire)).toMatchObject({ ref: "b" });
    await target.expectWell();
  });

  test("a socket that ends in the middle, or closes oddly, logs no error", async () => {
    for (const bytes of [
      Buffer.alloc(0),
      ping("x").subarray(0, 1),
      ping("x").subarray(0, 9),
      clientFrame(OPCODES.text, "{", { final: false }),
      clientFrame(OPCODES.text, '{"type":"history"}'),
      clientFrame(OPCODES.text, "x", { length: FRAME_BYTES_MAX }),
      clientFrame(OPCODES.close, ""),
      clientFrame(OPCODES.close, Uint8Array.of(0x0f, 0xa0)),
      Buffer.concat(Array.from({ length: 500 }, () => clientFrame(OPCODES.text, '{"content":"bye"}'))),
    ])
      for (const path of paths()) {
        const wire = await greeted(path);
        wire.write(bytes);
        await Bun.sleep(5);
        wire.destroy();
      }
    // And in the middle of the handshake.
    for (const path of paths()) open(path).destroy();
    await Bun.sleep(300);
    await target.expectWell();
  });

  test("a flood of pings is answered, or the connection ends", async () => {
    const wire = await greeted("/ws/");
    for (let i = 0; i < 5_000; i++) wire.write(clientFrame(OPCODES.ping, "x"));
    wire.write(ping("last"));
    let frame = await next(wire);
    while (frame?.opcode === OPCODES.pong) frame = await next(wire);
    if (frame?.opcode === OPCODES.text) expect(frame.text).toContain('"ref":"last"');
    else expect([4429, 4008, undefined]).toContain(frame?.code);
    await target.expectWell();
  });

  test("compression is never agreed on, whatever is offered", async () => {
    for (const offer of [
      "permessage-deflate",
      "permessage-deflate; client_max_window_bits; server_max_window_bits=8",
      "permessage-deflate; client_max_window_bits=99999999999999999999",
      "permessage-deflate, permessage-deflate; server_no_context_takeover, x-webkit-deflate-frame",
      "x".repeat(5_000),
      ";;;,,,===",
    ]) {
      const wire = await greeted("/ws/", [...HANDSHAKE, `Sec-WebSocket-Extensions: ${offer}`]);
      wire.write(ping("plain"));
      expect(await answerOf(wire)).toMatchObject({ type: "pong", ref: "plain" });
      // 64 KiB of a deflated 64 MiB of zeros; the bit that says so is refused.
      const bomb = Bun.deflateSync(new Uint8Array(64 * 1024 * 1024));
      wire.write(clientFrame(OPCODES.text, bomb.subarray(0, FRAME_BYTES_MAX), { reserved: 0x40 }));
      expect(await next(wire)).toMatchObject({ opcode: OPCODES.close, code: 1002 });
    }
    await target.expectWell();
  });

  describe("a handshake", () => {
    const without = (name: string) => HANDSHAKE.filter((header) => !header.startsWith(name));
    const refused: Record<string, [headers: string[], status: number, code: string]> = {
      "without Upgrade": [without("Upgrade"), 426, "upgrade_required"],
      "to h2c": [[...without("Upgrade"), "Upgrade: h2c"], 426, "upgrade_required"],
      "to two protocols": [[...without("Upgrade"), "Upgrade: websocket, h2c"], 426, "upgrade_required"],
      "without a key": [without("Sec-WebSocket-Key"), 426, "upgrade_required"],
      "with a short key": [[...without("Sec-WebSocket-Key"), "Sec-WebSocket-Key: x"], 426, "upgrade_required"],
      "with a key of 8 KB": [
        [...without("Sec-WebSocket-Key"), `Sec-WebSocket-Key: ${"A".repeat(8_000)}`],
        426,
        "upgrade_required",
      ],
      "with two keys": [[...HANDSHAKE, KEY], 426, "upgrade_required"],
      "without a version": [without("Sec-WebSocket-Version"), 426, "upgrade_required"],
      "of version 8": [[...without("Sec-WebSocket-Version"), "Sec-WebSocket-Version: 8"], 426, "upgrade_required"],
      "of version 1e400": [
        [...without("Sec-WebSocket-Version"), "Sec-WebSocket-Version: 1e400"],
        426,
        "upgrade_required",
      ],
      "from another origin": [[...HANDSHAKE, "Origin: https://evil.example"], 403, "foreign_origin"],
      "from the null origin": [[...HANDSHAKE, "Origin: null"], 403, "foreign_origin"],
      "from an empty origin": [[...HANDSHAKE, "Origin:"], 403, "foreign_origin"],
      "from a broken origin": [[...HANDSHAKE, "Origin: http://[::1"], 403, "foreign_origin"],
      "from a file": [[...HANDSHAKE, "Origin: file://"], 403, "foreign_origin"],
      "from a subdomain": [[...HANDSHAKE, "Origin: http://127.0.0.1.evil.example"], 403, "foreign_origin"],
      "from another port": [[...HANDSHAKE, "Origin: http://127.0.0.1:1"], 403, "foreign_origin"],
      "from two origins": [
        [...HANDSHAKE, "Origin: http://127.0.0.1", "Origin: https://evil.example"],
        403,
        "foreign_origin",
      ],
      "from another site without an origin": [[...HANDSHAKE, "Sec-Fetch-Site: cross-site"], 403, "foreign_origin"],
      "with a cookie of garbage before its own": [
        [...HANDSHAKE, "Cookie: sessionid=x"],
        401,
        "authentication_required",
      ],
    };
    for (const [name, [headers, status, code]] of Object.entries(refused))
      test(`${name} is refused with ${status}`, async () => {
        for (const path of paths()) {
          // The cookie under test comes alone: which of two would win is not promised.
          const garbled = headers.some((header) => header.startsWith("Cookie:"));
          const wire = garbled ? new Wire(target.server.url).write(get(path, ...headers)) : open(path, headers);
          wires.push(wire);
          const answer = await wire.take(httpAnswer);
          expect([answer?.status, answer?.text && JSON.parse(answer.text).code]).toEqual([status, code]);
          expectErrorBody(JSON.parse(answer?.text ?? ""), answer?.text ?? "");
        }
        await target.expectWell();
      });

    test("with a bad path or query is refused in the envelope", async () => {
      const chat = `/ws/chat/${conversationId}/`;
      const cases: [path: string, status: number][] = [
        ["/ws/chat/", 404],
        ["/ws/chat/1/", 404],
        ["/ws/chat/%00/", 404],
        ["/ws/chat/%ff%zz/", 404],
        [`/ws/chat/${crypto.randomUUID()}/`, 404],
        [`/ws/chat/${target.foreign.conversationId}/`, 403],
        [`/ws/chat/${conversationId}/x/`, 404],
        ["/ws/__proto__/", 404],
        [`${chat}?after_version=-1`, 400],
        [`${chat}?after_version=1e400`, 400],
        [`${chat}?after_version=1.5`, 400],
        [`${chat}?after_version=%00`, 400],
        [`${chat}?after_version=1&after_version=2`, 400],
        [`${chat}?after_version=`, 400],
      ];
      for (const [path, status] of cases) {
        const answer = await open(path).take(httpAnswer);
        expect([path, answer?.status]).toEqual([path, status]);
        expectErrorBody(JSON.parse(answer?.text ?? ""), answer?.text ?? "");
      }
      await target.expectWell();
    });

    test("with odd but harmless headers is taken", async () => {
      const host = new URL(target.server.url).host;
      for (const headers of [
        [...HANDSHAKE, `Origin: http://${host}`],
        [...HANDSHAKE, 'Sec-WebSocket-Protocol: a, b, "c"'],
        [...HANDSHAKE, "Content-Length: 0"],
        ["Upgrade: WebSocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13", KEY],
      ]) {
        const wire = await greeted("/ws/", headers);
        wire.write(ping("x"));
        expect(await answerOf(wire)).toMatchObject({ ref: "x" });
      }
      for (const version of ["99999999999999999999", "9007199254740993", "9".repeat(400)]) {
        const wire = await greeted(`/ws/chat/${conversationId}/?after_version=${version}`);
        expect(await answerOf(wire)).toMatchObject({ type: "reset" });
      }
      await target.expectWell();
    });
  });
});
