import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { request } from "node:http";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { on } from "./two-nodes.ts";

setDefaultTimeout(60_000);

/** docs/contract.md §8: other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;
const CONVERSATIONS = "/api/chat/conversations/";

if (modes.includes("redis"))
  describe("threads on two nodes", () => {
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

    async function withThread() {
      const [ann, bob, eve] = [await one.person("Ann"), await one.person("Bob"), await one.person("Eve")];
      const { id } = await ann.conversation([bob, eve], "Lunch");
      const root = await ann.send(id, "Where?");
      const started = await bob.post(`${CONVERSATIONS}${id}/messages/${root.id}/thread/`);
      const threadId: string = started.body.data.id;
      return { ann, bob, eve: on(two, eve), id, root, threadId };
    }
    const rootIn = async (client: Client, id: string): Promise<Message> =>
      (await client.get(`${CONVERSATIONS}${id}/messages/?mark_read=false`)).body.data.messages[0];

    test("replies, follows and summaries reach the other node", async () => {
      const { bob, eve, id, threadId } = await withThread();
      const [user, chat] = [await eve.hub("?accepts=threads"), await eve.chat(id)];
      await eve.send(threadId, "from the other node");
      await user.next("conversation");
      await bob.send(threadId, "back");
      await user.until(() => user.all("activity").some(({ last_seq }) => last_seq === 2), CATCH_UP_MS);
      await chat.until(() => chat.all("message_changed").at(-1)?.message.thread?.replies === 2, CATCH_UP_MS);
      expect((await rootIn(eve, id)).thread?.recent).toEqual([bob.id, eve.id]);
      for (const socket of [user, chat]) socket.close();
    });

    test("a removal ends the sockets in the threads of the other node, also when its event is lost", async () => {
      for (const isLost of [false, true]) {
        const { ann, bob, eve, id, threadId } = await withThread();
        await eve.send(threadId, "mine");
        // This socket is in the thread alone, so nothing else tells its node of the removal.
        const chat = await eve.chat(threadId);
        if (isLost) {
          network.state = "refuse";
          network.cut();
        }
        await ann.delete(`${CONVERSATIONS}${id}/participants/${eve.id}/`);
        const closed = await Promise.race([chat.closed, Bun.sleep(CATCH_UP_MS)]);
        network.state = "pass";
        expect(closed).toMatchObject({ code: 4403 });
        await bob.send(threadId, "after");
        expect(chat.all("message").map(({ message }) => message.content)).not.toContain("after");
        expect((await eve.get(`${CONVERSATIONS}${threadId}/messages/`)).status).toBe(403);
        expect((await eve.post(`${CONVERSATIONS}${threadId}/messages/`, { content: "late" })).status).toBe(403);
      }
    });
  });

if (modes.includes("redis"))
  describe("a node that stops", () => {
    test("sums up a reply that it takes while it stops, because no other node has noted the thread", async () => {
      const place = await makePlace("redis");
      const [stays, goes] = [
        await startTestServer("redis", place.environment),
        await startTestServer("redis", place.environment),
      ];
      const [ann, bob] = [await stays.person("Ann"), await stays.person("Bob")];
      const { id } = await ann.conversation([bob, await stays.person("Eve")], "Lunch");
      const root = await ann.send(id, "Where?");
      const threadId = (await bob.post(`${CONVERSATIONS}${id}/messages/${root.id}/thread/`)).body.data.id;

      const body = JSON.stringify({ content: "Here" });
      const answered = Promise.withResolvers<number | undefined>();
      const sending = request(`${goes.url}${CONVERSATIONS}${threadId}/messages/`, {
        method: "POST",
        headers: {
          Cookie: `sessionid=${bob.cookie}`,
          "Content-Type": "application/json",
          "Content-Length": body.length,
        },
      });
      sending.on("response", ({ statusCode }) => answered.resolve(statusCode));
      sending.on("error", answered.reject);
      sending.write(body.slice(0, 5));
      await Bun.sleep(200);
      const stopped = goes.stop();
      // Everything that stops at once has stopped by now, but for this request.
      await Bun.sleep(500);
      sending.end(body.slice(5));
      expect(await answered.promise).toBe(201);
      await stopped;
      const page = `${CONVERSATIONS}${id}/messages/?limit=1&mark_read=false`;
      const told = async () => (await ann.get(page)).body.data.messages[0].thread?.replies;
      await until(async () => (await told()) === 1);
      await stays.stop();
      place.remove();
    });
  });

if (modes.includes("redis"))
  describe("a node that is killed", () => {
    test("leaves summaries that another node completes, and replies that are in both places or in neither", async () => {
      const place = await makePlace("redis");
      const survivor = await startTestServer("redis", place.environment);
      const victim = await startTestServer("redis", place.environment, {});
      const [ann, bob] = [await survivor.person("Ann"), await survivor.person("Bob")];
      const { id } = await ann.conversation([bob, await survivor.person("Eve")], "Lunch");
      const root = await ann.send(id, "Where?");
      const started = await bob.post(`${CONVERSATIONS}${id}/messages/${root.id}/thread/`);
      const threadId: string = started.body.data.id;
      const there = on(victim, bob);
      let sent = 0;
      const sending = (async () => {
        for (; sent < 200; sent++) {
          const answer = await there
            .post(`${CONVERSATIONS}${threadId}/messages/`, { content: `${sent}`, also_in_parent: true })
            .catch(() => undefined);
          if (answer?.status !== 201) return;
        }
      })();
      await Bun.sleep(400);
      await victim.stop();
      await sending;
      const after = async (conversation: string, seq: number): Promise<Message[]> =>
        (await ann.get(`${CONVERSATIONS}${conversation}/messages/?after_seq=${seq}&limit=100`)).body.data.messages;
      const all = async (conversation: string) => {
        const log: Message[] = [];
        for (let page = await after(conversation, 0); page.length > 0; page = await after(conversation, log.length))
          log.push(...page);
        return log;
      };
      const [replies, messages] = [await all(threadId), await all(id)];
      const copies = messages.flatMap((one) => (one.from_thread ? [one.from_thread.message_id] : []));
      expect(copies).toEqual(replies.filter((one) => one.also_in_parent).map((one) => one.id));
      expect(replies.length).toBeGreaterThan(0);
      const end = performance.now() + 30_000;
      const rootNow = async () => (await after(id, root.seq - 1))[0] ?? root;
      const head = async () => (await ann.get(`${CONVERSATIONS}${threadId}/`)).body.data.message_count;
      while ((await rootNow()).thread?.replies !== (await head()) && performance.now() < end) await Bun.sleep(200);
      expect((await rootNow()).thread?.replies).toBe(await head());
      await survivor.stop();
      place.remove();
    });
  });
