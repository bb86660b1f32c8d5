import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { on } from "./two-nodes.ts";

/** CONTRACT §8.6: other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;
/** All is normal by itself within 5 s of Redis being back; three-fold slack. */
const NORMAL_AGAIN_MS = 15_000;

if (modes.includes("redis"))
  describe("Redis goes away", () => {
    let redis: RedisServer;
    let place: Place;
    let one: TestServer;
    let two: TestServer;
    let ann: Client;
    let bob: Client;

    beforeAll(async () => {
      redis = await startRedis();
      place = await makePlace("redis");
      const environment = { ...place.environment, REDIS_URL: redis.url, RATE_LIMIT_USER: "100000/minute" };
      one = await startTestServer("redis", environment);
      two = await startTestServer("redis", environment);
      ann = await one.person("Ann");
      bob = on(two, await one.person("Bob"));
    });
    afterAll(async () => {
      await one.stop();
      await two.stop();
      await redis.stop();
      place.remove();
    });

    const ready = async (server: TestServer) => (await server.visitor().get("/api/chat/health/ready/")).body;
    async function until(done: () => Promise<boolean>, withinMs: number) {
      const end = performance.now() + withinMs;
      while (!(await done())) {
        if (performance.now() > end) throw new Error("waited in vain");
        await Bun.sleep(50);
      }
    }
    const isDegraded = async () =>
      (await ready(one)).degraded?.includes("redis") && (await ready(two)).degraded?.includes("redis");
    const isWhole = async () => !(await ready(one)).degraded && !(await ready(two)).degraded;

    const faults: Record<string, { begin(): Promise<void>; end(): Promise<void> }> = {
      "killed, and started again empty": { begin: () => redis.kill(), end: () => redis.resume() },
      "frozen for seconds": {
        begin: async () => void process.kill(redis.pid(), "SIGSTOP"),
        end: async () => void process.kill(redis.pid(), "SIGCONT"),
      },
    };
    for (const [name, fault] of Object.entries(faults))
      test(`${name}: sends succeed, the other node gets them in time, once and in order, and all is normal again`, async () => {
        const { id } = await ann.conversation([bob, await one.person("Eve")], name);
        const [sender, reader] = [await ann.chat(id), await bob.chat(id)];
        let sent = 0;
        const lateBy: number[] = [];
        const sendOne = async (withinMs: number) => {
          const content = `${++sent}`;
          sender.send({ content, client_id: content });
          await sender.next("ack", (frame) => frame.client_id === content);
          const acked = performance.now();
          await reader.until((frames) => frames.some((frame) => frame.message?.content === content), withinMs);
          lateBy.push(performance.now() - acked);
        };
        for (let i = 0; i < 20; i++) await sendOne(CATCH_UP_MS);
        await fault.begin();
        for (let i = 0; i < 5; i++) await sendOne(CATCH_UP_MS);
        await until(isDegraded, CATCH_UP_MS);
        // Pages and limits go on without it, on both nodes.
        const { body } = await bob.get(`/api/chat/conversations/${id}/messages/?limit=100`);
        expect(body.data.messages).toHaveLength(25);
        await ann.patch(`/api/chat/conversations/${id}/messages/${body.data.messages[0].id}/`, { content: "edited" });
        await reader.until((frames) => frames.some((frame) => frame.type === "message_changed"), CATCH_UP_MS);
        await fault.end();
        await until(isWhole, NORMAL_AGAIN_MS);
        // Beats have to come around before the bus is trusted again.
        await Bun.sleep(1_500);
        lateBy.length = 0;
        for (let i = 0; i < 20; i++) await sendOne(CATCH_UP_MS);
        expect(Math.max(...lateBy)).toBeLessThan(1_000);
        expect(reader.all("message").map(({ message }) => message.seq)).toEqual(
          Array.from({ length: 45 }, (_, i) => i + 1),
        );
        const page = await bob.get(`/api/chat/conversations/${id}/messages/?limit=100`);
        expect(page.body.data.messages[0].content).toBe("edited");
        expect(page.body.data.total).toBe(45);
        sender.close();
        reader.close();
      });

    test("emptied in the middle of a conversation: nothing is noticed", async () => {
      const { id } = await ann.conversation([bob, await one.person("Eve")], "Flushed");
      const [sender, reader] = [await ann.chat(id), await bob.chat(id)];
      for (let i = 0; i < 100; i++) {
        sender.send({ content: `${i}` });
        if (i % 10 === 5) await redis.redis.flushall();
      }
      await reader.until(() => reader.all("message").length === 100, CATCH_UP_MS);
      expect(reader.all("message").map(({ message }) => message.seq)).toEqual(
        Array.from({ length: 100 }, (_, i) => i + 1),
      );
      expect((await bob.get(`/api/chat/conversations/${id}/messages/?limit=100`)).body.data.messages).toHaveLength(100);
      sender.close();
      reader.close();
    });

    test("a logout while it is away still ends the sockets on the other node", async () => {
      const dan = await one.person("Dan");
      const { id } = await dan.conversation([ann]);
      const there = await on(two, dan).chat(id);
      await redis.kill();
      const started = performance.now();
      await dan.post("/api/users/logout/");
      expect((await there.closed).code).toBe(4401);
      // CONTRACT: 5 s with Redis dead; three-fold slack.
      expect(performance.now() - started).toBeLessThan(15_000);
      await redis.resume();
      await until(isWhole, NORMAL_AGAIN_MS);
    });

    test("limits are kept while it is away", async () => {
      await redis.kill();
      const strict = await startTestServer("redis", { ...one.environment, PORT: "0", RATE_LIMIT_ANON: "3/minute" });
      const statuses: number[] = [];
      for (let i = 0; i < 5; i++) statuses.push((await strict.visitor().get("/api/users/profile/")).status);
      expect(statuses).toEqual([401, 401, 401, 429, 429]);
      await strict.stop();
      await redis.resume();
      await until(isWhole, NORMAL_AGAIN_MS);
    });
  });
