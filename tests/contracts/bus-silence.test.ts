import { expect, test } from "bun:test";
import pino from "pino";
import { RedisBus } from "../../src/server/redis/bus.ts";
import { RedisClient } from "../../src/server/redis/client.ts";
import { SilentNodes } from "../../src/server/redis/silent-nodes.ts";
import { modes } from "../support/modes.ts";
import { sharedRedis } from "../support/redis.ts";

const MINUTE_MS = 60_000;

/** Keeps the levels of what is logged: 40 is a warning, 50 an error. */
function recorder() {
  const lines: { level: number; msg: string; node?: string }[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { logger, lines, levels: () => lines.map(({ level }) => level) };
}

test("a node that is not heard is a warning once, and an error each minute after two minutes", () => {
  const { logger, levels, lines } = recorder();
  const silence = new SilentNodes(logger);
  const looks = (fromMs: number, toMs: number) => {
    for (let now = fromMs; now < toMs; now += 2_000) {
      const silentMs = silence.silentMs(0, 0, now);
      if (silentMs > 0) silence.report("n", silentMs, now);
    }
    return levels();
  };
  expect(looks(0, 20_000)).toEqual([]);
  expect(looks(20_000, 2 * MINUTE_MS)).toEqual([40]);
  expect(looks(2 * MINUTE_MS, 5 * MINUTE_MS)).toEqual([40, 50, 50, 50]);
  expect(lines.every(({ node }) => node === "n")).toBe(true);
});

test("a node that was heard again and falls silent is reported anew", () => {
  const { logger, levels } = recorder();
  const silence = new SilentNodes(logger);
  silence.report("n", 30_000, 30_000);
  silence.keepOnly(new Set(["n"]));
  silence.report("n", 32_000, 32_000);
  silence.keepOnly(new Set());
  silence.report("n", 30_000, 90_000);
  expect(levels()).toEqual([40, 40]);
});

test("the time in which a node could hear nobody makes no other node silent", () => {
  const silence = new SilentNodes(recorder().logger);
  const [heardAt, listensAgain] = [0, 5 * MINUTE_MS];
  expect(silence.silentMs(heardAt, listensAgain, listensAgain + 1_000)).toBe(0);
  expect(silence.silentMs(heardAt, listensAgain, listensAgain + 21_000)).toBe(21_000);
});

test.skipIf(!modes.includes("redis"))(
  "a node that the database lists and Redis does not bring is reported, and those that are heard are not",
  async () => {
    const { url } = await sharedRedis();
    const { logger, lines } = recorder();
    const [here, there, frozen] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    const busId = crypto.randomUUID();
    const quiet = pino({ level: "silent" });
    const nodes = await Promise.all(
      [here, there].map(async (nodeId) => {
        const client = new RedisClient({ url }, quiet);
        await client.untilUp(5_000);
        const bus = new RedisBus(
          {
            address: { url },
            busId,
            nodeId,
            key: new Uint8Array(32).fill(7),
            windowLife: { ttlMs: 60_000, isRenewed: true },
            epoch: () => "e",
            nodes: async () => [here, there, frozen],
            onStrange: (error) => void lines.push({ level: 60, msg: error.message }),
            silence: { warnAfter: 1_000, errorAfter: 4_000, repeatEvery: 60_000 },
          },
          client,
          nodeId === here ? logger : quiet,
        );
        return { bus, client };
      }),
    );
    try {
      const end = performance.now() + 30_000;
      while (lines.length < 2 && performance.now() < end) await Bun.sleep(50);
      expect(lines).toMatchObject([
        { level: 40, node: frozen },
        { level: 50, node: frozen },
      ]);
    } finally {
      for (const { bus, client } of nodes) {
        await bus.close();
        client.close();
      }
    }
  },
);
