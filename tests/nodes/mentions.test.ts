import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
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

if (modes.includes("redis"))
  describe("mentions on two nodes", () => {
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

    async function group() {
      const [ann, bob, cid] = [await one.person("Ann"), await one.person("Bob"), await one.person("Cid")];
      const { id } = await ann.conversation([bob, cid], "Team");
      return { ann, bob: on(two, bob), cid, id };
    }
    const countOf = async (client: Client, id: string) =>
      (await client.get(`/api/chat/conversations/${id}/`)).body.data.mention_count;

    test("reach a person on the other node, by frame, activity and count", async () => {
      const { ann, bob, id } = await group();
      const socket = await bob.hub();
      await ann.send(id, `<@${bob.id}>`);
      await ann.send(id, "<!all>");
      await socket.until(() => socket.all("me").at(-1)?.value.seq === 2, CATCH_UP_MS);
      await socket.until(() => socket.all("activity").at(-1)?.last_scope_seq === 2, CATCH_UP_MS);
      expect(await countOf(bob, id)).toBe(2);
      socket.close();
    });

    test("reach a socket whose node has only just subscribed to the conversation", async () => {
      const [ann, cid] = [await one.person("Ann"), await one.person("Cid")];
      const early = on(two, await one.person("Bob"));
      const late = on(two, await one.person("Dan"));
      const waiting = await late.hub();
      const { id } = await ann.conversation([early, cid], "Team");
      // A message would overtake the subscription.
      network.delayMs = 50;
      try {
        const socket = await early.hub();
        await ann.send(id, "<!all>");
        await socket.until(() => socket.all("activity").some(({ last_seq }) => last_seq === 1), CATCH_UP_MS);
        socket.close();
        // This one was created a moment before.
        const next = await ann.conversation([late, cid], "Next");
        await ann.send(next.id, "<!all>");
        await waiting.until(
          () => waiting.all("activity").some((frame) => frame.conversation_id === next.id && frame.last_seq === 1),
          CATCH_UP_MS,
        );
      } finally {
        network.delayMs = 0;
        waiting.close();
      }
    });

    test("of everybody online reach those on the other node", async () => {
      const { ann, bob, cid, id } = await group();
      const socket = await bob.hub();
      // Places travel by Redis, and may come later than the socket's greeting.
      await until(async () => {
        await ann.send(id, "<!here>");
        return (await countOf(bob, id)) === 1;
      });
      expect(await countOf(cid, id)).toBe(0);
      socket.close();
    });

    test("reach the person when the node looks again, after lost events", async () => {
      const { ann, bob, id } = await group();
      const socket = await bob.hub();
      network.state = "refuse";
      network.cut();
      await ann.send(id, `<@${bob.id}> lost`);
      await socket.until(() => socket.all("me").at(-1)?.value.seq === 1, CATCH_UP_MS);
      network.state = "pass";
      expect(await countOf(bob, id)).toBe(1);
      socket.close();
    });
  });
