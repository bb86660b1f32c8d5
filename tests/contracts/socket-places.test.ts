import { afterAll, describe, expect, test } from "bun:test";
import pino from "pino";
import type { SocketPlaces } from "../../src/domain/socket-places.ts";
import { LocalSocketPlaces } from "../../src/stores/embedded/socket-places.ts";
import { RedisClient } from "../../src/stores/redis/client.ts";
import { RedisSocketPlaces } from "../../src/stores/redis/socket-places.ts";
import { modes } from "../support/modes.ts";
import { sharedRedis } from "../support/redis.ts";

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

async function redisPlaces() {
  const client = new RedisClient(await sharedRedis(), pino({ level: "silent" }));
  await client.untilUp(5_000);
  const places = new RedisSocketPlaces(client, new LocalSocketPlaces());
  closing.push(() => {
    places.close();
    client.close();
  });
  return places;
}

/** Each driver, as two nodes where it knows several. */
const drivers: Record<string, () => Promise<[SocketPlaces, SocketPlaces]>> = {
  "in process": async () => {
    const places = new LocalSocketPlaces();
    return [places, places];
  },
};
if (modes.includes("redis")) drivers["Redis"] = async () => [await redisPlaces(), await redisPlaces()];

let users = 1_000_000;

for (const [name, open] of Object.entries(drivers))
  describe(`places for sockets (${name})`, () => {
    test("racing takers never get more than there are", async () => {
      const [here, there] = await open();
      const user = ++users;
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? here : there).take(user, `s${i}`, 5)),
      );
      expect(taken.filter(Boolean)).toHaveLength(5);
      expect(await here.take(++users, "other", 5)).toBe(true);
    });

    test("a place that is given back can be taken again, on any node", async () => {
      const [here, there] = await open();
      const user = ++users;
      expect(await here.take(user, "a", 1)).toBe(true);
      expect(await there.take(user, "b", 1)).toBe(false);
      here.giveBack(user, "a");
      await Bun.sleep(50);
      expect(await there.take(user, "b", 1)).toBe(true);
    });
  });
