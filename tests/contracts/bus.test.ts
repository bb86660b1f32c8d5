import { afterAll, describe, expect, test } from "bun:test";
import pino from "pino";
import type { Bus, BusEvent } from "../../src/server/bus/bus.ts";
import type { ChangeEvent } from "../../src/server/bus/change-event.ts";
import { InProcessExchange } from "../../src/server/bus/memory-bus.ts";
import { RedisBus } from "../../src/server/redis/bus.ts";
import { RedisClient } from "../../src/server/redis/client.ts";
import { modes } from "../support/modes.ts";
import { sharedRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

const logger = pino({ level: "silent" });
const clients: RedisClient[] = [];
afterAll(() => {
  for (const client of clients) client.close();
});

/** A database that does not answer: then who beats is who is there. */
const nodes = () => Promise.reject(new Error("no database"));

const key = new Uint8Array(32).fill(7);

async function redisNode(busId: string): Promise<Bus> {
  const { url } = await sharedRedis();
  const client = new RedisClient({ url }, logger);
  clients.push(client);
  await client.untilUp(5_000);
  return new RedisBus(
    {
      address: { url },
      busId,
      nodeId: crypto.randomUUID(),
      key,
      windowLife: { ttlMs: 60_000, isRenewed: true },
      epoch: () => "e",
      nodes,
      onStrange() {},
    },
    client,
    logger,
  );
}

/** Each driver, as two nodes of one bus. */
const drivers: Record<string, () => Promise<[Bus, Bus]>> = {
  "in process": async () => {
    const exchange = new InProcessExchange();
    return [exchange.connect(), exchange.connect()];
  },
};
if (modes.includes("redis"))
  drivers["Redis"] = async () => {
    const busId = crypto.randomUUID();
    return [await redisNode(busId), await redisNode(busId)];
  };

/** By these the nodes meet. */
const [HERE, THERE] = [-1, -2];
const helloOf = (event: BusEvent) => (event.kind === "sessions_ended" && event.userId < 0 ? event.userId : undefined);

const change = (conversationId: string, version: number): ChangeEvent => ({
  kind: "change",
  conversationId,
  version,
  tag: `t${version}`,
  lastSeq: version,
  frame: `{"n":${version},"text":"two\\nlines"}`,
});

for (const [name, connect] of Object.entries(drivers))
  describe(`a bus (${name})`, () => {
    async function nodes() {
      const [here, there] = await connect();
      const got = { here: [] as BusEvent[], there: [] as BusEvent[] };
      const met = { here: false, there: false };
      here.onEvent((event) => {
        met.here ||= helloOf(event) === THERE;
        if (helloOf(event) === undefined) got.here.push(event);
      });
      there.onEvent((event) => {
        met.there ||= helloOf(event) === HERE;
        if (helloOf(event) === undefined) got.there.push(event);
      });
      // No database names the other node. A node that has not heard of it yet is sure too, and drops its events.
      await until(() => {
        if (!met.there) here.publish({ kind: "sessions_ended", userId: HERE, sessions: [] });
        if (!met.here) there.publish({ kind: "sessions_ended", userId: THERE, sessions: [] });
        return met.here && met.there && here.isSure && there.isSure;
      });
      return { here, there, got, end: () => Promise.all([here.close(), there.close()]) };
    }

    test("an event reaches its own node before publish returns, subscribed or not", async () => {
      const { here, got, end } = await nodes();
      here.publish(change("a", 1));
      expect(got.here).toEqual([change("a", 1)]);
      await end();
    });

    test("a conversation's events reach the nodes that subscribed to it, in order, once", async () => {
      const { here, there, got, end } = await nodes();
      // Every node gets this event, after all that its node has published before.
      const ended: BusEvent = { kind: "sessions_ended", userId: 1, sessions: [] };
      let marks = 0;
      const arrived = async () => {
        here.publish(ended);
        marks++;
        await until(() => got.there.filter(({ kind }) => kind === ended.kind).length === marks);
        return got.there.filter(({ kind }) => kind !== ended.kind);
      };
      here.publish(change("a", 1));
      expect(await arrived()).toEqual([]);
      await there.subscribe("a");
      for (let version = 2; version <= 100; version++) here.publish(change("a", version));
      here.publish(change("b", 1));
      expect(await arrived()).toMatchObject(Array.from({ length: 99 }, (_, i) => change("a", i + 2)));
      there.unsubscribe("a");
      // The node's subscriptions end and begin in their order.
      await there.subscribe("c");
      here.publish(change("a", 101));
      expect((await arrived()).length).toBe(99);
      expect(got.here.filter(({ kind }) => kind === "change").length).toBe(102);
      await end();
    });

    test("subscribing and publishing put nothing in doubt", async () => {
      const { here, there, end } = await nodes();
      let doubts = 0;
      for (const bus of [here, there])
        bus.onDoubt(async () => {
          doubts++;
        });
      for (let i = 0; i < 20; i++) {
        await there.subscribe(`room ${i}`);
        here.publish(change(`room ${i}`, 1));
        there.unsubscribe(`room ${i}`);
      }
      await Bun.sleep(1_000);
      expect({ doubts, here: here.isSure, there: there.isSure }).toEqual({ doubts: 0, here: true, there: true });
      await end();
    });

    test("a change of members reaches every node once, in order with the other changes of its conversation", async () => {
      const { here, there, got, end } = await nodes();
      const comes: BusEvent = { ...change("a", 1), added: [1], removed: [] };
      const goes: BusEvent = { ...change("a", 2), added: [], removed: [1] };
      const renamed: BusEvent = { ...change("a", 3), added: [], removed: [] };
      for (const event of [comes, goes, renamed]) here.publish(event);
      await until(() => got.there.length >= 2);
      await there.subscribe("a");
      for (const event of [comes, change("a", 2), goes, renamed]) here.publish(event);
      await until(() => got.there.length >= 6);
      await Bun.sleep(50);
      expect(got.there).toMatchObject([comes, goes, comes, change("a", 2), goes, renamed]);
      await end();
    });

    test("an event without a conversation reaches every node", async () => {
      const { here, got, end } = await nodes();
      const events: BusEvent[] = [
        { kind: "sessions_ended", userId: 1, sessions: [{ id: "i", key: "k" }] },
        { kind: "to_user", userId: 1, frame: '{"a":"b"}', joined: { conversationId: "c", version: 0 } },
        { kind: "user_changed", userId: 1, fullName: "Ann\nLee" },
      ];
      for (const event of events) here.publish(event);
      await until(() => got.there.length === 3);
      expect(got.there).toEqual(events);
      await end();
    });

    test("a closed node gets no events, and the others do not miss it", async () => {
      const { here, there, got, end } = await nodes();
      await there.subscribe("a");
      await there.close();
      await Bun.sleep(50);
      here.publish(change("a", 1));
      await Bun.sleep(2_500);
      expect(got.there).toEqual([]);
      expect(here.isSure).toBe(true);
      await end();
    });

    test("the nodes of another bus get no events", async () => {
      const [one, other] = [await nodes(), await nodes()];
      await other.here.subscribe("a");
      one.here.publish(change("a", 1));
      one.here.publish({ kind: "sessions_ended", userId: 1, sessions: [] });
      await Bun.sleep(100);
      expect(other.got).toEqual({ here: [], there: [] });
      await one.end();
      await other.end();
    });
  });

if (modes.includes("redis"))
  test("an event in another form than this release's puts the bus in doubt, and the log is asked instead", async () => {
    const busId = crypto.randomUUID();
    const { redis } = await sharedRedis();
    const bus = await redisNode(busId);
    let asked = 0;
    bus.onDoubt(async () => {
      asked++;
    });
    const got: BusEvent[] = [];
    bus.onEvent((event) => void got.push(event));
    await until(() => bus.isSure);
    const before = asked;
    const text = JSON.stringify({ from: crypto.randomUUID(), event: { kind: "change", version: 1 } });
    for (const said of [`${text}\n{}`, "?"]) await redis.publish(`confab:${busId}:everyone`, said);
    await until(() => asked > before && bus.isSure);
    expect(got).toEqual([]);
    await bus.close();
  });
