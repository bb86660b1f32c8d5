import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { hasLastRelease, spawnLastRelease } from "../support/last-release.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { on } from "./two-nodes.ts";

setDefaultTimeout(60_000);

/** docs/contract.md §8: other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;

const set = async (client: Client, id: string, body: unknown) => {
  const { status, body: answer } = await client.patch(`/api/chat/conversations/${id}/me/`, body);
  expect(status).toBe(200);
  return answer.data;
};
const versionsOf = (socket: Socket) => socket.all("me").map(({ me_version }: Frame) => me_version);
const reached = (socket: Socket, version: number) =>
  socket.until(() => versionsOf(socket).at(-1) === version, CATCH_UP_MS);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

if (modes.includes("redis"))
  describe("personal settings on two nodes", () => {
    let redis: RedisServer;
    let network: TcpProxy;
    let place: Place;
    let one: TestServer;
    let two: TestServer;

    beforeAll(async () => {
      redis = await startRedis();
      network = await startProxy(Number(new URL(redis.url).port));
      place = await makePlace("redis");
      const environment = { ...place.environment, REDIS_URL: redis.url };
      one = await startTestServer("redis", environment);
      two = await startTestServer("redis", { ...environment, REDIS_URL: `redis://127.0.0.1:${network.port}` });
    });
    afterAll(async () => {
      await one.stop();
      await two.stop();
      await network.stop();
      await redis.stop();
      place.remove();
    });

    async function setting() {
      const ann = await one.person("Ann");
      const there = on(two, ann);
      const { id } = await ann.conversation([await one.person("Bob")]);
      return { ann, there, id, here: await ann.hub(), away: await there.hub() };
    }

    test("changes on both at once reach the sockets of both, in one order", async () => {
      const { ann, there, id, here, away } = await setting();
      const changes = Array.from({ length: 30 }, (_, i) =>
        set(i % 2 === 0 ? ann : there, id, { muted_until: `2999-01-01T00:00:${String(i).padStart(2, "0")}.000Z` }),
      );
      const numbers = (await Promise.all(changes)).map(({ me_version }) => me_version);
      expect(numbers.sort((a, b) => a - b)).toEqual(upTo(30));
      for (const socket of [here, away]) {
        await reached(socket, 30);
        let before = 0;
        for (const { from, me_version } of socket.all("me")) {
          expect(from).toBe(before + 1);
          before = me_version;
        }
      }
      expect(here.all("me").at(-1)).toEqual({ ...away.all("me").at(-1), from: expect.any(Number) });
      for (const socket of [here, away]) socket.close();
    });

    test("reach the other node in time while it has no Redis, and again afterwards", async () => {
      const { ann, id, here, away } = await setting();
      network.state = "refuse";
      network.cut();
      await set(ann, id, { archived: true });
      await set(ann, id, { level: "nothing" });
      await reached(away, 2);
      network.state = "pass";
      await Bun.sleep(2_000);
      await set(ann, id, { archived: false });
      await reached(away, 3);
      await reached(here, 3);
      expect(versionsOf(here)).toEqual([1, 2, 3]);
      for (const socket of [here, away]) socket.close();
    });
  });

if (modes.includes("redis") && hasLastRelease)
  describe("personal settings beside a node of the last release", () => {
    let place: Place;
    let old: ServerProcess;
    let next: ServerProcess;

    beforeAll(async () => {
      place = await makePlace("redis");
      old = await spawnLastRelease(place.environment);
      next = await spawnServer(place.environment);
    });
    afterAll(async () => {
      for (const node of [old, next]) node.kill("SIGKILL");
      await Promise.all([old.exited, next.exited]);
      place.remove();
    });

    test("its sockets live on, its list is whole, and a member who leaves there loses them", async () => {
      const ann = await old.visitor().signUp("Ann");
      const bob = await old.visitor().signUp("Bob");
      const there = ann.at(next.url);
      const { id } = await ann.conversation([bob, await old.visitor().signUp("Cat")], "Three");
      const [before, after] = [await ann.hub(), await there.hub()];
      await set(there, id, { archived: true, level: "nothing" });
      await reached(after, 1);
      await bob.send(id, "still muted");
      await before.until(() => before.all("activity").length > 0, CATCH_UP_MS);
      expect(before.all("me")).toEqual([]);
      expect((await ann.get("/api/chat/conversations/")).body.data).toHaveLength(1);
      expect((await there.get("/api/chat/conversations/?archived=true")).body.data).toHaveLength(1);
      expect((await ann.delete(`/api/chat/conversations/${id}/participants/${ann.id}/`)).status).toBe(200);
      await bob.at(next.url).post(`/api/chat/conversations/${id}/participants/`, { user_ids: [ann.id] });
      const [request] = (await there.get("/api/chat/requests/")).body.data;
      if (request) await there.post(`/api/chat/requests/${request.id}/accept/`);
      const { me } = (await there.get(`/api/chat/conversations/${id}/`)).body.data;
      expect(me).toMatchObject({ archived: false, level: "all", me_version: 1 });
      for (const socket of [before, after]) socket.close();
    });
  });
