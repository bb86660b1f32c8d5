import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Own, OwnList } from "../../src/server/log/memberships.ts";
import type { ClientSocket } from "../../src/server/ws/socket.ts";
import { Watching } from "../../src/server/ws/watching.ts";
import { type BareSockets, flushed, startBareSockets } from "./bare-socket.ts";

const USER = 7;
const ID = "11111111-1111-7111-8111-111111111111";
const VERSIONS = 8;

describe("a socket's conversations", () => {
  let sockets: BareSockets;
  let watching: Watching;
  /** How often each conversation is followed. */
  let followed: Map<string, number>;

  beforeAll(() => {
    sockets = startBareSockets();
  });
  afterAll(() => sockets.stop());
  beforeEach(() => start());

  function start(listStaysMs = 0) {
    followed = new Map();
    const count = (by: number) => (ids: readonly string[]) => {
      for (const id of ids) followed.set(id, (followed.get(id) ?? 0) + by);
    };
    const follow = count(1);
    const needs = {
      publish: sockets.publish,
      follow,
      followAndLook: (id: string) => follow([id]),
      unfollow: count(-1),
    };
    watching = new Watching(needs, listStaysMs);
  }

  function load(socket: ClientSocket, list: OwnList) {
    watching.learn(socket, list);
    watching.start(socket);
  }

  const row = (lastVersion: number) => ({ userId: USER, id: ID, lastVersion, lastSeq: lastVersion, parentId: null });

  /** Version 0 is the creation without the user; every odd version adds the user, and every even one removes them. */
  const isInAt = (version: number) => version % 2 === 1;
  const tell = (version: number) =>
    isInAt(version) ? watching.joined(USER, ID, version) : watching.left(USER, ID, version);
  const listOf = (own: Own[]): OwnList => ({ digest: own.map(({ id }) => id).join(), own });
  const readAt = (version: number) => (isInAt(version) ? [row(version)] : []);

  test("the highest version counts among joinings, removals and the list, in any order and more than once", async () => {
    const pair = await sockets.open(USER);
    const { socket } = pair;
    const arrivals = fc.array(fc.integer({ min: 1, max: VERSIONS }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(arrivals, arrivals, arrivals, fc.nat({ max: VERSIONS }), async (before, early, late, read) => {
        start();
        for (const version of before) tell(version);
        watching.begin(socket);
        // A socket that hears anything while its list is read hears at least what that read may have missed.
        for (const version of early) tell(version);
        load(socket, listOf(readAt(read)));
        for (const version of late) tell(version);
        // A list says at which version somebody is in, but not since when they are not.
        const list = isInAt(read) ? [read] : [];
        const removals = before.filter((version) => !isInAt(version));
        const newest = Math.max(0, ...removals, ...early, ...list, ...late);
        expect(watching.isWatching(socket, ID)).toBe(isInAt(newest));
        expect(followed.get(ID) ?? 0).toBe(isInAt(newest) ? 1 : 0);

        const activities = pair.client.all("activity").length;
        watching.moved(ID, VERSIONS + 1, VERSIONS + 1);
        await flushed(pair);
        expect(pair.client.all("activity").length - activities).toBe(isInAt(newest) ? 1 : 0);
        watching.end(socket);
        expect(followed.get(ID) ?? 0).toBe(0);
      }),
      { numRuns: 300 },
    );
    pair.client.close();
  });

  test("a joining and a removal that come while a doubt is checked are not undone by an earlier read", async () => {
    const pair = await sockets.open(USER);
    watching.begin(pair.socket);
    load(pair.socket, listOf([]));
    await watching.heal(async () => {
      tell(1);
      return [];
    });
    expect(watching.isWatching(pair.socket, ID)).toBe(true);
    await watching.heal(async () => {
      tell(2);
      tell(3);
      return readAt(2);
    });
    expect(watching.isWatching(pair.socket, ID)).toBe(true);
    await watching.heal(async () => {
      tell(4);
      return readAt(3);
    });
    expect(watching.isWatching(pair.socket, ID)).toBe(false);
    await flushed(pair);
    const removed = { type: "unsubscribed", conversation_id: ID, code: "removed" };
    expect(pair.client.frames.filter(({ type }) => type !== "flushed")).toEqual([removed, removed]);
    watching.end(pair.socket);
    pair.client.close();
  });

  test("a socket that closes while its list or a doubt is read leaves nothing", async () => {
    const pair = await sockets.open(USER);
    watching.begin(pair.socket);
    watching.end(pair.socket);
    load(pair.socket, listOf(readAt(1)));
    watching.begin(pair.socket);
    load(pair.socket, listOf(readAt(1)));
    await watching.heal(async () => {
      watching.end(pair.socket);
      return readAt(3);
    });
    watching.end(pair.socket);
    expect(followed.get(ID)).toBe(0);
    expect([watching["watchers"].userIds.length, watching["watched"]["byId"].size]).toEqual([0, 0]);
    pair.client.close();
  });

  test("the list of a closed socket serves the next one of its user until a conversation comes or goes", async () => {
    start(60_000);
    const [first, second] = [await sockets.open(USER), await sockets.open(USER)];
    watching.begin(first.socket);
    load(first.socket, listOf(readAt(1)));
    watching.moved(ID, 2, 2);
    watching.end(first.socket);
    watching.begin(second.socket);
    expect(watching.digestFor(second.socket)).toBe(ID);
    load(second.socket, { digest: ID, own: undefined });
    watching.moved(ID, 3, 3);
    await flushed(second);
    expect(second.client.all("activity").map((frame) => frame.last_version)).toEqual([3]);
    expect(followed.get(ID)).toBe(1);
    tell(4);
    expect(watching.digestFor(second.socket)).toBeUndefined();
    await flushed(second);
    expect(second.client.all("unsubscribed")).toHaveLength(1);
    first.client.close();
    second.client.close();
  });

  test("a conversation that came without an event is found by the list of the next socket, also for the earlier ones", async () => {
    start(60_000);
    const [first, second] = [await sockets.open(USER), await sockets.open(USER)];
    watching.begin(first.socket);
    load(first.socket, listOf([]));
    watching.begin(second.socket);
    load(second.socket, listOf(readAt(1)));
    await Promise.all([flushed(first), flushed(second)]);
    expect(first.client.all("activity").map((frame) => frame.last_version)).toEqual([1]);
    expect(second.client.all("activity")).toEqual([]);
    watching.moved(ID, 2, 2);
    await Promise.all([flushed(first), flushed(second)]);
    for (const { client } of [first, second]) expect(client.all("activity").at(-1)).toMatchObject({ last_version: 2 });
    first.client.close();
    second.client.close();
  });

  test("a message that mentions everybody is told, also when a head from the log came before its event", async () => {
    const pair = await sockets.open(USER);
    watching.begin(pair.socket);
    load(pair.socket, listOf(readAt(1)));
    const told = async () => {
      await flushed(pair);
      return pair.client.all("activity").map((frame) => [frame.last_version, frame.last_seq, frame.last_scope_seq]);
    };
    watching.moved(ID, 2, 2);
    watching.moved(ID, 2, 2, 2);
    // Repeats and older ones tell nothing new.
    watching.moved(ID, 2, 2, 2);
    watching.moved(ID, 1, 1, 1);
    expect(await told()).toEqual([
      [2, 2, undefined],
      [2, 2, 2],
    ]);
    watching.moved(ID, 5, 4);
    watching.moved(ID, 3, 3, 3);
    expect((await told()).slice(2)).toEqual([
      [5, 4, undefined],
      [5, 4, 3],
    ]);
    pair.client.close();
  });
});
