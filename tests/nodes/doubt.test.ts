import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { startProxy } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { on } from "./two-nodes.ts";

/** docs/contract.md §8: other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;

if (modes.includes("redis"))
  describe("a bus that may have lost something", () => {
    let redis: RedisServer;
    let other: RedisServer;
    let place: Place;
    let one: TestServer;
    let two: TestServer;
    let ann: Client;
    let bob: Client;
    let eve: Client;

    beforeAll(async () => {
      [redis, other] = [await startRedis(), await startRedis()];
      place = await makePlace("redis");
      const environment = { ...place.environment, REDIS_URL: redis.url };
      one = await startTestServer("redis", environment);
      two = await startTestServer("redis", environment);
      ann = await one.person("Ann");
      bob = on(two, await one.person("Bob"));
      eve = await one.person("Eve");
      await Bun.sleep(2_000);
    });
    afterAll(async () => {
      await one.stop();
      await two.stop();
      await redis.stop();
      await other.stop();
      place.remove();
    });

    test("a subscription that was cut for a moment: the message sent meanwhile comes in time, without a further message", async () => {
      const { id } = await ann.conversation([bob]);
      const reader = await bob.chat(id);
      for (let i = 0; i < 5; i++) {
        await redis.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
        await Bun.sleep(20);
        const { seq } = await ann.send(id, `${i}`);
        await reader.until((frames) => frames.some((frame) => frame.message?.seq === seq), CATCH_UP_MS);
      }
      reader.close();
    });

    test("a removed conversation's keys leave Redis also when its node was cut off from Redis", async () => {
      const network = await startProxy(Number(new URL(redis.url).port));
      const REDIS_URL = `redis://127.0.0.1:${network.port}`;
      const away = await startTestServer("redis", { ...place.environment, REDIS_URL });
      const root = on(away, await superuser(one, "Root"));
      const [{ id }, kept] = [await ann.conversation([bob], "Doomed"), await ann.conversation([bob, eve], "Kept")];
      const windows = async () =>
        (await redis.redis.keys("*")).filter((key) => key.includes(id) || key.includes(kept.id));
      for (const each of [id, kept.id]) await ann.send(each, "secret");
      while ((await windows()).length < 2)
        for (const each of [id, kept.id]) await bob.get(`/api/chat/conversations/${each}/messages/`);
      network.state = "refuse";
      network.cut();
      expect((await root.delete(`/api/admin/conversations/${id}/`)).status).toBe(200);
      await Bun.sleep(500);
      expect(await windows()).toHaveLength(2);
      network.state = "pass";
      const until = performance.now() + 3 * CATCH_UP_MS;
      while ((await windows()).length > 1 && performance.now() < until) await Bun.sleep(50);
      expect(await windows()).toEqual([expect.stringContaining(kept.id)]);
      await away.stop();
      await network.stop();
    });

    test("commands that were cut for a moment: the unpublished changes come in time, without a further message", async () => {
      const { id } = await ann.conversation([bob]);
      const reader = await bob.chat(id);
      for (let i = 0; i < 5; i++) {
        await redis.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        const { seq } = await ann.send(id, `${i}`);
        await reader.until((frames) => frames.some((frame) => frame.message?.seq === seq), CATCH_UP_MS);
      }
      reader.close();
    });

    test("a frozen Redis: a room that is new here opens, and its sends go on", async () => {
      const { id } = await ann.conversation([bob, eve], "Opened in the frost");
      process.kill(redis.pid(), "SIGSTOP");
      try {
        const [there, hub] = [await bob.chat(id), await bob.hub()];
        hub.send({ type: "subscribe", conversation_id: id });
        await hub.next("subscribed");
        await ann.send(id, "brr");
        for (const socket of [there, hub])
          await socket.until((frames) => frames.some((frame) => frame.message?.content === "brr"), CATCH_UP_MS);
        there.close();
        hub.close();
      } finally {
        process.kill(redis.pid(), "SIGCONT");
      }
    });

    test("joining and removal while Redis is away: afterwards sockets on the other node follow the right conversations", async () => {
      const { id: left } = await ann.conversation([bob, eve], "Left");
      const { id: joined } = await ann.conversation([eve, await one.person("Dan")], "Joined");
      const { id: quiet } = await ann.conversation([bob, eve], "Quiet");
      const hub = await bob.hub();
      await redis.kill();
      await ann.delete(`/api/chat/conversations/${left}/participants/${bob.id}/`);
      await ann.post(`/api/chat/conversations/${joined}/participants/`, { user_ids: [bob.id] });
      await redis.resume();
      expect(await hub.next("unsubscribed")).toMatchObject({ conversation_id: left, code: "removed" });
      await hub.next("activity", (frame) => frame.conversation_id === joined);
      await ann.send(joined, "you are in");
      await hub.next("activity", (frame) => frame.conversation_id === joined && frame.last_seq === 1);
      await ann.send(left, "you are out");
      await ann.send(quiet, "still here");
      await hub.next("activity", (frame) => frame.conversation_id === quiet);
      // The socket gets nothing of the left conversation after its removal, and no activity of silent ones.
      const heardOf = hub.all("activity").map((frame) => frame.conversation_id);
      expect(heardOf.filter((id) => id === quiet)).toHaveLength(1);
      const removal = hub.frames.findIndex((frame) => frame.type === "unsubscribed");
      expect(hub.frames.slice(removal).filter((frame) => frame.conversation_id === left)).toHaveLength(1);
      hub.close();
    });

    test("a node on another Redis ends with a clear text, and messages arrive until then", async () => {
      const three = await startTestServer("redis", { ...place.environment, REDIS_URL: other.url });
      const { id } = await ann.conversation([bob, eve], "Two Redis");
      const reader = await on(three, eve).chat(id);
      for (let i = 0; i < 3; i++) {
        const { seq } = await ann.send(id, `${i}`);
        await reader.until((frames) => frames.some((frame) => frame.message?.seq === seq), CATCH_UP_MS);
      }
      const end = performance.now() + 30_000;
      while (!three.lost.some((text) => text.includes("Give all nodes the same REDIS_URL"))) {
        if (performance.now() > end) throw new Error("nothing was said");
        await Bun.sleep(200);
      }
      // The nodes that hear each other go on.
      expect([...one.lost, ...two.lost]).toEqual([]);
      reader.close();
      await three.stop();
    });
  });
