import { afterAll, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import pino from "pino";
import type { BusEvent } from "../../src/server/bus/bus.ts";
import type { ChangeEvent } from "../../src/server/bus/change-event.ts";
import { RedisBus } from "../../src/server/redis/bus.ts";
import { RedisClient } from "../../src/server/redis/client.ts";
import { ReplayGuard } from "../../src/server/redis/replay-guard.ts";
import { modes } from "../support/modes.ts";
import { sharedRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

/** A node says that it is alone in its next beat, which comes within 500 ms. */
const A_BEAT_MS = 700;

const silent = pino({ level: "silent" });

test("a peer's events no longer count when its beats stop to answer", () => {
  const guard = new ReplayGuard();
  const beat = (count: number, heard: string[]) => guard.countBeat("peer", count, { nonce: "n", heard }, 0);
  expect(beat(1, [guard.nonce])).toMatchObject({ answers: true, revokes: false });
  expect(guard.countEvent("peer", 2)).toBe("new");
  expect(beat(3, [])).toMatchObject({ answers: false, revokes: true });
  expect(guard.hasAnswered("peer")).toBe(false);
  expect(guard.countEvent("peer", 4)).toBe("unknown");
  expect(beat(5, [])).toMatchObject({ answers: false, revokes: false });
  expect(beat(6, [guard.nonce])).toMatchObject({ answers: true });
  expect(guard.countEvent("peer", 7)).toBe("new");
});

if (modes.includes("redis"))
  describe("a node that is alone on its bus", () => {
    const ends: (() => unknown)[] = [];
    afterAll(async () => {
      for (const end of ends.reverse()) await end();
    });

    const change = (version: number): ChangeEvent => ({
      kind: "change",
      conversationId: "c",
      version,
      tag: `t${version}`,
      lastSeq: version,
      frame: `{"n":${version}}`,
    });

    async function bus() {
      const { url } = await sharedRedis();
      const busId = crypto.randomUUID();
      /** The nodes that the database lists. */
      const listed: string[] = [];
      const heard: string[] = [];
      const listener = new Redis(url);
      listener.on("message", (_channel: string, text: string) => void heard.push(text));
      await listener.subscribe(`confab:${busId}:c`);
      ends.push(() => listener.disconnect());
      const start = async (nodeId: string = crypto.randomUUID()) => {
        const client = new RedisClient({ url }, silent);
        await client.untilUp(5_000);
        const node = new RedisBus(
          {
            address: { url },
            busId,
            nodeId,
            key: new Uint8Array(32).fill(7),
            windowLife: { ttlMs: 60_000, isRenewed: true },
            epoch: () => "e",
            nodes: async () => [nodeId, ...listed],
            onStrange() {},
          },
          client,
          silent,
        );
        const got: BusEvent[] = [];
        node.onEvent((event) => void got.push(event));
        const end = async () => {
          await node.close();
          client.close();
        };
        ends.push(end);
        return { bus: node, got, end };
      };
      return { start, heard, listed };
    }

    test("publishes changes only while another node is there", async () => {
      const { start, heard } = await bus();
      const one = await start();
      await until(() => one.bus.isSure);
      await Bun.sleep(A_BEAT_MS);
      const said = heard.length;
      let version = 1;
      one.bus.publish(change(version));
      await Bun.sleep(100);
      expect(heard.length).toBe(said);
      const two = await start();
      await two.bus.subscribe("c");
      await until(() => two.bus.isSure && one.bus.isSure);
      const told = heard.length;
      one.bus.publish(change(++version));
      await until(() => two.got.length > 0);
      expect(two.got.at(-1)).toMatchObject({ kind: "change", version });
      expect(heard.length).toBeGreaterThan(told);
      await two.end();
      await Bun.sleep(A_BEAT_MS);
      const before = heard.length;
      one.bus.publish(change(++version));
      await Bun.sleep(200);
      expect(heard.length).toBe(before);
    });

    test("publishes to a node that only the database lists", async () => {
      const { start, heard, listed } = await bus();
      listed.push(crypto.randomUUID());
      const one = await start();
      await Bun.sleep(A_BEAT_MS);
      one.bus.publish(change(1));
      await until(() => heard.length === 1);
    });
  });
