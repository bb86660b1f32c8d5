import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { windowKey } from "../../src/server/redis/keys.ts";
import { makeClock } from "../support/clock.ts";
import { makePlace, modes } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { startProxy } from "../support/proxy.ts";
import { startTestServer } from "../support/server.ts";
import type { Socket } from "../support/socket.ts";

const SENDS = 100;
const HOUR_MS = 3_600_000;
const WINDOW_MS = 2_000;
const FRAMES = { RATE_LIMIT_FRAMES: "6/2s" };

/** Waits until the server's clock is wrong by that much, as it says itself in its log. */
async function untilWrongBy(offsetMs: number, server: ServerProcess, { LOG_DIR = "" }: Record<string, string>) {
  for (let tries = 0; ; tries++) {
    await server.visitor().get("/api/users/profile/");
    const [moment = ""] = /[\d: -]+(?= INFO .*\n$)/.exec(readFileSync(join(LOG_DIR, "api.log"), "utf8")) ?? [];
    const wrongBy = Date.parse(`${moment}Z`) - Date.now();
    if (Math.abs(wrongBy - offsetMs) < 60_000) return;
    if (tries > 100) throw new Error(`the clock is wrong by ${wrongBy} ms`);
    await Bun.sleep(100);
  }
}

/** Two of the four frames on each socket are above the limit. The sender may go on after the seconds in the answer. */
async function expectLimited(sockets: [Socket, Socket]) {
  const before = sockets.map((socket) => socket.all("pong").length + socket.all("error").length);
  const errorsBefore = sockets.flatMap((socket) => socket.all("error")).length;
  for (const socket of sockets) {
    for (let i = 0; i < 4; i++) socket.send({ type: "ping" });
    await socket.until(
      () => socket.all("pong").length + socket.all("error").length === (before[sockets.indexOf(socket)] ?? 0) + 4,
    );
  }
  const errors = sockets.flatMap((socket) => socket.all("error"));
  expect(errors.length - errorsBefore).toBe(2);
  for (const { code, retry_after } of errors) {
    expect(code).toBe("throttled");
    expect(retry_after).toBeWithin(1, 3);
  }
  await Bun.sleep(WINDOW_MS + 100);
  for (const socket of sockets) await socket.settled();
}

if (modes.includes("redis"))
  test("a node whose clock is an hour ahead, then an hour behind: order, sessions, typing, limits and times stay right", async () => {
    const clock = makeClock("+1h");
    if (!clock) return;
    const place = await makePlace("redis");
    const redis = new Redis(place.environment["REDIS_URL"] ?? "");
    const nodes: ServerProcess[] = [];
    try {
      const right = await spawnServer({ ...place.environment, ...FRAMES });
      nodes.push(right);
      const own = { LOG_DIR: `${place.environment["LOG_DIR"]}-wrong` };
      const wrong = await spawnServer({ ...place.environment, ...FRAMES, ...clock.environment, ...own });
      nodes.push(wrong);
      // Each session is made on one node and used on the other.
      const at = async (home: ServerProcess, away: ServerProcess, name: string) =>
        (await home.visitor().signUp(name)).at(away.url);
      const [ann, bob] = [await at(wrong, right, "Ann"), await at(right, wrong, "Bob")];
      const { id } = await ann.conversation([bob]);
      const [a, b] = [await ann.chat(id), await bob.chat(id)];
      const there = await wrong.visitor().logIn(ann.user?.email ?? "");
      const second = await there.chat(id);
      const began = Date.now();
      const chat = async (offset: string) => {
        await untilWrongBy(offset === "+1h" ? HOUR_MS : -HOUR_MS, wrong, own);
        for (const person of [ann, bob, there]) expect((await person.get("/api/users/profile/")).status).toBe(200);
        const acksBefore = a.all("ack").length;
        for (let i = 0; i < SENDS; i++)
          for (const socket of [a, b]) socket.send({ content: `${offset} ${i}`, client_id: `${offset} ${i}` });
        for (const socket of [a, b]) {
          await socket.until(() => socket.all("ack").length === acksBefore + SENDS);
          await socket.until(() => socket.all("message").length === 2 * (acksBefore + SENDS));
        }
        const [got, gotThere] = [a, b].map((socket) => socket.all("message").map(({ message }) => message));
        expect(got?.map(({ seq }) => seq)).toEqual(got?.map((_, i) => i + 1));
        expect(gotThere).toEqual(got);
        const times = (got ?? []).map(({ created_at }) => Date.parse(created_at));
        expect(times).toEqual(times.toSorted((x, y) => x - y));
        // The one clock is the database's, which is this machine's.
        expect(times[0]).toBeGreaterThan(began - 5_000);
        expect(times.at(-1)).toBeLessThan(Date.now() + 5_000);
        for (const person of [ann, bob])
          expect((await person.get(`/api/chat/conversations/${id}/messages/`)).body.data.messages).toEqual(
            got?.slice(-50),
          );
        expect(await redis.pttl(windowKey(id))).toBeWithin(23 * HOUR_MS, 24 * HOUR_MS + 1);
      };

      await chat("+1h");
      await expectLimited([a, second]);
      b.send({ type: "typing", is_typing: true });
      await a.next("typing", (frame) => frame.is_typing);
      const typed = performance.now();
      clock.set("-1h");
      await chat("-1h");
      await Bun.sleep(WINDOW_MS);
      await expectLimited([a, second]);
      await a.until((frames) => frames.some((frame) => frame.type === "typing" && !frame.is_typing), 18_000);
      // docs/contract.md §7: 6 s, with three-fold slack.
      expect(performance.now() - typed).toBeWithin(5_500, 18_000);
      second.close();
      for (const socket of [a, b]) socket.close();
    } finally {
      for (const node of nodes) node.kill("SIGKILL");
      await Promise.all(nodes.map((node) => node.exited));
      redis.disconnect();
      clock.remove();
      place.remove();
    }
  });

test("a clock that is set back by an hour makes no limit longer on a node that counts for itself", async () => {
  const server = await startTestServer("embedded", FRAMES);
  const { now } = Date;
  try {
    const ann = await server.person("Ann");
    const { id } = await ann.conversation([await server.person("Bob")]);
    const sockets: [Socket, Socket] = [await ann.chat(id), await ann.chat(id)];
    await sockets[0].settled();
    Date.now = () => now() - HOUR_MS;
    await Bun.sleep(WINDOW_MS + 100);
    await expectLimited(sockets);
    expect((await ann.send(id, "and on")).seq).toBe(1);
    for (const socket of sockets) socket.close();
  } finally {
    Date.now = now;
    await server.stop();
  }
});

if (modes.includes("postgres"))
  test("a clock that is set back while the database is away leaves no send without its answer", async () => {
    const place = await makePlace("postgres");
    const url = new URL(place.environment["DATABASE_URL"] ?? "");
    const network = await startProxy(Number(url.port));
    url.port = `${network.port}`;
    const server = await startTestServer("postgres", { ...place.environment, DATABASE_URL: url.href });
    const { now } = Date;
    try {
      const ann = await server.person("Ann");
      const { id } = await ann.conversation([await server.person("Bob")]);
      const a = await ann.chat(id);
      network.state = "refuse";
      network.cut();
      a.send({ content: "now", client_id: "1" });
      await Bun.sleep(500);
      Date.now = () => now() - HOUR_MS;
      // docs/contract.md §8: refused within 2 s, with three-fold slack.
      await a.until(() => a.all("error").length === 1, 6_000);
      network.state = "pass";
      a.send({ content: "now", client_id: "1" });
      await a.until(() => a.all("ack").length === 1);
      a.close();
    } finally {
      Date.now = now;
      await server.stop();
      await network.stop();
      place.remove();
    }
  });
