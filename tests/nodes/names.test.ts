import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { dataOf } from "../http/expectations.ts";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { startProxy } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { on } from "./two-nodes.ts";

/** Other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;

if (modes.includes("redis"))
  describe("names on one node, while a person is renamed on another", () => {
    let redis: RedisServer;
    let network: Awaited<ReturnType<typeof startProxy>>;
    let place: Place;
    let one: TestServer;
    let two: TestServer;
    let ann: Client;
    let bob: Client;
    let id: string;

    beforeAll(async () => {
      redis = await startRedis();
      network = await startProxy(Number(new URL(redis.url).port));
      place = await makePlace("redis");
      one = await startTestServer("redis", { ...place.environment, REDIS_URL: redis.url });
      two = await startTestServer("redis", { ...place.environment, REDIS_URL: `redis://127.0.0.1:${network.port}` });
      ann = await one.person("Ann");
      bob = on(two, await one.person("Bob"));
      ({ id } = await ann.conversation([bob]));
    });
    afterAll(async () => {
      await one.stop();
      await two.stop();
      await network.stop();
      await redis.stop();
      place.remove();
    });

    const path = () => `/api/chat/conversations/${id}/messages/`;
    const rename = async (first: string) =>
      dataOf(await ann.patch("/api/users/profile/", { first_name: first, last_name: "Test" })).full_name;
    const page = async () => dataOf(await bob.get(`${path()}?mark_read=false`));
    const namesOf = ({ messages }: { messages: { sender_name: string }[] }) =>
      new Set(messages.map(({ sender_name }) => sender_name));

    test("a page shows no name of before a rename that was answered on its own node", async () => {
      for (let i = 0; i < 20; i++) await ann.send(id, `message ${i}`);
      const carl = on(two, ann);
      for (const first of ["Berta", "Clara", "Dora"]) {
        await page();
        const name = dataOf(
          await carl.patch("/api/users/profile/", { first_name: first, last_name: "Test" }),
        ).full_name;
        expect(namesOf(await page())).toEqual(new Set([name]));
      }
    });

    test("the window in Redis and the pages of all nodes follow, also quotes", async () => {
      const quoted = await ann.send(id, "quote me");
      await bob.post(path(), { content: "quoted", reply_to: quoted.id });
      const reader = await bob.chat(id);
      for (const first of ["Emma", "Frida"]) {
        await page();
        const name = await rename(first);
        await until(async () => namesOf(await page()).has(name), { withinMs: CATCH_UP_MS });
        const { messages } = await page();
        expect(namesOf({ messages: messages.slice(0, -1) })).toEqual(new Set([name]));
        expect(messages.at(-1)).toMatchObject({
          content: "quoted",
          reply_to: { sender_name: name, excerpt: "quote me" },
        });
        reader.send({ type: "history", ref: first });
        const { messages: shown } = await reader.next("history", ({ ref }) => ref === first);
        expect(shown.at(-1)).toMatchObject({ reply_to: { sender_name: name } });
      }
      reader.close();
    });

    test("a name that was changed while sends go on is the same in all of them afterwards", async () => {
      let isSending = true;
      const sending = (async () => {
        for (let i = 0; isSending; i++) await ann.send(id, `under load ${i}`);
      })();
      let name = "";
      for (let i = 0; i < 8; i++) {
        name = await rename(`Gina${"abcdefgh"[i]}`);
        await page();
      }
      isSending = false;
      await sending;
      await until(async () => namesOf({ messages: (await page()).messages.slice(-5) }).has(name), {
        withinMs: CATCH_UP_MS,
      });
      const messages = (await page()).messages.filter(
        ({ sender_id }: { sender_id: number }) => sender_id === ann.user?.id,
      );
      expect(namesOf({ messages })).toEqual(new Set([name]));
    });

    test("a rename whose event was lost shows in time", async () => {
      await page();
      network.state = "refuse";
      network.cut();
      const name = await rename("Helga");
      await until(async () => namesOf(await page()).has(name), { withinMs: CATCH_UP_MS });
      const later = await rename("Ida");
      await until(async () => namesOf(await page()).has(later), { withinMs: CATCH_UP_MS });
      network.state = "pass";
      await Bun.sleep(500);
      expect(namesOf(await page()).has(later)).toBe(true);
    });
  });
