import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Client, PASSWORD } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { clientFrame, httpAnswer, OPCODES, serverFrame, Wire } from "../support/wire.ts";
import { startTarget, type Target } from "./wellbeing.ts";

setDefaultTimeout(60_000);

/** Bun's 10 s for a request, counted in steps of 4 s; three-fold slack. */
const REQUEST_MS = 36_000;
const LOGIN = "/api/users/login/";
const HEALTH = "/api/chat/health/";

describe("slow and oversized requests", () => {
  let target: Target;
  let wires: Wire[] = [];
  beforeAll(async () => {
    target = await startTarget("embedded");
  });
  afterEach(() => {
    for (const wire of wires) wire.destroy();
    wires = [];
  });
  afterAll(() => target.server.stop());

  const open = (bytes: string | Uint8Array = "") => {
    const wire = new Wire(target.server.url).write(bytes);
    wires.push(wire);
    return wire;
  };
  const head = (line: string, ...headers: string[]) => [`${line} HTTP/1.1`, "Host: a", ...headers, ""].join("\r\n");
  const JSON_BODY = "Content-Type: application/json";
  const UPGRADE = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

  /** The first bytes, and the drop that follows twice a second: never silent for Bun's 10 s, and never complete. */
  const drips: Record<string, [first: string, drop: (n: number) => string]> = {
    silence: ["", () => ""],
    "a method": ["", () => "G"],
    "a header": [`${head(`GET ${HEALTH}`)}X-A: `, () => "a"],
    "header after header": [head(`GET ${HEALTH}`), (n) => `X-${n}: 1\r\n`],
    "a handshake": [head("GET /ws/", ...UPGRADE), (n) => (n === 0 ? KEY : "=")],
    "a body": [`${head(`POST ${LOGIN}`, JSON_BODY, "Content-Length: 60000")}\r\n{`, () => " "],
    "chunks of a body": [`${head(`POST ${LOGIN}`, JSON_BODY, "Transfer-Encoding: chunked")}\r\n`, () => "1\r\n \r\n"],
    "a body that nobody reads": [`${head("POST /api/nowhere/", "Content-Length: 60000")}\r\n{`, () => " "],
    "a second request": [`${head(`GET ${HEALTH}`)}\r\nG`, () => "E"],
  };
  test("a dripping connection is closed after 10 to 12 s and holds up nobody", async () => {
    const started = performance.now();
    const dripping = Object.entries(drips).map(async ([name, [first, drop]]) => {
      const wire = open(first);
      for (let n = 0; !wire.isEnded && performance.now() - started < REQUEST_MS; n++) {
        await Bun.sleep(500);
        if (!wire.socket.destroyed) wire.write(drop(n));
      }
      return [name, wire.isEnded];
    });
    await target.expectWell();
    expect(await Promise.all(dripping)).toEqual(Object.keys(drips).map((name) => [name, true]));
    await target.expectWell();
  });

  test("a body that says it is zipped is not unzipped", async () => {
    const zipped = Bun.gzipSync(new Uint8Array(50 * 1024 * 1024).fill(0x20));
    expect(zipped.length).toBeLessThan(64 * 1024);
    const memory = process.memoryUsage.rss();
    for (const encoding of ["gzip", "deflate", "br", "zstd", "gzip, gzip"]) {
      const wire = open(
        `${head(`POST ${LOGIN}`, JSON_BODY, `Content-Encoding: ${encoding}`, `Content-Length: ${zipped.length}`)}\r\n`,
      );
      const answer = await wire.write(zipped).take(httpAnswer);
      // Its bytes are no JSON.
      expect([answer?.status, JSON.parse(answer?.text ?? "{}").code]).toEqual([400, "invalid_json"]);
    }
    expect(process.memoryUsage.rss() - memory).toBeLessThan(50 * 1024 * 1024);
    await target.expectWell();
  });

  test("a frame in endless pieces is closed at 64 KiB, and empty pieces do not count", async () => {
    const eve = await target.server.person("Eve");
    const upgrade = async () => {
      const wire = open(`${head("GET /ws/", ...UPGRADE, KEY, `Cookie: sessionid=${eve.cookie}`)}\r\n`);
      expect((await wire.take(httpAnswer))?.status).toBe(101);
      await wire.take(serverFrame);
      return wire;
    };
    const piece = (payload: string, opcode = OPCODES.continuation, final = false) =>
      clientFrame(opcode, payload, { final });

    const endless = await upgrade();
    endless.write(piece("x", OPCODES.text));
    for (let n = 0; n < 700; n++) endless.write(piece("x".repeat(100)));
    const close = await endless.take(serverFrame);
    expect([close?.opcode, close?.payload.readUInt16BE(0)]).toEqual([OPCODES.close, 1009]);

    const empty = await upgrade();
    empty.write(piece('{"type":"ping",', OPCODES.text));
    const nothing = Buffer.concat(Array.from({ length: 1_000 }, () => piece("")));
    for (let n = 0; n < 50; n++) empty.write(nothing);
    empty.write(piece('"ref":"r"}', OPCODES.continuation, true));
    expect((await empty.take(serverFrame))?.payload.toString()).toContain('"ref":"r"');
    await target.expectWell();
  });
});

/** Somebody who comes by a proxy that is trusted. */
class From extends Client {
  constructor(
    url: string,
    private readonly address: string,
  ) {
    super(url);
  }
  override call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    return super.call(method, path, body, { "X-Forwarded-For": this.address, ...headers });
  }
}

describe("nobody can lock another out of login", () => {
  let place: Place;
  let server: ServerProcess;
  let bob: Client;
  const logIn = (address: string, email: string, password: string) =>
    new From(server.url, address).post(LOGIN, { email, password });

  beforeAll(async () => {
    place = await makePlace("embedded");
    // The limits that hold where no setting says otherwise.
    const names = ["ANON", "USER", "MESSAGES", "LOGIN", "SENDS", "FRAMES"];
    const limits = Object.fromEntries(names.map((name) => [`RATE_LIMIT_${name}`, ""]));
    server = await spawnServer({ ...place.environment, ...limits, TRUSTED_PROXIES: "1" });
    bob = await new From(server.url, "198.51.100.1").signUp("Bob");
  });
  afterAll(async () => {
    // Hundreds of passwords may still wait to be checked.
    server.kill("SIGKILL");
    await server.exited;
    place.remove();
  });

  test("a flood of wrong passwords from one address, or from many, does not stop the right one from another", async () => {
    const email = bob.user?.email ?? "";
    const flood = Array.from({ length: 50 }, (_, n) =>
      logIn(n < 35 ? "203.0.113.1" : `203.0.113.${n}`, email, "wrong password"),
    );
    expect((await logIn("198.51.100.2", email, PASSWORD)).status).toBe(200);
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    // Of the one address ten were looked at.
    expect(statuses.filter((status) => status === 429)).toHaveLength(25);
    expect(statuses.filter((status) => status === 401)).toHaveLength(25);
    // And whoever was in stays in.
    expect((await bob.get("/api/users/profile/")).status).toBe(200);
  });

  test("one address that fills the password queue by many accounts must wait, and others need not", async () => {
    const from = "203.0.113.200";
    const puppets = await Promise.all(Array.from({ length: 5 }, () => new From(server.url, from).signUp("Puppet")));
    // Each account has requests of its own; each is for another e-mail, with a password that must be hashed.
    const flood = puppets.flatMap(({ cookie }) =>
      Array.from({ length: 95 }, () => {
        const body = JSON.stringify({ email: `${crypto.randomUUID()}@example.com`, password: "wrong password" });
        const head = `POST ${LOGIN} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${from}\r\nCookie: sessionid=${cookie}\r\n`;
        return new Wire(server.url).write(
          `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
      }),
    );
    const seen: number[] = [];
    for (const wire of flood) void wire.take(httpAnswer, 60_000).then((answer) => answer && seen.push(answer.status));
    const count = (status: number) => seen.filter((other) => other === status).length;
    while (count(503) < 100) await Bun.sleep(10);
    const checkedBefore = count(401);
    expect((await logIn("198.51.100.3", bob.user?.email ?? "", PASSWORD)).status).toBe(200);
    expect(count(401) - checkedBefore).toBeLessThan(100);
    for (const wire of flood) wire.destroy();
  });
});

if (modes.includes("redis"))
  describe("over nodes", () => {
    let redis: RedisServer;
    let place: Place;
    let environment: Record<string, string>;
    beforeAll(async () => {
      redis = await startRedis();
      place = await makePlace("redis");
      environment = { ...place.environment, REDIS_URL: redis.url };
    });
    afterAll(async () => {
      await redis.stop();
      place.remove();
    });
    const at = (url: string, { cookie }: Client) => Object.assign(new Client(url), { cookie });

    test("racing opens get a user's sockets and no more, and those of a node that died are given back in time", async () => {
      const limit = { ...environment, MAX_SOCKETS_PER_USER: "6" };
      const one = await startTestServer("redis", limit);
      const doomed = await spawnServer({ ...limit, PORT: String(await freePort()) });
      const opened: RawSocket[] = [];
      const statuses: number[] = [];
      try {
        const ann = await one.person("Ann");
        for (let n = 0; n < 2; n++) opened.push(await RawSocket.connect(at(doomed.url, ann), "/ws/"));
        const [nameOfTheDoomed = ""] = await redis.redis.hkeys(`confab:places:{${ann.id}}`);
        await Promise.all(
          Array.from({ length: 20 }, async (_, n) => {
            const { socket, answer } = await RawSocket.knock(at(n % 2 ? one.url : doomed.url, ann), "/ws/");
            statuses.push(answer.status);
            opened.push(socket);
          }),
        );
        expect(statuses.sort((a, b) => a - b)).toEqual([...Array(4).fill(101), ...Array(16).fill(429)]);
        doomed.kill("SIGKILL");
        await doomed.exited;
        expect((await RawSocket.knock(ann, "/ws/")).answer.status).toBe(429);
        // As if 20 s had gone by: the lease of the dead node has run out.
        await redis.redis.zincrby("confab:nodes", -20_000, nameOfTheDoomed);
        const own = statuses.filter((status) => status === 101).length;
        while (await redis.redis.zscore("confab:nodes", nameOfTheDoomed)) await Bun.sleep(50);
        let free = 0;
        for (;;) {
          const { socket, answer } = await RawSocket.knock(ann, "/ws/");
          opened.push(socket);
          if (answer.status === 429) break;
          expect(answer.status).toBe(101);
          free++;
        }
        // At least the two that were opened first were there.
        expect(free).toBeWithin(2, 2 + own + 1);
      } finally {
        for (const socket of opened) socket.terminate();
        doomed.kill("SIGKILL");
        await one.stop();
      }
    });

    test("a user's frames, requests and wrong passwords count over both nodes and all sockets", async () => {
      const limit = {
        ...environment,
        RATE_LIMIT_USER: "12/minute",
        RATE_LIMIT_MESSAGES: "4/minute",
        RATE_LIMIT_FRAMES: "6/minute",
        RATE_LIMIT_LOGIN: "4/minute",
      };
      const [one, two] = [await startTestServer("redis", limit), await startTestServer("redis", limit)];
      try {
        const turn = <T>(times: number, ask: (node: TestServer) => Promise<T>) =>
          Promise.all(Array.from({ length: times }, (_, n) => ask(n % 2 ? one : two)));
        const count = (statuses: number[], status: number) => statuses.filter((seen) => seen === status).length;
        const [ann, bob] = [await one.person("Ann"), await one.person("Bob")];
        const pages = `/api/chat/conversations/${crypto.randomUUID()}/messages/`;
        const read = await turn(10, async (node) => (await at(node.url, ann).get(pages)).status);
        expect([count(read, 404), count(read, 429)]).toEqual([4, 6]);
        const asked = await turn(10, async (node) => (await at(node.url, ann).get("/api/users/profile/")).status);
        expect([count(asked, 200), count(asked, 429)]).toEqual([2, 8]);

        const sockets = [await at(one.url, bob).hub(), await at(two.url, bob).hub()];
        for (const socket of sockets) for (let n = 0; n < 5; n++) socket.send({ type: "ping" });
        for (const socket of sockets)
          await socket.until(() => socket.all("pong").length + socket.all("error").length === 5);
        expect(sockets.flatMap((socket) => socket.all("pong"))).toHaveLength(6);
        for (const socket of sockets) socket.close();

        const wrong = { email: ann.user?.email, password: "wrong password" };
        const guesses = await turn(10, async (node) => (await node.visitor().post(LOGIN, wrong)).status);
        // Ann's own login was the first.
        expect([count(guesses, 401), count(guesses, 429)]).toEqual([3, 7]);
      } finally {
        await one.stop();
        await two.stop();
      }
    });
  });
