import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { on } from "../nodes/two-nodes.ts";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import type { Link } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import type { Socket } from "../support/socket.ts";
import { versionsIn } from "../ws/frames.ts";
import { allIsNormal, CATCH_UP_MS, NORMAL_AGAIN_MS, startTwoNodes, type TwoNodes, until } from "./two-nodes.ts";

setDefaultTimeout(60_000);

/** The delay of each direction between the first node and Redis. Its events arrive after later events of the other node. */
const LATE_MS = 100;

const isSubscriber = (link: Link) => /subscribe/i.test(link.said);

if (modes.includes("redis"))
  describe("a node that is behind another", () => {
    let redis: RedisServer;
    let place: Place;
    let pair: TwoNodes;
    let ann: Client;
    /** On the second node, which is the one behind. */
    let bob: Client;
    let cat: Client;

    beforeAll(async () => {
      redis = await startRedis();
      place = await makePlace("redis");
      pair = await startTwoNodes(place, redis);
      ({ ann, bob } = pair.people);
      cat = on(pair.nodes[1], pair.people.cat);
      await until(() => allIsNormal(pair), NORMAL_AGAIN_MS, "all normal at first");
    });
    afterAll(async () => {
      await pair.stop();
      await redis.stop();
      place.remove();
    });

    const participants = (id: string) => `/api/chat/conversations/${id}/participants/`;
    const remove = async (by: Client, id: string) =>
      expect((await by.delete(`${participants(id)}${bob.id}/`)).status).toBe(200);
    const add = async (by: Client, id: string) =>
      expect((await by.post(participants(id), { user_ids: [bob.id] })).status).toBe(200);

    /** The second node learns of changes on the first one when it misses the beats. */
    async function whileDeaf(work: () => Promise<unknown>) {
      const [, network] = pair.networks;
      const deaf = network.links.filter(isSubscriber);
      expect(deaf).toHaveLength(1);
      network.deaf = (link) => deaf.includes(link);
      try {
        await work();
      } finally {
        network.deaf = undefined;
        network.cut((link) => deaf.includes(link));
      }
      await until(() => allIsNormal(pair), NORMAL_AGAIN_MS, "all normal again");
    }

    const hasReached = (socket: Socket, version: number) =>
      socket.until(() => versionsIn(socket.frames).at(-1) === version, CATCH_UP_MS);

    for (const [name, resume] of Object.entries({
      "a socket of the conversation": (id: string, after: number) => bob.chat(id, after),
      async "a socket for all conversations"(id: string, after_version: number) {
        const hub = await bob.hub();
        hub.send({ type: "subscribe", conversation_id: id, after_version });
        await hub.next("subscribed");
        return hub;
      },
    }))
      test(`${name} that has more than the node gets nothing twice when it resumes there, and all that follows`, async () => {
        const { id } = await ann.conversation([bob, cat], "Behind its client");
        await ann.send(id, "known to all");
        const witness = await cat.chat(id);
        let resumed: Socket | undefined;
        await whileDeaf(async () => {
          await Promise.all([2, 3, 4, 5].map((n) => ann.send(id, `${n}`)));
          // The second node knows nothing of them yet. Otherwise the test would prove nothing.
          expect(versionsIn(witness.frames)).toEqual([]);
          resumed = await resume(id, 4);
          await hasReached(resumed, 5);
        });
        await ann.send(id, "6");
        for (const socket of [resumed, witness]) if (socket) await hasReached(socket, 6);
        expect(versionsIn(resumed?.frames ?? [])).toEqual([5, 6]);
        expect(versionsIn(witness.frames)).toEqual([2, 3, 4, 5, 6]);
        for (const socket of [resumed, witness]) socket?.close();
      });

    test("a member who was removed and added again stays joined when the old removal arrives late", async () => {
      const { id } = await ann.conversation([bob, cat], "Back again");
      const witness = await cat.chat(id);
      let back: Socket | undefined;
      await whileDeaf(async () => {
        await remove(ann, id);
        await add(ann, id);
        back = await bob.chat(id);
        expect(back.frames[0]).toMatchObject({ type: "connection_established", last_version: 0 });
        await hasReached(witness, 2);
      });
      await ann.send(id, "3");
      for (const socket of [back, witness]) if (socket) await hasReached(socket, 3);
      expect(versionsIn(back?.frames ?? [])).toEqual([1, 2, 3]);
      for (const socket of [back, witness]) socket?.close();
    });

    /** Undefined when the machine was too slow: the removal may not have been the first that the second node heard of. */
    async function inAndOut() {
      const { id } = await ann.conversation([pair.people.fay, cat], "In and out");
      const [hub, witness] = [await bob.hub(), await cat.hub()];
      pair.networks[0].delayMs = LATE_MS;
      try {
        const started = performance.now();
        await add(ann, id);
        await remove(on(pair.nodes[1], ann), id);
        const took = performance.now() - started;
        const late = await bob.hub();
        await Bun.sleep(3 * LATE_MS);
        if (took < LATE_MS) return { id, hub, late, witness };
        for (const socket of [hub, late, witness]) socket.close();
      } finally {
        pair.networks[0].delayMs = 0;
      }
      return undefined;
    }

    test("a joining that arrives after the removal that followed brings the removed user's sockets nothing", async () => {
      let done = await inAndOut();
      while (!done) done = await inAndOut();
      const { id, hub, late, witness } = done;
      await cat.send(id, "not for you");
      await witness.next("activity", (frame) => frame.last_seq === 1);
      for (const socket of [hub, late]) {
        await socket.settled();
        expect(socket.frames.map(({ type }) => type)).toEqual(["connection_established", "pong"]);
      }
      // They hear of it again when they are back.
      await add(ann, id);
      for (const socket of [hub, late]) await socket.next("conversation");
      await cat.send(id, "for you");
      for (const socket of [hub, late]) await socket.next("activity", (frame) => frame.last_seq === 2);
      for (const socket of [hub, late, witness]) socket.close();
    });
  });
