import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { Meter } from "../../src/server/base/meter.ts";
import { readConfig } from "../../src/server/config.ts";
import { WatchedScanner } from "../../src/server/features/files/scanning.ts";
import { outside } from "../../src/server/platform/outbound/fetch-outside.ts";
import { openScanner } from "../../src/server/platform/scanners/open.ts";
import type { Scanner } from "../../src/server/platform/scanners/scanner.ts";
import { canMakeCertificates, makeCertificate } from "../support/certificate.ts";
import { hasClamd, STREAM_BYTES_MAX, startClamd, type TestClamd, VIRUS } from "../support/clamd.ts";
import { until } from "../support/until.ts";

const made = canMakeCertificates ? makeCertificate("IP:127.0.0.1") : undefined;
const fetchOutside = outside({ allowed: { hosts: [], ranges: [] }, ...(made ? { ca: made.ca } : {}) });

function scannerAt(address: string): Scanner {
  const scanner = openScanner(readConfig({ SCAN: address }).SCAN, fetchOutside);
  if (!scanner) throw new Error("no scanner");
  return scanner;
}

/** A stream of the pieces. It counts how often it is given up before its end. */
function streamOf(pieces: readonly (string | Uint8Array | Error)[], given = { up: 0 }) {
  let next = 0;
  return async () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces[next++];
        if (piece instanceof Error) controller.error(piece);
        else if (piece === undefined) controller.close();
        else controller.enqueue(Buffer.from(piece));
      },
      cancel() {
        given.up++;
      },
    });
}

const fileOf = (pieces: readonly (string | Uint8Array | Error)[]) => ({
  id: "9f2c1c58-5f0a-4b0e-9d0e-0d6f1f0f7d11",
  name: "Müller's\r\n日本.txt",
  type: "text/plain",
  bytes: pieces.reduce((sum, piece) => sum + (piece instanceof Error ? 0 : Buffer.from(piece).length), 0),
  digest: async () => "ab".repeat(32),
});
const scan = (scanner: Scanner, ...pieces: (string | Uint8Array | Error)[]) =>
  scanner.scan(fileOf(pieces), streamOf(pieces));

/** The headers that the hook of the tests got last. */
let got: Record<string, string> = {};
const hook =
  made &&
  Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { cert: made.cert, key: made.key },
    maxRequestBodySize: 100_000_000,
    async fetch(request) {
      if (request.method === "HEAD") return new Response();
      got = Object.fromEntries(request.headers);
      const text = await request.text();
      return Response.json(text.includes(VIRUS) ? { clean: false, reason: "Test virus" } : { clean: true });
    },
  });
afterAll(() => hook?.stop(true));

let clamd: TestClamd | undefined;
beforeAll(async () => {
  if (hasClamd) clamd = await startClamd();
});
afterAll(() => clamd?.stop());

const drivers: Record<string, () => Scanner> = {};
if (hasClamd) {
  drivers["clamd over TCP"] = () => scannerAt(clamd?.tcp ?? "");
  drivers["clamd over a socket file"] = () => scannerAt(clamd?.unix ?? "");
}
if (hook) drivers["a hook over HTTPS"] = () => scannerAt(hook.url.href);

for (const [name, open] of Object.entries(drivers))
  describe(`a scanner (${name})`, () => {
    test("finds a virus, wherever the pieces are cut", async () => {
      const half = VIRUS.length / 2;
      for (const pieces of [[VIRUS], ["a text with ", VIRUS, " in it"], [VIRUS.slice(0, half), VIRUS.slice(half)]]) {
        const verdict = await scan(open(), ...pieces);
        expect(verdict).toEqual({ clean: false, reason: expect.stringMatching(/test/i) });
      }
    });

    test("accepts clean files, empty ones, and those with empty or large pieces", async () => {
      for (const pieces of [["a text"], [], [""], ["a", "", "b"], [Buffer.alloc(900_000, 1)]])
        expect(await scan(open(), ...pieces)).toEqual({ clean: true });
    });

    test("scans many files at once", async () => {
      const scanner = open();
      const verdicts = await Promise.all(
        Array.from({ length: 20 }, (_, i) => scan(scanner, i % 2 === 0 ? "clean" : VIRUS)),
      );
      expect(verdicts.map(({ clean }) => clean)).toEqual(Array.from({ length: 20 }, (_, i) => i % 2 === 0));
    });

    test("gives no verdict on a file that can't be read to its end", async () => {
      const broken = new Error("the disk is gone");
      expect(scan(open(), "the first part", broken)).rejects.toThrow();
      expect(scan(open(), Buffer.alloc(300_000), broken)).rejects.toThrow();
      const missing = open().scan(fileOf(["x"]), () => Promise.reject(broken));
      expect(missing).rejects.toThrow();
      await Promise.allSettled([missing]);
    });

    test("is counted by its verdicts, and timed", async () => {
      const meter = new Meter();
      const watched = new WatchedScanner(open(), meter);
      for (const text of ["clean", VIRUS, "clean"]) await scan(watched, text);
      await scan(watched, new Error("the disk is gone")).catch(() => {});
      expect(meter.scans).toEqual({ clean: 2, refused: 1, failed: 1 });
      expect(meter.scan.count).toBe(4);
      expect(watched.isAway).toBe(true);
    });

    test("says that it is there", async () => {
      await open().check();
    });
  });

describe.skipIf(!hasClamd)("clamd", () => {
  test("refuses a file that is larger than its limit, and lets go of the bytes", async () => {
    const pieces = Array.from({ length: 200 }, () => Buffer.alloc(100_000));
    expect(pieces.length * 100_000).toBeGreaterThan(STREAM_BYTES_MAX);
    for (const address of [clamd?.tcp ?? "", clamd?.unix ?? ""]) {
      const given = { up: 0 };
      let tries = 0;
      let verdict: unknown;
      // The answer may get lost when clamd closes the connection. The file is then scanned again.
      await until(async () => {
        tries++;
        const scanning = scannerAt(address).scan(fileOf(pieces), streamOf(pieces, given));
        verdict = await scanning.catch(() => undefined);
        return verdict;
      });
      expect(verdict).toEqual({ clean: false, reason: "larger than the scanner accepts" });
      expect(given.up).toBe(tries);
    }
  });

  test("gives no verdict while it is away, and gives one when it is back", async () => {
    const scanner = scannerAt(clamd?.tcp ?? "");
    const file = scannerAt(clamd?.unix ?? "");
    await clamd?.kill();
    for (const one of [scanner, file]) {
      expect(await scan(one, "x").then(String, () => "away")).toBe("away");
      expect(await one.check().then(String, () => "away")).toBe("away");
    }
    await clamd?.start();
    for (const one of [scanner, file]) expect(await scan(one, "x")).toEqual({ clean: true });
  });
});

describe("a clamd that behaves badly", () => {
  const BAD: Record<string, (socket: Socket) => void> = {
    "closes the connection at once": (socket) => socket.destroy(),
    "ends without an answer": (socket) => void socket.end(),
    "answers with an error": (socket) => void socket.write("stream: Can't allocate memory ERROR\0"),
    "answers with an empty text": (socket) => void socket.write("\0"),
    "answers with another protocol": (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\nstream: OK\0"),
    "answers without end": (socket) => void socket.write("x".repeat(100_000)),
  };
  for (const [name, answer] of Object.entries(BAD))
    test(`gives no verdict when it ${name}`, async () => {
      const server = createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => answer(socket));
      }).listen(0, "127.0.0.1");
      await until(() => server.listening);
      const address = server.address();
      const scanner = scannerAt(`clamd://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
      expect(await scan(scanner, "x", "y").then(String, () => "none")).toBe("none");
      server.close();
    });
});

describe.skipIf(!hook)("a scan hook", () => {
  test("gets what is known of the file", async () => {
    await scan(scannerAt(hook?.url.href ?? ""), "abc");
    expect(got).toMatchObject({
      "content-length": "3",
      "content-type": "application/octet-stream",
      "confab-file-id": fileOf([]).id,
      "confab-file-name": encodeURIComponent(fileOf([]).name),
      "confab-file-type": "text/plain",
      "confab-file-sha256": await fileOf([]).digest(),
    });
  });

  const ANSWERS: Record<string, () => Response> = {
    "an error": () => Response.json({ clean: true }, { status: 500 }),
    "another status": () => Response.json({ clean: true }, { status: 202 }),
    "a redirect": () => Response.redirect("https://127.0.0.1/", 307),
    "no JSON": () => new Response("clean"),
    "no verdict": () => Response.json({ clean: "true" }),
    "an empty body": () => new Response(),
    "too much": () => new Response(`{"clean":true,"x":"${"x".repeat(200_000)}"}`),
  };
  for (const [name, answer] of Object.entries(ANSWERS))
    test(`that answers with ${name} gives no verdict`, async () => {
      const bad = Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        tls: { cert: made?.cert ?? "", key: made?.key ?? "" },
        fetch: answer,
      });
      expect(await scan(scannerAt(bad.url.href), "x").then(String, () => "none")).toBe("none");
      await bad.stop(true);
    });

  test("that has another certificate gives no verdict", async () => {
    const scanner = openScanner(hook?.url, outside({ allowed: { hosts: [], ranges: [] } }));
    expect(scanner && (await scan(scanner, "x").then(String, String))).toContain("certificate");
  });
});

test("the setting SCAN refuses an address that is none of a scanner", () => {
  for (const text of ["clamd", "clamd://", "clamd://host", "clamd:///", "ftp://a/", "https://user:pass@a/", "3310"])
    expect(() => readConfig({ SCAN: text }), text).toThrow("SCAN must be like");
});
