import { afterAll, describe, expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { brotliCompressSync, createGzip, deflateSync, gzipSync } from "node:zlib";
import { OutsideError } from "../../src/server/platform/outbound/error.ts";
import { type OutsideRequest, outside } from "../../src/server/platform/outbound/fetch-outside.ts";
import { canMakeCertificates, makeCertificate } from "../support/certificate.ts";
import { until } from "../support/until.ts";

const LOOPBACK = "127.0.0.1";
/** Names with private addresses, which the operator of these tests allows. */
const site = "site.example";
const other = "other.example";
const NAMES: Record<string, string[]> = { [site]: [LOOPBACK], [other]: [LOOPBACK], "inside.example": [LOOPBACK] };
const resolve = async (name: string) => NAMES[name] ?? Promise.reject(new Error("no such name"));
const allowed = { hosts: [site, other], ranges: [] };

const fetchOutside = outside({ allowed, resolve });
/** As on a server with the defaults. */
const guarded = outside({ allowed: { hosts: [], ranges: [] }, resolve });

const usual: OutsideRequest = { maxBytes: 100_000, timeoutMs: 20_000 };
const get = (url: string, more: Partial<OutsideRequest> = {}) => fetchOutside(url, { ...usual, ...more });
const textOf = async (url: string, more: Partial<OutsideRequest> = {}) =>
  Buffer.from(await (await get(url, more)).bytes()).toString();

const faultOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => "no error",
    (error: unknown) => error,
  );
  return error instanceof OutsideError ? error.fault : error;
};
const bytesOf = async (url: string, more: Partial<OutsideRequest> = {}) => (await get(url, more)).bytes();

/** A real server that tells what it got. */
const http = Bun.serve({
  port: 0,
  hostname: LOOPBACK,
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/to") {
      const headers = { location: searchParams.get("url") ?? "" };
      return new Response("moved", { status: Number(searchParams.get("status") ?? 302), headers });
    }
    if (pathname === "/packed") {
      const [as = "", packed] = PACKED.find(([name]) => name === searchParams.get("as")) ?? [];
      return new Response(packed, { headers: { "content-encoding": as } });
    }
    const { method, headers } = request;
    return Response.json({ pathname, method, headers: Object.fromEntries(headers), body: await request.text() });
  },
});
afterAll(() => http.stop(true));
const PACKED: [string, Uint8Array<ArrayBuffer>][] = [
  ["gzip", gzipSync("packed")],
  ["GZIP", gzipSync("packed")],
  ["deflate", deflateSync("packed")],
  ["br", brotliCompressSync("packed")],
  ["identity", Uint8Array.from(Buffer.from("packed"))],
];
const base = `http://${site}:${http.port}`;
const redirectTo = (url: string, status = 302) => `${base}/to?status=${status}&url=${encodeURIComponent(url)}`;

/** A server on a bare socket that answers in a way that no good server would. */
function rawServer(answer: (socket: Socket, path: string) => void) {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket));
    socket.once("data", (data) => answer(socket, data.toString().split(" ")[1] ?? ""));
  });
  server.listen(0, LOOPBACK);
  afterAll(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return {
    /** How many connections are open. */
    open: () => open.size,
    async url(path = "/") {
      await until(() => server.listening);
      const address = server.address();
      return `http://${site}:${typeof address === "object" ? address?.port : 0}${path}`;
    },
  };
}

/** Writes the text for as long as somebody takes it. */
function writeForEver(socket: Socket, text: string | Uint8Array) {
  const write = () => {
    while (!socket.destroyed) if (!socket.write(text)) return void socket.once("drain", write);
  };
  write();
}

/** Sends a piece every few ms, so that the connection never rests. */
function dribble(socket: Socket, text: string) {
  const timer = setInterval(() => socket.write(text), 10);
  socket.on("close", () => clearInterval(timer));
}

describe("an address", () => {
  const PRIVATE = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://2130706433/",
    "http://2130706433./",
    "http://①②⑦.0.0.1/",
    "http://0/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://inside.example/",
    "http://INSIDE.example./",
  ];

  test("is refused when it leads into a private network, however it is written", async () => {
    NAMES["inside.example."] = [LOOPBACK];
    for (const url of PRIVATE) expect(await faultOf(guarded(url, usual)), url).toBe("private_address");
  });

  test("is refused when it is not one of HTTP, names a user, or has the port of another protocol", async () => {
    const urls = [
      "ftp://a/",
      "file:///etc/passwd",
      "gopher://a/",
      "data:,x",
      "javascript:1",
      "x",
      "",
      "http://",
      "//a/",
    ];
    const zones = ["http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/"];
    const users = ["http://user@site.example/", "http://user:password@site.example/", "http://:p@site.example/"];
    const ports = ["http://a.example:25/", "http://a.example:22/", "https://a.example:993/"];
    for (const url of [...urls, ...zones, ...users, ...ports])
      expect(await faultOf(guarded(url, usual)), url).toBe("bad_address");
  });

  test("is refused when its name has no address", async () => {
    expect(await faultOf(guarded("http://nobody.example/", usual))).toBe("unknown_host");
    NAMES["empty.example"] = [];
    expect(await faultOf(guarded("http://empty.example/", usual))).toBe("unknown_host");
  });

  test("is refused when the name server answers with a text that is no address", async () => {
    NAMES["strange.example"] = ["localhost", "127.1", "x"];
    expect(await faultOf(guarded("http://strange.example/", usual))).toBe("private_address");
  });

  test("is called when the operator allows its host or its range", async () => {
    expect(JSON.parse(await textOf(`${base}/a?b`))).toMatchObject({
      pathname: "/a",
      method: "GET",
      headers: { host: `${site}:${http.port}`, "user-agent": "Confab" },
    });
    const byRange = outside({ allowed: { hosts: [], ranges: [] }, resolve: async () => [LOOPBACK] });
    expect(await faultOf(byRange(`${base}/`, usual))).toBe("private_address");
    const answer = await guarded(`${base}/`, { ...usual, isOperators: true });
    expect(answer.status).toBe(200);
    answer.close();
  });

  test("reaches the name in Unicode as in punycode", async () => {
    NAMES["xn--mller-kva.example"] = [LOOPBACK];
    const some = outside({ allowed: { hosts: ["xn--mller-kva.example"], ranges: [] }, resolve });
    const answer = await some(`http://müller.example:${http.port}/`, usual);
    expect(JSON.parse(Buffer.from(await answer.bytes()).toString()).headers.host).toBe(
      `xn--mller-kva.example:${http.port}`,
    );
  });

  test("is resolved once, so that a name server can't change its mind between the check and the call", async () => {
    const answers = [["203.0.113.9"], [LOOPBACK]];
    let asked = 0;
    const some = outside({ allowed: { hosts: [], ranges: [] }, resolve: async () => answers[asked++] ?? [] });
    expect(await faultOf(some(`http://rebind.example:${http.port}/`, usual))).toBe("private_address");
    expect(asked).toBe(1);
  });

  test("is not reached by its private addresses when it also has others", async () => {
    const called: string[] = [];
    const raw = rawServer((socket) => {
      called.push("called");
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    });
    const url = (await raw.url()).replace(site, "both.example");
    // Nobody answers on the second loopback address, which the operator allows.
    const { IPv4 } = (await import("ipaddr.js")).default;
    const some = outside({
      allowed: { hosts: [], ranges: [[IPv4.parse("127.0.0.9"), 32]] },
      resolve: async () => [LOOPBACK, "127.0.0.9"],
    });
    expect(await faultOf(some(url, usual))).toBe("unreachable");
    expect(called).toEqual([]);
  });

  test("is reached by its second address when the first one does not answer", async () => {
    const some = outside({ allowed, resolve: async () => ["127.0.0.9", LOOPBACK] });
    const answer = await some(`${base}/`, usual);
    expect(answer.status).toBe(200);
    answer.close();
  });
});

describe("a redirect", () => {
  test("is followed to another host", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const target = `http://${other}:${http.port}/there`;
      const answer = await get(redirectTo(target, status), { headers: { authorization: "Bearer secret" } });
      const { pathname, headers } = JSON.parse(Buffer.from(await answer.bytes()).toString());
      expect({ pathname, url: answer.url }).toEqual({ pathname: "/there", url: target });
      expect(headers.authorization).toBeUndefined();
    }
  });

  test("keeps the caller's headers at the same host", async () => {
    const { headers } = JSON.parse(await textOf(redirectTo("/there"), { headers: { authorization: "Bearer secret" } }));
    expect(headers.authorization).toBe("Bearer secret");
  });

  test("is refused when it leads into a private network", async () => {
    const targets = ["http://127.0.0.1/", `http://127.0.0.1:${http.port}/`, "http://inside.example/", "http://[::1]/"];
    for (const target of targets) expect(await faultOf(get(redirectTo(target))), target).toBe("private_address");
    const far = redirectTo(redirectTo(`http://127.0.0.1:${http.port}/`));
    expect(await faultOf(get(far))).toBe("private_address");
  });

  test("is refused when it leads to another scheme, a user or no address", async () => {
    for (const target of ["file:///etc/passwd", "ftp://a/", "http://u:p@site.example/"])
      expect(await faultOf(get(redirectTo(target))), target).toBe("bad_address");
    expect(await faultOf(get(redirectTo("http://")))).toBe("bad_answer");
  });

  test("does not take along that the operator named the first host", async () => {
    const request = { ...usual, isOperators: true };
    const target = `http://inside.example:${http.port}/`;
    expect(await faultOf(guarded(redirectTo(target), request))).toBe("private_address");
  });

  test("is followed four times at most, and not at all after a POST", async () => {
    let url = `${base}/end`;
    for (let i = 0; i < 4; i++) url = redirectTo(url);
    expect(JSON.parse(await textOf(url)).pathname).toBe("/end");
    expect(await faultOf(get(redirectTo(url)))).toBe("too_many_redirects");
    const loop = rawServer((socket) =>
      socket.end("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    );
    expect(await faultOf(get(await loop.url()))).toBe("too_many_redirects");
    expect(await faultOf(get(redirectTo("/end"), { method: "POST", body: "x" }))).toBe("too_many_redirects");
  });
});

describe("a body", () => {
  test("is sent as a text, as bytes and as a stream", async () => {
    const stream = () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (const part of ["a", "b"]) controller.enqueue(Buffer.from(part));
          controller.close();
        },
      });
    for (const body of ["ab", Buffer.from("ab"), stream])
      expect(JSON.parse(await textOf(base, { method: "POST", body }))).toMatchObject({ method: "POST", body: "ab" });
  });

  test("is given up when its stream fails", async () => {
    const body = () => new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error("the disk is gone")) });
    expect(await faultOf(get(base, { method: "POST", body }))).toBe("unreachable");
  });

  test("is unpacked", async () => {
    for (const [as] of PACKED) expect(await textOf(`${base}/packed?as=${as}`), as).toBe("packed");
  });

  test("is refused when it is packed otherwise, twice or wrongly", async () => {
    const answers: Record<string, [string, Uint8Array]> = {
      "/zstd": ["zstd", gzipSync("x")],
      "/twice": ["gzip, gzip", gzipSync(gzipSync("x"))],
      "/wrong": ["gzip", Buffer.from("no gzip at all")],
      "/cut": ["gzip", gzipSync("a long text that is cut").subarray(0, 20)],
    };
    const raw = rawServer((socket, path) => {
      const [encoding, bytes] = answers[path] ?? ["", Buffer.of()];
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${bytes.length}\r\n\r\n`);
      socket.end(bytes);
    });
    for (const path of Object.keys(answers))
      expect(await faultOf(bytesOf(await raw.url(path))), path).toBe("bad_answer");
    await until(() => raw.open() === 0);
  });

  test("is cut at the limit, and its connection is closed", async () => {
    const raw = rawServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n");
      writeForEver(socket, "x".repeat(50_000));
    });
    const answer = await get(await raw.url(), { maxBytes: 70_000 });
    let bytes = 0;
    const reading = (async () => {
      for await (const chunk of answer.body) bytes += chunk.length;
    })();
    expect(await faultOf(reading)).toBe("too_large");
    expect(bytes).toBe(70_000);
    await until(() => raw.open() === 0);
  });

  test("may have exactly as many bytes as the limit", async () => {
    const raw = rawServer((socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(1000)}`));
    expect((await bytesOf(await raw.url(), { maxBytes: 1000 })).length).toBe(1000);
    expect(await faultOf(bytesOf(await raw.url(), { maxBytes: 999 }))).toBe("too_large");
  });

  test("that unpacks to gigabytes is cut at the limit, and takes little memory", async () => {
    const raw = rawServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n");
      const gzip = createGzip();
      gzip.on("error", () => {}).pipe(socket);
      const zeros = Buffer.alloc(1 << 20);
      const write = () => {
        while (!socket.destroyed) if (!gzip.write(zeros)) return void gzip.once("drain", write);
      };
      write();
    });
    const before = process.memoryUsage().rss;
    expect(await faultOf(bytesOf(await raw.url(), { maxBytes: 1_000_000 }))).toBe("too_large");
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    await until(() => raw.open() === 0);
  });

  test("is an error when it breaks off", async () => {
    const raw = rawServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nab"));
    expect(await faultOf(bytesOf(await raw.url()))).toBe("bad_answer");
  });

  test("that nobody reads is dropped when the answer is closed", async () => {
    const raw = rawServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      writeForEver(socket, "x".repeat(50_000));
    });
    (await get(await raw.url())).close();
    await until(() => raw.open() === 0);
    for await (const _ of (await get(await raw.url())).body) break;
    await until(() => raw.open() === 0);
  });
});

describe("a server", () => {
  const NO_HTTP = {
    "that sends headers without end": (socket: Socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      writeForEver(socket, `x: ${"x".repeat(1000)}\r\n`);
    },
    "that sends one header without end": (socket: Socket) => {
      socket.write("HTTP/1.1 200 OK\r\nx: ");
      writeForEver(socket, "x".repeat(1000));
    },
    "that speaks another protocol": (socket: Socket) => void socket.end("220 mail.example ESMTP\r\n"),
    "that names two lengths": (socket: Socket) =>
      void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
  };
  for (const [name, answer] of Object.entries(NO_HTTP))
    test(`${name} is given up`, async () => {
      const raw = rawServer(answer);
      expect(await faultOf(get(await raw.url()))).toBe("bad_answer");
      await until(() => raw.open() === 0);
    });

  const SLOW = {
    "that never answers": () => {},
    "that dribbles its headers": (socket: Socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      dribble(socket, "x: y\r\n");
    },
    "that dribbles its body": (socket: Socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      dribble(socket, "x");
    },
    "that dribbles its redirect": (socket: Socket) => {
      socket.write("HTTP/1.1 302 Found\r\nlocation: /");
      dribble(socket, "x");
    },
  };
  for (const [name, answer] of Object.entries(SLOW))
    test(`${name} is given up after the time`, async () => {
      const raw = rawServer(answer);
      expect(await faultOf(bytesOf(await raw.url(), { timeoutMs: 300 }))).toBe("timeout");
      await until(() => raw.open() === 0);
    });

  test("that closes the connection is unreachable", async () => {
    const raw = rawServer((socket) => socket.destroy());
    expect(await faultOf(get(await raw.url()))).toBe("unreachable");
  });

  test("that the caller gives up is cut off at once", async () => {
    const raw = rawServer(() => {});
    const controller = new AbortController();
    const call = faultOf(get(await raw.url(), { signal: controller.signal }));
    await until(() => raw.open() === 1);
    controller.abort();
    expect(await call).toBe("aborted");
    await until(() => raw.open() === 0);
    expect(await faultOf(get(await raw.url(), { signal: AbortSignal.abort() }))).toBe("aborted");
  });

  test("of names that never answers is given up after the time", async () => {
    const some = outside({ allowed, resolve: () => new Promise(() => {}) });
    expect(await faultOf(some(base, { ...usual, timeoutMs: 100 }))).toBe("timeout");
  });
});

test("the environment's proxies are not used", async () => {
  const script = `
    import { outside } from ${JSON.stringify(`${import.meta.dir}/../../src/server/platform/outbound/fetch-outside.ts`)};
    const call = outside({ allowed: { hosts: [${JSON.stringify(site)}], ranges: [] }, resolve: async () => ["127.0.0.1"] });
    const answer = await call(${JSON.stringify(`${base}/direct`)}, { maxBytes: 10000, timeoutMs: 20000 });
    process.stdout.write(JSON.parse(Buffer.from(await answer.bytes()).toString()).pathname);`;
  const proxy = "http://127.0.0.1:1";
  const env = { PATH: process.env["PATH"], HTTP_PROXY: proxy, http_proxy: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy };
  const child = Bun.spawn([process.execPath, "--no-env-file", "-e", script], { env, stdout: "pipe" });
  expect(await new Response(child.stdout).text()).toBe("/direct");
});

describe.skipIf(!canMakeCertificates)("a certificate", () => {
  const made = canMakeCertificates ? makeCertificate(site, "IP:127.0.0.1") : undefined;
  const tls = made && { cert: made.cert, key: made.key };
  const https = Bun.serve({
    port: 0,
    hostname: LOOPBACK,
    ...(tls ? { tls } : {}),
    fetch: (request) => new Response(request.headers.get("host")),
  });
  afterAll(() => https.stop(true));
  const options = { allowed, resolve, ca: made?.ca ?? "" };

  test("is accepted when it is one for the name, although the connection goes to an address", async () => {
    const answer = await outside(options)(`https://${site}:${https.port}/`, usual);
    expect(Buffer.from(await answer.bytes()).toString()).toBe(`${site}:${https.port}`);
  });

  test("is accepted for an IP address that it names", async () => {
    const answer = await outside(options)(`https://127.0.0.1:${https.port}/`, { ...usual, isOperators: true });
    expect(answer.status).toBe(200);
    answer.close();
  });

  test("is refused when it is one for another name, or of an unknown authority", async () => {
    expect(await faultOf(outside(options)(`https://${other}:${https.port}/`, usual))).toBe("bad_certificate");
    const unknown = outside({ allowed, resolve });
    expect(await faultOf(unknown(`https://${site}:${https.port}/`, usual))).toBe("bad_certificate");
  });
});
