import { afterAll, describe, expect, test } from "bun:test";
import pino from "pino";
import { LocalSocketPlaces } from "../../src/server/places/memory-places.ts";
import type { PresenceChange, SocketPlaces } from "../../src/server/places/places.ts";
import { RedisClient } from "../../src/server/redis/client.ts";
import { RedisSocketPlaces } from "../../src/server/redis/places.ts";
import { modes } from "../support/modes.ts";
import { type RedisServer, sharedRedis, startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

/** Short, so that nobody waits; between them room for a machine that does other things. */
const TIMES = { grace: 150, lease: 1_000, beat: 100, settle: 2_000 };
const MOST = 1_000;

/** One node, and what it says. */
interface TestNode {
  places: SocketPlaces;
  changes: PresenceChange[];
  /** Ends as after kill -9. */
  kill(): void;
}

const nodes: TestNode[] = [];
afterAll(() => {
  for (const node of nodes) node.kill();
});

function noting<Places extends SocketPlaces>(places: Places, kill = () => {}): TestNode & { places: Places } {
  const node = { places, changes: [] as PresenceChange[], kill };
  places.onChange((changes) => void node.changes.push(...changes));
  nodes.push(node);
  return node;
}

async function redisNode(url: string) {
  const logger = pino({ level: "silent" });
  const client = new RedisClient({ url }, logger);
  await client.untilUp(5_000);
  const places = new RedisSocketPlaces(client, new LocalSocketPlaces(TIMES.grace), TIMES, logger);
  return noting(places, () => {
    clearInterval(places["timer"]);
    client.close();
  });
}

/** Each driver, as two nodes where it knows several. */
const drivers: Record<string, () => Promise<[TestNode, TestNode]>> = {
  "in process": async () => {
    const node = noting(new LocalSocketPlaces(TIMES.grace));
    return [node, node];
  },
};
if (modes.includes("redis"))
  drivers["Redis"] = async () => {
    const url = (await sharedRedis()).database();
    return [await redisNode(url), await redisNode(url)];
  };

let users = 1_000_000;

/** Everything that the nodes together have said about a user, in the order of its times. */
const said = (user: number, ...nodes: TestNode[]) =>
  [...new Set(nodes)]
    .flatMap(({ changes }) => changes.filter(({ userId }) => userId === user))
    .sort((a, b) => a.at - b.at)
    .map(({ online }) => online);

const isOnline = async ({ places }: TestNode, user: number) => (await places.online([user])).online.has(user);

for (const [name, open] of Object.entries(drivers))
  describe(`places for sockets (${name})`, () => {
    test("racing sockets never get more places than there are", async () => {
      const [here, there] = await open();
      const user = ++users;
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? here : there).places.take(user, 5)),
      );
      expect(taken.filter(Boolean)).toHaveLength(5);
      expect(await Promise.all([here, there].map(({ places }) => places.count(user)))).toEqual([5, 5]);
      expect(await here.places.take(++users, 5)).toBe(true);
    });

    test("a place that is given back can be taken again, on any node", async () => {
      const [here, there] = await open();
      const user = ++users;
      expect(await here.places.take(user, 1)).toBe(true);
      expect(await there.places.take(user, 1)).toBe(false);
      here.places.giveBack(user);
      await until(() => there.places.take(user, 1));
    });

    test("refused sockets do not change the count", async () => {
      const [here, there] = await open();
      const user = ++users;
      for (let i = 0; i < 3; i++) expect(await here.places.take(user, 4)).toBe(true);
      const refused = await Promise.all(Array.from({ length: 10 }, () => there.places.take(user, 3)));
      expect(refused).toEqual(Array(10).fill(false));
      expect(await there.places.take(user, 4)).toBe(true);
      for (const { places } of [here, here, here, there]) places.giveBack(user);
      await until(() => here.places.take(user, 1));
    });

    test("a user's first place is announced, and the end of the last one after a grace, but nothing between", async () => {
      const [here, there] = await open();
      const user = ++users;
      for (const { places } of [here, here, there]) await places.take(user, MOST);
      expect(await isOnline(there, user)).toBe(true);
      expect(await isOnline(here, user)).toBe(true);
      for (const { places } of [here, here, there]) places.giveBack(user);
      expect(await isOnline(there, user)).toBe(true);
      await until(() => said(user, here, there).length > 1);
      expect(said(user, here, there)).toEqual([true, false]);
      expect([await isOnline(here, user), await isOnline(there, user)]).toEqual([false, false]);
      const gone = [...here.changes, ...there.changes].find(({ userId, online }) => userId === user && !online);
      expect(gone?.goneMs).toBeGreaterThanOrEqual(TIMES.grace);
    });

    test("a user who comes back within the grace, on either node, never goes offline", async () => {
      const [here, there] = await open();
      const user = ++users;
      await here.places.take(user, MOST);
      for (let i = 0; i < 10; i++) {
        const [from, to] = i % 2 ? [there, here] : [here, there];
        from.places.giveBack(user);
        await Bun.sleep(TIMES.grace / 5);
        await to.places.take(user, MOST);
      }
      await Bun.sleep(3 * TIMES.grace);
      expect(said(user, here, there)).toEqual([true]);
    });

    test("it answers for many at once", async () => {
      const [here, there] = await open();
      const many = Array.from({ length: 1_200 }, () => ++users);
      const few = many.filter((_, i) => i % 100 === 0);
      for (const user of few) await here.places.take(user, MOST);
      const { online, sure } = await there.places.online(many);
      expect([...online].sort()).toEqual(few);
      expect(sure).toBe(true);
    });
  });

if (modes.includes("redis"))
  describe("places in Redis", () => {
    let redis: RedisServer;
    afterAll(() => redis?.stop());

    test("a dead node's places become free and its people go offline, but not those who are on another node too", async () => {
      const url = (await sharedRedis()).database();
      const [one, two, doomed] = [await redisNode(url), await redisNode(url), await redisNode(url)];
      const [gone, stays] = [++users, ++users];
      for (const user of [gone, stays]) expect(await doomed.places.take(user, 1)).toBe(true);
      expect(await one.places.take(stays, 2)).toBe(true);
      doomed.kill();
      expect(await two.places.take(gone, 1)).toBe(false);
      await until(() => said(gone, one, two).includes(false));
      // Both may do away with it at once.
      expect(new Set(said(gone, one, two))).toEqual(new Set([false]));
      expect(said(stays, one, two)).toEqual([]);
      expect(await two.places.take(gone, 1)).toBe(true);
      expect(await isOnline(two, stays)).toBe(true);
      expect(one.places.here.size + two.places.here.size).toBe(2);
    });

    test("a node that closes in order is waited for no longer than the grace", async () => {
      const url = (await sharedRedis()).database();
      const [one, two] = [await redisNode(url), await redisNode(url)];
      const [moves, goes] = [++users, ++users];
      for (const user of [moves, goes]) await two.places.take(user, MOST);
      const closed = performance.now();
      await two.places.close();
      two.kill();
      await one.places.take(moves, MOST);
      await until(() => said(goes, one).length > 0);
      expect(performance.now() - closed).toBeLessThan(TIMES.lease);
      expect([said(goes, one), said(moves, one)]).toEqual([[false], []]);
    });

    test("a node that counted as dead goes on, and its people come back online", async () => {
      const url = (await sharedRedis()).database();
      const [one, two] = [await redisNode(url), await redisNode(url)];
      const user = ++users;
      await two.places.take(user, 1);
      await one.places["client"].redis.zadd("confab:nodes", 1, two.places["lease"].name);
      await until(() => said(user, two).length > 1 || said(user, one, two).length > 2);
      await until(() => isOnline(one, user));
      await Bun.sleep(3 * TIMES.beat);
      expect(await isOnline(one, user)).toBe(true);
      expect(said(user, one, two).at(-1)).toBe(true);
    });

    test("each node counts only its own places while Redis is away, and fills an empty Redis again", async () => {
      redis = await startRedis();
      const [one, two] = [await redisNode(redis.url), await redisNode(redis.url)];
      const [stays, goes, comes] = [++users, ++users, ++users];
      for (const user of [stays, goes]) await one.places.take(user, MOST);
      let restored = 0;
      two.places.onRestored(() => restored++);
      await redis.kill();
      expect(await one.places.take(comes, 1)).toBe(true);
      expect(await one.places.take(comes, 1)).toBe(false);
      one.places.giveBack(goes);
      await until(() => said(goes, one).length === 2);
      expect(await isOnline(one, comes)).toBe(true);
      expect(await two.places.online([stays])).toMatchObject({ online: new Set(), sure: false });
      await redis.resume();
      await until(() => restored > 0);
      const { online, sure } = await two.places.online([stays, goes, comes]);
      expect([online, sure]).toEqual([new Set([stays, comes]), true]);
      expect(await two.places.take(comes, 1)).toBe(false);
      expect(said(comes, one).at(-1)).toBe(true);
    });

    test("places survive a jump of Redis' clock, and another Redis with another clock", async () => {
      const one = await redisNode((await sharedRedis()).database());
      const user = ++users;
      await one.places.take(user, MOST);
      let restored = 0;
      one.places.onRestored(() => restored++);
      await until(() => one.places["lease"].isHeld);
      one.places["lease"].ahead += 3_600_000;
      await until(() => restored > 0);
      expect(await one.places.online([user])).toMatchObject({ online: new Set([user]), sure: true });
      expect(said(user, one)).not.toContain(false);
    });

    test("a lost answer leaves nobody online by mistake: a repeated call returns what was done", async () => {
      const url = (await sharedRedis()).database();
      const [one, two] = [await redisNode(url), await redisNode(url)];
      const user = ++users;
      await one.places.take(user, MOST);
      const client = one.places["client"];
      const run = client.run.bind(client);
      one.places.giveBack(user);
      await Bun.sleep(TIMES.grace / 2);
      client.run = async (command) => {
        await run(command);
        throw new Error("the answer is lost");
      };
      await Bun.sleep(TIMES.grace);
      client.run = run;
      await until(() => said(user, one).filter((online) => !online).length > 0);
      await until(async () => !(await isOnline(two, user)));
    });

    test("a dead node's people go offline even when the answer that says so is lost", async () => {
      const url = (await sharedRedis()).database();
      const [one, doomed] = [await redisNode(url), await redisNode(url)];
      const user = ++users;
      await doomed.places.take(user, MOST);
      let lost = 0;
      answering(one.places, (reply) => {
        if (isOfRenewal(reply) || !Array.isArray(reply[0]) || lost++ > 0) return;
        throw new Error("the answer is lost");
      });
      doomed.kill();
      await until(() => said(user, one).includes(false));
      expect(lost).toBeGreaterThan(0);
    });

    test("a node that removes another one slowly keeps its own lease", async () => {
      const url = (await sharedRedis()).database();
      const [one, doomed] = [await redisNode(url), await redisNode(url)];
      await doomed.places.take(++users, MOST);
      const { redis } = one.places["client"];
      let slow = 0;
      answering(one.places, async (reply) => {
        if (isOfRenewal(reply) || slow++ > 0) return;
        await Bun.sleep(3 * TIMES.lease);
      });
      doomed.kill();
      await until(() => slow > 0);
      await Bun.sleep(2 * TIMES.lease);
      const [[seconds], ends] = [await redis.time(), await redis.zscore("confab:nodes", one.places["lease"].name)];
      expect(Number(ends)).toBeGreaterThan(Number(seconds) * 1_000);
      expect(slow).toBe(1);
    });

    test("an entry that a removed node makes before it notices leaves nobody online by mistake", async () => {
      const url = (await sharedRedis()).database();
      const [one, two] = [await redisNode(url), await redisNode(url)];
      const [was, comes] = [++users, ++users];
      await two.places.take(was, MOST);
      const { redis } = one.places["client"];
      clearInterval(two.places["timer"]);
      const { name } = two.places["lease"];
      await until(async () => (await redis.zscore("confab:nodes", name)) === null);
      for (const user of [was, comes]) await two.places.take(user, MOST);
      await until(async () => {
        await two.places["beat"]();
        return two.places["lease"].name !== name;
      });
      for (const user of [was, was, comes]) two.places.giveBack(user);
      await until(async () => !(await isOnline(one, was)) && !(await isOnline(one, comes)));
      await two.places.take(was, MOST);
      expect(await redis.ttl(`confab:node-users:${two.places["lease"].name}`)).toBeGreaterThan(0);
    });
  });

/** Does something with each answer of Redis before the node has it. */
function answering(places: RedisSocketPlaces, intercept: (reply: unknown[]) => void | Promise<void>) {
  const client = places["client"];
  const run = client.run.bind(client);
  client.run = async (command) => {
    const reply = await run(command);
    await intercept(Array.isArray(reply) ? reply : []);
    return reply;
  };
}

const isOfRenewal = ([outcome, at]: unknown[]) => typeof outcome === "number" && typeof at === "string";
