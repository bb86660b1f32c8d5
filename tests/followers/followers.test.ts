import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import pino from "pino";
import { statisticsFollower } from "../../src/server/features/statistics/follower.ts";
import { StatisticsStore } from "../../src/server/features/statistics/store.ts";
import type { ChangeRange, Follower } from "../../src/server/followers/follower.ts";
import { Followers } from "../../src/server/followers/followers.ts";
import { FollowerStore, SHARDS, Superseded } from "../../src/server/followers/store.ts";
import type { Transaction } from "../../src/server/platform/postgres/database.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const EVERY_MS = 10;

inEachDatabase("followers", (mode) => {
  let stores: TestStores;
  let statistics: StatisticsStore;
  let ann: number;
  let bob: number;
  const running: Followers[] = [];
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void log.push(JSON.parse(line)) });

  beforeAll(async () => {
    stores = await openTestStores(mode);
    statistics = new StatisticsStore(stores.database);
    [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
  });
  afterAll(() => stores.close());
  afterEach(async () => {
    await Promise.all(running.splice(0).map((node) => node.close()));
    log.length = 0;
  });

  /** A node with these followers, or the statistics. */
  function node(...followers: Follower[]): Followers {
    const store = new FollowerStore(stores.database);
    const all = followers.length > 0 ? followers : [statisticsFollower(statistics, EVERY_MS)];
    const one = new Followers(all, store, stores.log, logger);
    running.push(one);
    return one;
  }
  const group = async () => stores.conversation([ann, bob, await stores.user()]);
  const send = async (id: string, count: number) => {
    for (let i = 0; i < count; i++) await stores.log.append(stores.draft(id, ann, `${i}`));
  };
  const counted = async () =>
    (await stores.query<{ n: number }>("SELECT coalesce(sum(messages), 0)::int AS n FROM statistics", []))[0]?.n;
  /** Messages that were ever sent to conversations that are still there. */
  const sent = async () =>
    (await stores.query<{ n: number }>("SELECT sum(last_seq)::int AS n FROM conversations", []))[0]?.n;
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await Bun.sleep(5);
  };
  const cursorOf = async (follower: string, id: string) =>
    (
      await stores.query<{ version: number }>(
        "SELECT version FROM follower_cursors WHERE follower = $1 AND conversation_id = $2",
        [follower, id],
      )
    )[0]?.version;

  /** A follower with effects on the outside, which are kept: `version:kind` by conversation. */
  function outside(name: string, start: Follower["start"], fails: (range: ChangeRange) => boolean = () => false) {
    const effects = new Map<string, string[]>();
    const handle = async (range: ChangeRange) => {
      if (fails(range)) throw new Error("nobody listens");
      const changes = await range.changes();
      const before = effects.get(range.conversationId) ?? [];
      effects.set(range.conversationId, [...before, ...changes.map(({ version, kind }) => `${version}:${kind}`)]);
    };
    return { effects, follower: { name, start, everyMs: EVERY_MS, handle } satisfies Follower };
  }

  test("a sweep counts each message of the log once", async () => {
    const ids = [await group(), await group(), await group()];
    for (const id of ids) {
      await send(id, 7);
      const { message } = await stores.log.append(stores.draft(id, bob, "first"));
      await stores.log.amend(id, bob, message.id, "second");
      await stores.conversations.alter(id, ann, { kind: "rename", name: "Renamed" });
      await send(id, 3);
      await stores.log.amend(id, bob, message.id, null);
    }
    await Promise.all([node().sweep(), node().sweep()]);
    await node().sweep();
    expect(await counted()).toBe(33);
    expect(await sent()).toBe(33);
    for (const id of ids) expect(await cursorOf("statistics", id)).toBe(14);
    expect(log).toEqual([]);
  });

  test("messages count on the day on which they were sent, in UTC", async () => {
    const before = await statistics.lastDays(30);
    const id = await group();
    await send(id, 3);
    await stores.query(
      `UPDATE messages SET created_at = (now() AT TIME ZONE 'UTC')::date::timestamp AT TIME ZONE 'UTC' - interval '1 second'
       WHERE conversation_id = $1 AND seq = 2`,
      [id],
    );
    await node().sweep();
    const after = await statistics.lastDays(30);
    expect(after).toHaveLength(30);
    expect(after.at(-1)?.day).toBe(new Date().toISOString().slice(0, 10));
    expect(after.map(({ messages }, i) => messages - (before[i]?.messages ?? 0)).slice(-3)).toEqual([0, 1, 2]);
  });

  test("two nodes that hear of the same changes count each message once, while people send", async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, group));
    const nodes = [node(), node()];
    await Promise.all(nodes.map((one) => one.sweep()));
    await Promise.all(
      ids.map(async (id) => {
        for (let i = 0; i < 15; i++) {
          await send(id, 1);
          for (const one of nodes) one.note(id);
        }
      }),
    );
    await until(async () => (await counted()) === (await sent()));
    await Promise.all(nodes.map((one) => one.sweep()));
    expect(await counted()).toBe(await sent());
  });

  test("a node that stops counts the messages that it has noted", async () => {
    const id = await group();
    const one = node(statisticsFollower(statistics, 60_000));
    await one.sweep();
    await send(id, 5);
    one.note(id);
    await one.close();
    expect(await counted()).toBe(await sent());
  });

  test("retention does not alter the counts, and a cursor among removed messages goes on after them", async () => {
    const id = await group();
    await send(id, 4);
    await node().sweep();
    const { messages } = await stores.log.page(id, { limit: 1 });
    await send(id, 4);
    await stores.log.amend(id, ann, messages[0]?.id ?? "", "edited");
    await stores.query(
      "UPDATE messages SET created_at = now() - interval '2 days' WHERE conversation_id = $1 AND seq <= 6",
      [id],
    );
    await stores.query("UPDATE conversations SET oldest_at = now() - interval '2 days' WHERE id = $1", [id]);
    const before = await counted();
    expect(await stores.log.prune(24 * 3_600_000)).toBe(6);
    // Of the four that were not counted, retention has removed two.
    await node().sweep();
    expect(await counted()).toBe((before ?? 0) + 2);
    // The edit of a message that is gone is skipped.
    const { effects, follower } = outside("after-retention", "zero");
    await node(follower).sweep();
    expect(effects.get(id)).toEqual(["7:message", "8:message"]);
    await stores.query(
      "UPDATE statistics SET messages = messages + 2 WHERE day = (now() AT TIME ZONE 'UTC')::date",
      [],
    );
  });

  test("a removed conversation stays counted, and its cursors go", async () => {
    const id = await group();
    await send(id, 3);
    await node().sweep();
    const before = await counted();
    await stores.query("DELETE FROM conversations WHERE id = $1", [id]);
    const one = node();
    await one.sweep();
    one.note(id);
    await one.close();
    expect(await counted()).toBe(before);
    expect(await cursorOf("statistics", id)).toBe(3);
    await new FollowerStore(stores.database).forget(id);
    expect(await cursorOf("statistics", id)).toBeUndefined();
    await stores.query(
      "UPDATE statistics SET messages = messages - 3 WHERE day = (now() AT TIME ZONE 'UTC')::date",
      [],
    );
    expect(await counted()).toBe(await sent());
  });

  test("in a new epoch the counts stay, an index starts over, and effects go on", async () => {
    const id = await group();
    await send(id, 2);
    const [index, hooks] = [outside("index", "zero"), outside("hooks", "heads")];
    const all = [statisticsFollower(statistics, EVERY_MS), index.follower, hooks.follower];
    await node(...all).sweep();
    await send(id, 1);
    await node(...all).sweep();
    expect(index.effects.get(id)).toEqual(["1:message", "2:message", "3:message"]);
    expect(hooks.effects.get(id)).toEqual(["3:message"]);

    await stores.query("UPDATE history SET epoch = gen_random_uuid()", []);
    index.effects.clear();
    await node(...all).sweep();
    await send(id, 1);
    await node(...all).sweep();
    expect(index.effects.get(id)).toEqual(["1:message", "2:message", "3:message", "4:message"]);
    expect(hooks.effects.get(id)).toEqual(["3:message", "4:message"]);
    expect(await counted()).toBe(await sent());
  });

  test("a cursor beyond the head is rewound to it", async () => {
    const id = await group();
    await send(id, 2);
    const { effects, follower } = outside("rewound", "zero");
    await node(follower).sweep();
    await stores.query("UPDATE follower_cursors SET version = 90 WHERE follower = 'rewound' AND conversation_id = $1", [
      id,
    ]);
    await node(follower).sweep();
    expect(await cursorOf("rewound", id)).toBe(2);
    await send(id, 1);
    await node(follower).sweep();
    expect(effects.get(id)).toEqual(["1:message", "2:message", "3:message"]);
  });

  test("a conversation that always fails holds up no other one, and goes on once it works", async () => {
    const [bad, good] = [await group(), await group()];
    let isBroken = true;
    const { effects, follower } = outside(
      "stubborn",
      "heads",
      ({ conversationId }) => isBroken && conversationId === bad,
    );
    const one = node(follower);
    await one.sweep();
    for (const id of [bad, good]) {
      await send(id, 2);
      one.note(id);
    }
    await until(() => effects.has(good));
    await until(() => log.length > 0);
    await Bun.sleep(5 * EVERY_MS);
    expect(log).toMatchObject([{ follower: "stubborn", msg: "a follower failed, it will go on a little later" }]);
    expect(await cursorOf("stubborn", bad)).toBeUndefined();
    // The lag is that of the change that waits, and not of later ones.
    one.note(good);
    expect(one.lagMs("stubborn")).toBeGreaterThan(5 * EVERY_MS);
    isBroken = false;
    await until(() => effects.has(bad));
    await until(() => one.lagMs("stubborn") === 0);
    for (const id of [bad, good]) expect(effects.get(id)).toEqual(["1:message", "2:message"]);
  });

  test("a node whose lease another node has taken over writes nothing", async () => {
    const id = await group();
    await send(id, 2);
    const [slow, next] = [new FollowerStore(stores.database), new FollowerStore(stores.database)];
    const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
    await slow.begin({ name: "fenced", start: "zero" });
    const lease = await slow.lease("fenced", shards);
    const [position] = await slow.positions({ name: "fenced" }, [id]);
    if (!lease || !position) throw new Error("there is no lease");
    expect(await next.lease("fenced", shards)).toBeUndefined();
    // As ten seconds later.
    await stores.query(
      "UPDATE follower_leases SET leased_until = now() - interval '1 second' WHERE follower = 'fenced'",
      [],
    );
    const taken = await next.lease("fenced", shards);
    if (!taken) throw new Error("the lease has not ended");
    for (const [shard, fence] of taken.fences) expect(fence).toBe((lease.fences.get(shard) ?? 0) + 1);
    expect(taken.fences.size).toBe(SHARDS);

    const before = await counted();
    const move = { conversationId: id, from: position.cursor, version: 2, epoch: position.epoch };
    const range = { conversationId: id, epoch: position.epoch, after: 0, upTo: 2, changes: async () => [] };
    const count = async (tx: Transaction) => {
      await statistics.count(tx, [range]);
      return undefined;
    };
    await expect(slow.move(lease, [move], count)).rejects.toThrow(Superseded);
    await next.move(taken, [move]);
    // The same once more: the cursor is not where it was read.
    await expect(next.move(taken, [move], count)).rejects.toThrow(Superseded);
    expect(await counted()).toBe(before);
    await slow.release(lease);
    expect(await slow.lease("fenced", shards)).toBeUndefined();
    await next.release(taken);
    expect(await slow.lease("fenced", shards)).toBeDefined();
  });

  test("a follower of runs handles complete ones at once, and the rest when it has waited", async () => {
    const ranges: string[] = [];
    const handle = async ({ conversationId, after, upTo }: ChangeRange) => {
      if (conversationId === id) ranges.push(`${after}-${upTo}`);
    };
    const runs = { messages: 4, patienceMs: 2_000 };
    const follower = node({ name: "runs", start: "zero", everyMs: EVERY_MS, runs, handle });
    await follower.sweep();
    const id = await group();
    const note = async (count: number) => {
      await send(id, count);
      for (let i = 0; i < count; i++) follower.note(id);
    };
    const untilHandled = async (...expected: string[]) => {
      await until(() => ranges.length >= expected.length);
      expect(ranges).toEqual(expected);
    };
    await note(3);
    await Bun.sleep(10 * EVERY_MS);
    expect(ranges).toEqual([]);
    await note(3);
    await untilHandled("0-4");
    expect(follower.lagMs("runs")).toBeGreaterThan(0);
    await note(2);
    await untilHandled("0-4", "4-8");
    await until(() => follower.lagMs("runs") === 0);
    await note(1);
    await untilHandled("0-4", "4-8", "8-9");
    // A sweep does not know how long a change has waited.
    await send(id, 1);
    await follower.sweep();
    await untilHandled("0-4", "4-8", "8-9", "9-10");
  });

  test("a follower that ends early goes on where it ended", async () => {
    const [one, other] = [await group(), await group()];
    await send(one, 5);
    await send(other, 3);
    const written: string[] = [];
    const write = async (_: Transaction, ranges: readonly ChangeRange[]) => {
      const own = ranges.filter(({ conversationId }) => [one, other].includes(conversationId));
      const [first, ...rest] = own;
      if (!first) return undefined;
      written.push(`${first.conversationId} ${first.after + 1}`);
      return new Map([
        [first.conversationId, first.after + 1],
        ...rest.map(({ conversationId, after }) => [conversationId, after] as const),
      ]);
    };
    const follower = node({ name: "early", start: "zero", everyMs: EVERY_MS, write });
    await follower.sweep();
    await until(() => written.length === 8);
    for (const [id, count] of [
      [one, 5],
      [other, 3],
    ] as const) {
      const own = written.filter((line) => line.startsWith(id));
      expect(own).toEqual(Array.from({ length: count }, (_, i) => `${id} ${i + 1}`));
      expect(await cursorOf("early", id)).toBe(count);
    }
  });

  test("a follower that may lag rests long between its pieces while the node is busy", async () => {
    const id = await group();
    await send(id, 500);
    const starts: number[] = [];
    const handle = async (range: ChangeRange) => {
      if (range.conversationId !== id) return;
      starts.push(performance.now());
      await Bun.sleep(30);
    };
    let isOver = false;
    const beBusy = async () => {
      for (; !isOver; await new Promise(setImmediate))
        for (const until = performance.now() + 20; performance.now() < until; );
    };
    const sweep = node({ name: "lags", start: "zero", everyMs: EVERY_MS, mayLag: true, handle }).sweep();
    const busy = beBusy();
    await until(() => starts.length > 1);
    isOver = true;
    await Promise.all([busy, sweep]);
    const [first = 0, second = 0] = starts;
    expect(second - first).toBeGreaterThan(600);
    expect(starts).toHaveLength(3);
  });
});
