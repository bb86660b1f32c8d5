import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { presenceTimes } from "../../src/server/places/places.ts";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { spawnServer } from "../support/process.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import type { Socket } from "../support/socket.ts";
import { on } from "./two-nodes.ts";

/** Short, so that nobody waits. */
const TIMES = { grace: 400, lease: 20_000, beat: 200, settle: 2_500 };
/** The other node hears of it within moments. A busy machine may take longer. */
const PATIENCE_MS = 15_000;

if (modes.includes("redis"))
  describe("presence over two nodes", () => {
    let redis: RedisServer;
    let place: Place;
    let environment: Record<string, string>;
    let one: TestServer;
    let two: TestServer;
    let ann: Client;

    beforeAll(async () => {
      redis = await startRedis();
      place = await makePlace("redis");
      environment = { ...place.environment, REDIS_URL: redis.url };
      one = await startTestServer("redis", environment, { presence: TIMES });
      two = await startTestServer("redis", environment, { presence: TIMES });
      ann = await one.person("Ann");
    });
    afterAll(async () => {
      await one.stop();
      await two.stop();
      await redis.stop();
      place.remove();
    });

    const onlineOf = (socket: Socket, person: Client) =>
      socket
        .all("presence")
        .filter(({ user_id }) => user_id === person.id)
        .map(({ online }) => online);
    const says = (socket: Socket, person: Client, states: boolean[]) =>
      socket.until(() => JSON.stringify(onlineOf(socket, person)) === JSON.stringify(states), PATIENCE_MS);

    /** Somebody on the second node, a socket on the first that watches them, and the conversation they share. */
    async function watched(name = "Bob") {
      const bob = on(two, await one.person(name));
      const { id } = await ann.conversation([bob]);
      const hub = await ann.hub();
      hub.send({ type: "watch", user_ids: [bob.id] });
      await says(hub, bob, [false]);
      return { bob, id, hub };
    }

    test("it reaches the other node, and a person who moves from node to node is never offline", async () => {
      const { bob, id, hub } = await watched();
      let socket = await bob.chat(id);
      await says(hub, bob, [false, true]);
      for (let i = 0; i < 10; i++) {
        socket.close();
        await socket.closed;
        socket = await on(i % 2 ? two : one, bob).hub();
      }
      await Bun.sleep(3 * TIMES.grace);
      await hub.settled();
      expect(onlineOf(hub, bob)).toEqual([false, true]);
      socket.close();
      await says(hub, bob, [false, true, false]);
      const { last_seen } = hub.all("presence").at(-1);
      const other = await on(two, ann).hub();
      other.send({ type: "watch", user_ids: [bob.id] });
      expect((await other.next("presence")).last_seen).toBe(last_seen);
      other.close();
      hub.close();
    });

    test("a watch on one node finds people who have long been on the other", async () => {
      const { bob, hub } = await watched();
      const there = await bob.hub();
      await says(hub, bob, [false, true]);
      hub.close();
      const again = await ann.hub();
      again.send({ type: "watch", user_ids: [bob.id] });
      await says(again, bob, [true]);
      for (const socket of [again, there]) socket.close();
    });

    test("a removal on one node ends it on the other, in both directions", async () => {
      const bob = on(two, await one.person("Bob"));
      const eve = await one.person("Eve");
      const { id } = await eve.conversation([bob, ann]);
      const [there, here] = [await bob.hub(), await eve.hub()];
      there.send({ type: "watch", user_ids: [eve.id, ann.id] });
      await says(there, eve, [true]);
      here.send({ type: "watch", user_ids: [bob.id] });
      await says(here, bob, [true]);
      await eve.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`);
      for (const [socket, person] of [
        [there, eve],
        [here, bob],
      ] as const) {
        await says(socket, person, [true, false]);
        expect(socket.all("presence").findLast(({ user_id }) => user_id === person.id).last_seen).toBeNull();
      }
      here.close();
      await Bun.sleep(3 * TIMES.grace);
      await there.settled();
      expect(onlineOf(there, eve)).toEqual([true, false]);
      there.close();
    });

    test("Redis killed and back empty: a node shows its own changes, and the others keep what they knew and catch up", async () => {
      const [bob, dan] = [await watched(), await watched("Dan")];
      const eve = await one.person("Eve");
      await ann.conversation([eve]);
      bob.hub.send({ type: "watch", user_ids: [eve.id] });
      const [goes, stays] = [await bob.bob.hub(), await dan.bob.hub()];
      await says(bob.hub, bob.bob, [false, true]);
      await says(dan.hub, dan.bob, [false, true]);
      await redis.kill();
      // On the same node it is known without Redis.
      const here = await eve.hub();
      await says(bob.hub, eve, [false, true]);
      goes.close();
      await Bun.sleep(3 * TIMES.grace);
      await bob.hub.settled();
      expect(onlineOf(bob.hub, bob.bob)).toEqual([false, true]);
      await redis.resume();
      await says(bob.hub, bob.bob, [false, true, false]);
      // Also when all is looked at again.
      await Bun.sleep(TIMES.settle + 5 * TIMES.beat);
      await dan.hub.settled();
      expect(onlineOf(dan.hub, dan.bob)).toEqual([false, true]);
      for (const socket of [bob.hub, dan.hub, here, stays]) socket.close();
    });

    test("a node that stops: people who come to the other one are never offline, the others are offline soon", async () => {
      const three = await startTestServer("redis", environment, { presence: TIMES });
      const [bob, dan] = [await watched(), await watched("Dan")];
      await on(three, bob.bob).hub();
      await on(three, dan.bob).hub();
      await says(bob.hub, bob.bob, [false, true]);
      await says(dan.hub, dan.bob, [false, true]);
      const stopping = three.stop();
      const moved = await bob.bob.hub();
      await says(dan.hub, dan.bob, [false, true, false]);
      await stopping;
      await bob.hub.settled();
      expect(onlineOf(bob.hub, bob.bob)).toEqual([false, true]);
      for (const socket of [bob.hub, dan.hub, moved]) socket.close();
    });

    test("kill -9, with the times as they are: the node's people are offline in time, watched or not", async () => {
      const doomed = await spawnServer(environment);
      const [bob, eve] = [await watched(), await one.person("Eve")];
      const at = async (person: Client) => Object.assign(doomed.visitor(), { cookie: person.cookie }).hub();
      await at(bob.bob);
      await at(eve);
      await says(bob.hub, bob.bob, [false, true]);
      const killedAt = Date.now();
      const killed = performance.now();
      doomed.kill("SIGKILL");
      const { lease, beat } = presenceTimes;
      await bob.hub.until(() => onlineOf(bob.hub, bob.bob).length === 3, lease + beat + PATIENCE_MS);
      const took = performance.now() - killed;
      expect(onlineOf(bob.hub, bob.bob)).toEqual([false, true, false]);
      expect(took).toBeWithin(lease - 2 * beat, lease + beat + PATIENCE_MS);
      process.stderr.write(`offline ${(took / 1_000).toFixed(1)} s after kill -9\n`);
      // The moment when the node was last heard.
      const sql = new Bun.SQL(environment["DATABASE_URL"] ?? "");
      const [{ last_online }] = await sql`SELECT last_online FROM users WHERE id = ${eve.id}`;
      await sql.close();
      expect(Date.parse(last_online)).toBeWithin(killedAt - 2 * beat, killedAt + PATIENCE_MS);
      bob.hub.close();
    });
  });
