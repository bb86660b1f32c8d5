import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import pino from "pino";
import { InProcessExchange } from "../../src/server/bus/memory-bus.ts";
import { Presence } from "../../src/server/features/presence/service.ts";
import { PresenceWatching } from "../../src/server/features/presence/watching.ts";
import { LocalSocketPlaces } from "../../src/server/places/memory-places.ts";
import type { ClientSocket } from "../../src/server/ws/socket.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";
import { until } from "../support/until.ts";
import { type BareSockets, flushed, startBareSockets } from "./bare-socket.ts";
import { range } from "./frames.ts";

const logger = pino({ level: "silent" });

describe("watching people", () => {
  let sockets: BareSockets;
  let stores: TestStores;
  let watching: PresenceWatching;
  let ann: number;
  let bob: number;
  /** Promises that the next questions wait for before they are asked, and after. */
  let held: { before?: Promise<void>; after?: Promise<void> } = {};
  let questions = 0;

  beforeAll(async () => {
    sockets = startBareSockets();
    stores = await openTestStores("embedded");
    [ann, bob] = [await stores.user(), await stores.user()];
    const store: TestStores["presence"] = Object.create(stores.presence, {
      visible: {
        async value(watched: Parameters<TestStores["presence"]["visible"]>[0]) {
          const { before, after } = held;
          questions++;
          await before;
          const visible = await stores.presence.visible(watched);
          await after;
          return visible;
        },
      },
    });
    const presence = new Presence(new LocalSocketPlaces(1_000), store, new InProcessExchange().connect(), logger);
    watching = new PresenceWatching(presence, logger);
  });
  afterAll(async () => {
    sockets.stop();
    await stores.close();
  });

  const expectNobodyWatches = () => {
    const { people, watchers } = watching["watches"];
    expect([people.size, watchers.length, watching["states"]["deferred"].size]).toEqual([0, 0, 0]);
  };
  const changed = (online: boolean, at: number) => watching.changed([{ userId: bob, online, at }]);

  test("the later of two changes counts when they come in the wrong order", async () => {
    await stores.conversation([ann, bob]);
    const pair = await sockets.open(ann);
    await watching.watch(pair.socket, [bob], undefined);
    const now = performance.now() + 1_000;
    for (const [online, at] of [
      [true, 1],
      [false, 4],
      [true, 3],
      [true, 2],
      [false, 4],
      [true, 5],
    ] as const)
      changed(online, now + at);
    await flushed(pair);
    expect(pair.client.all("presence").map(({ online }) => online)).toEqual([false, true, false, true]);
    watching.end(pair.socket);
    pair.client.close();
  });

  test("a time from a clock that was set back is corrected at the next check of everybody", async () => {
    const pair = await sockets.open(ann);
    await watching.watch(pair.socket, [bob], undefined);
    changed(true, performance.now() + 3_600_000);
    await pair.client.until((frames) => frames.length === 2);
    watching.heal();
    await pair.client.until((frames) => frames.length === 3);
    changed(true, performance.now() + 1_000);
    await pair.client.until((frames) => frames.length === 4);
    expect(pair.client.all("presence").map(({ online }) => online)).toEqual([false, true, false, true]);
    watching.end(pair.socket);
    pair.client.close();
  });

  test("a removal while the right is checked is not missed", async () => {
    const [cat, dan] = [await stores.user(), await stores.user()];
    const id = await stores.conversation([cat, dan, ann]);
    const pair = await sockets.open(cat);
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    held = { after: first.promise };
    const asking = watching.watch(pair.socket, [dan], "r");
    // The answer exists by then, and is on its way.
    await stores.presence.visible(new Map([[cat, [dan]]]));
    await stores.conversations.alter(id, cat, { kind: "remove", userId: dan });
    held = { after: second.promise };
    watching.removed([dan]);
    first.resolve();
    await asking;
    await flushed(pair);
    expect(pair.client.all("presence")).toEqual([]);
    held = {};
    second.resolve();
    await pair.client.next("presence");
    watching.changed([{ userId: dan, online: true, at: performance.now() + 9_000 }]);
    await flushed(pair);
    const unknown = { type: "presence", user_id: dan, online: false, last_seen: null, ref: "r" };
    expect(pair.client.all("presence")).toEqual([unknown]);
    pair.client.close();
  });

  test("a watch that ends, or whose socket closes, while its right is checked leaves nothing", async () => {
    const pair = await sockets.open(ann);
    const asking = Promise.withResolvers<void>();
    held = { before: asking.promise };
    const first = watching.watch(pair.socket, [bob], undefined);
    watching.unwatch(pair.socket, [bob]);
    const second = watching.watch(pair.socket, [bob], undefined);
    watching.end(pair.socket);
    held = {};
    asking.resolve();
    await Promise.all([first, second]);
    await flushed(pair);
    expect(pair.client.all("presence")).toEqual([]);
    expectNobodyWatches();
    pair.client.close();
  });

  test("a socket that closed while its frame waited enters nothing", async () => {
    const pair = await sockets.open(ann);
    watching.end(pair.socket);
    pair.client.close();
    await until(() => pair.socket.isClosed);
    await watching.watch(pair.socket, [bob], undefined);
    expectNobodyWatches();
  });

  test("all sockets of a user watch 2,000 people and no more", async () => {
    const pairs = [await sockets.open(ann), await sockets.open(ann), await sockets.open(ann)];
    const [first, second, third] = pairs.map(({ socket }) => socket) as [ClientSocket, ClientSocket, ClientSocket];
    // Strangers count towards the limit until the answer arrives.
    const asking = Promise.withResolvers<void>();
    held = { before: asking.promise };
    const waiting = [first, second].map((socket) => watching.watch(socket, range(1_000_001, 1_001_000), undefined));
    await expect(watching.watch(third, [bob], undefined)).rejects.toMatchObject({ code: "too_many_watched" });
    held = {};
    asking.resolve();
    await Promise.all(waiting);
    await watching.watch(third, [bob], undefined);
    for (const { socket, client } of pairs) {
      watching.end(socket);
      client.close();
    }
  });

  test("the sockets of a user have one question under way at a time, and closed sockets have none", async () => {
    const pairs = [await sockets.open(ann), await sockets.open(ann), await sockets.open(ann)];
    const other = await sockets.open(bob);
    const asking = Promise.withResolvers<void>();
    held = { before: asking.promise };
    questions = 0;
    const waiting = [...pairs, other].map(({ socket }) => watching.watch(socket, [ann, bob], undefined));
    if (pairs[2]) watching.end(pairs[2].socket);
    await Bun.sleep(50);
    expect(questions).toBe(2);
    held = {};
    asking.resolve();
    await Promise.all(waiting);
    expect(questions).toBe(3);
    for (const pair of pairs) await flushed(pair);
    expect(pairs.map(({ client }) => client.all("presence").length)).toEqual([2, 2, 0]);
    for (const { socket, client } of [...pairs, other]) {
      watching.end(socket);
      client.close();
    }
    expect(watching["turns"].size).toBe(0);
  });

  test("a removal makes one question about all who watch the removed person", async () => {
    const people = await Promise.all(range(1, 20).map(() => stores.user()));
    const id = await stores.conversation([ann, bob, ...people]);
    const pairs = await Promise.all([...people, ...people].map((user) => sockets.open(user)));
    for (const { socket } of pairs) await watching.watch(socket, [bob, ann], undefined);
    await stores.conversations.alter(id, ann, { kind: "remove", userId: bob });
    questions = 0;
    watching.removed([bob]);
    for (const { client } of pairs) await client.until((frames) => frames.length === 3);
    expect(questions).toBe(1);
    for (const { client, socket } of pairs) {
      expect(client.all("presence").at(-1)).toMatchObject({ user_id: bob, online: false, last_seen: null });
      watching.end(socket);
      client.close();
    }
  });

  test("nothing is sent while rights can't be checked; then people who still have the right get what they missed", async () => {
    const [cat, dan, eve] = [await stores.user(), await stores.user(), await stores.user()];
    const id = await stores.conversation([cat, dan, eve]);
    await stores.conversation([dan, eve]);
    const [removed, stays] = [await sockets.open(cat), await sockets.open(eve)];
    for (const { socket } of [removed, stays]) await watching.watch(socket, [dan], undefined);
    await stores.conversations.alter(id, cat, { kind: "remove", userId: dan });
    const away = Promise.reject(new Error("away"));
    away.catch(() => {});
    held = { before: away };
    watching.removed([dan]);
    questions = 0;
    watching.changed([{ userId: dan, online: true, at: performance.now() + 9_000 }]);
    await until(() => questions > 0);
    for (const pair of [removed, stays]) await flushed(pair);
    expect([removed, stays].map(({ client }) => client.all("presence").length)).toEqual([1, 1]);
    held = {};
    await stays.client.until((frames) => frames.filter(({ type }) => type === "presence").length === 2);
    expect(stays.client.all("presence").at(-1).online).toBe(true);
    await removed.client.until((frames) => frames.filter(({ type }) => type === "presence").length === 2);
    expect(removed.client.all("presence").at(-1)).toMatchObject({ online: false, last_seen: null });
    for (const { socket, client } of [removed, stays]) {
      watching.end(socket);
      client.close();
    }
  });

  test("a watch while the database is away is an error, and watches nobody", async () => {
    const pair = await sockets.open(ann);
    await watching.watch(pair.socket, [bob], undefined);
    held = { before: Promise.reject(new Error("away")) };
    await expect(watching.watch(pair.socket, [bob, 1_000_000], undefined)).rejects.toThrow("away");
    held = {};
    expect([...watching["watches"].by(pair.socket)]).toEqual([bob]);
    watching.end(pair.socket);
    pair.client.close();
  });

  test("a slow reader gets the latest state, once, when it has caught up", async () => {
    const pair = await sockets.open(ann);
    await watching.watch(pair.socket, [bob], undefined);
    let isSlow = true;
    const caughtUp = Promise.withResolvers<void>();
    Object.defineProperties(pair.socket, {
      isSlow: { get: () => isSlow },
      writable: { value: () => caughtUp.promise },
    });
    const now = performance.now() + 20_000;
    const { online } = await pair.client.next("presence");
    for (let i = 1; i <= 101; i++) changed(i % 2 === 0 ? online : !online, now + i);
    await flushed(pair);
    expect(pair.client.all("presence")).toHaveLength(1);
    isSlow = false;
    caughtUp.resolve();
    await pair.client.until((frames) => frames.filter(({ type }) => type === "presence").length === 2);
    expect(pair.client.all("presence").at(-1).online).toBe(!online);
    watching.end(pair.socket);
    pair.client.close();
  });
});
