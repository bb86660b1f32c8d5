import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import pino from "pino";
import { Failure } from "../../src/server/base/failure.ts";
import type { ChangeEvent } from "../../src/server/bus/change-event.ts";
import type { Appended } from "../../src/server/log/append.ts";
import { type Change, changeEvent } from "../../src/server/log/changes.ts";
import type { MessageLog } from "../../src/server/log/log.ts";
import type { Memberships } from "../../src/server/log/memberships.ts";
import { Room } from "../../src/server/ws/room.ts";
import { Subscription } from "../../src/server/ws/subscription.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";
import { type BareSockets, flushed, startBareSockets } from "./bare-socket.ts";

const VERSIONS = 30;
const PATIENCE_MS = 5_000;

async function waitUntil(isSo: () => boolean) {
  const until = performance.now() + PATIENCE_MS;
  while (!isSo() && performance.now() < until) await Bun.sleep(1);
  expect(isSo()).toBe(true);
}

inEachDatabase("a room", (mode) => {
  let stores: TestStores;
  let id: string;
  let events: ChangeEvent[];

  beforeAll(async () => {
    stores = await openTestStores(mode);
    const [ann, bob, eve] = [await stores.user(), await stores.user(), await stores.user()];
    id = await stores.conversation([ann, bob, eve]);
    for (let i = 0; i < VERSIONS; i++) await stores.log.append(stores.draft(id, ann, `${i}`));
    events = ((await stores.log.changes(id, 0, VERSIONS, VERSIONS)) as Change[]).map(changeEvent);
  });
  afterAll(() => stores.close());

  /**
   * A room that has delivered up to `from`. The log is further, as if the rest were committed from now on.
   * @param instead methods that replace those of the room's log
   */
  async function openRoom(from: number, conversationId = id, instead: Partial<MessageLog> = {}) {
    const delivered: string[] = [];
    const log: MessageLog = Object.create(stores.log, {
      head: {
        value: async () => ({
          lastSeq: from,
          lastVersion: from,
          tag: events[from - 1]?.tag ?? null,
          prunedSeq: 0,
          participantCount: 3,
          epoch: "",
        }),
      },
      ...Object.fromEntries(Object.entries(instead).map(([name, value]) => [name, { value }])),
    });
    const room = new Room(
      conversationId,
      log,
      {
        subscribe: async () => {},
        publish: (frame) => void delivered.push(frame),
        publishRange() {},
        filled() {},
        standing: (userId) => stores.memberships.standing(conversationId, userId),
        contradicted() {},
        gone() {},
        broken() {},
      },
      pino({ level: "silent" }),
    );
    await room.started;
    return { room, delivered };
  }

  test("delivers every change once and in order, whatever the bus loses, doubles or turns around", async () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: VERSIONS }), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: VERSIONS - 1 }), arrivals, async (from, versions) => {
        const { room, delivered } = await openRoom(from);
        for (const version of versions) {
          const event = events[version - 1];
          if (event) room.receive(event);
          if (version % 7 === 0) await Bun.sleep(1);
        }
        const newest = Math.max(from, ...versions);
        while (room.delivered < newest) await Bun.sleep(5);
        room.close();
        expect(delivered).toEqual(events.slice(from, newest).map(({ frame }) => frame));
      }),
      { numRuns: 60 },
    );
  });

  test("fills up to a head that it hears of and does not have", async () => {
    const { room, delivered } = await openRoom(3);
    room.expect(9);
    while (room.delivered < 9) await Bun.sleep(5);
    expect(delivered).toEqual(events.slice(3, 9).map(({ frame }) => frame));
    room.close();
  });

  describe("that is behind, when somebody who was removed and came back joins it", () => {
    let sockets: BareSockets;
    beforeAll(() => {
      sockets = startBareSockets();
    });
    afterAll(() => sockets.stop());

    /** Version 1 removes Bob, version 2 adds him, and the room has delivered neither. */
    async function openBehind() {
      const [ann, bob, eve] = [await stores.user(), await stores.user(), await stores.user()];
      const conversationId = await stores.conversation([ann, bob, eve]);
      async function change(kind: "add" | "remove"): Promise<ChangeEvent> {
        const alteration = kind === "add" ? { kind, userIds: [bob], max: 10 } : { kind, userId: bob };
        const { change } = await stores.altered(conversationId, ann, alteration);
        if (!change) throw new Error("nothing has changed");
        return changeEvent(change);
      }
      const changes = [await change("remove"), await change("add")];
      const { room } = await openRoom(0, conversationId);
      const pair = await sockets.open(bob, conversationId);
      const subscription = new Subscription(pair.socket, room, () => pair.client.close());
      const receive = (some: ChangeEvent[]) => {
        for (const event of some) room.receive(event);
      };
      /** Joins with `meanwhile` done between the reading of the right and its arrival. */
      function join(meanwhile: () => unknown) {
        const slow: Memberships = Object.create(stores.conversations, {
          standing: {
            async value(...key: Parameters<Memberships["standing"]>) {
              const standing = await stores.memberships.standing(...key);
              await meanwhile();
              return standing;
            },
          },
        });
        return subscription.join(slow, undefined, () => {});
      }
      const isIn = async () => {
        await flushed(pair);
        pair.client.close();
        room.close();
        return subscription.live;
      };
      return { changes, change, receive, join, room, isIn };
    }

    test("the old removal, which comes after the joining, does not end it", async () => {
      const { changes, receive, join, isIn } = await openBehind();
      await join(() => {});
      receive(changes);
      expect(await isIn()).toBe(true);
    });

    test("the old removal, which comes while the right is read, does not end it", async () => {
      const { changes, receive, join, isIn } = await openBehind();
      await join(() => receive(changes));
      expect(await isIn()).toBe(true);
    });

    test("another removal, which comes while the right is read, does", async () => {
      const { changes, change, receive, join, room } = await openBehind();
      const joining = join(async () => receive([...changes, await change("remove")]));
      expect(await joining.catch((error: Error) => error)).toMatchObject({ reason: "not_a_participant" });
      room.close();
    });

    test("another removal, which comes after the joining, does", async () => {
      const { changes, change, receive, join, room } = await openBehind();
      await join(() => {});
      receive([...changes, await change("remove")]);
      expect(room.subscriptions.size).toBe(0);
      room.close();
    });
  });

  test("catches up after an announced gap that does not exist, even if the log does not answer at first", async () => {
    let asked = 0;
    async function head() {
      asked++;
      if (asked === 2) throw new Failure("unavailable", { retryAfter: 1 });
      if (asked > 2) return stores.log.head(id);
      return {
        lastSeq: 3,
        lastVersion: 3,
        tag: events[2]?.tag ?? null,
        prunedSeq: 0,
        participantCount: 3,
        parentId: null,
        epoch: "",
      };
    }
    const { room, delivered } = await openRoom(3, id, { head });
    room.expect(VERSIONS + 1_000);
    await waitUntil(() => room.delivered === VERSIONS);
    expect(delivered).toEqual(events.slice(3).map(({ frame }) => frame));
    room.close();
  });

  describe("that starts over, as the log has another history", () => {
    /** Ten messages of Ann, and a room that has delivered others. */
    async function openOther(places: MessageLog["places"]) {
      const ann = await stores.user();
      const conversationId = await stores.conversation([ann, await stores.user()]);
      const say = () => stores.log.append(stores.draft(conversationId, ann, "of this history"));
      for (let i = 0; i < 10; i++) await say();
      const head = async () => {
        const { delivered, known } = { delivered: 8, known: await stores.log.head(conversationId) };
        return known && { ...known, lastSeq: delivered, lastVersion: delivered, tag: crypto.randomUUID(), epoch: "" };
      };
      const { room, delivered } = await openRoom(0, conversationId, { head, places });
      /** The event of a change that is committed now. */
      async function commit(): Promise<ChangeEvent> {
        const { message } = (await say()) as Appended;
        return changeEvent({
          kind: "message",
          conversationId,
          version: message.version,
          tag: message.id,
          lastSeq: message.seq,
          message,
        });
      }
      return { room, delivered, commit, ann, conversationId };
    }

    test("delivers a change that is committed after the log was read", async () => {
      const arrived: ChangeEvent[] = [];
      const opened = await openOther(async (asked) => {
        const found = await stores.log.places(asked);
        if (arrived.length === 0) {
          arrived.push(await opened.commit());
          for (const event of arrived) opened.room.receive(event);
        }
        return found;
      });
      const { room, delivered } = opened;
      await room.suspect();
      await waitUntil(() => room.delivered === 11);
      expect(delivered).toHaveLength(2);
      expect(JSON.parse(delivered[0] ?? "")).toMatchObject({ type: "reset", last_version: 10 });
      expect(delivered[1]).toBe(arrived[0]?.frame ?? "");
      room.close();
    });

    test("compares itself again when a suspicion comes meanwhile", async () => {
      const sockets = startBareSockets();
      let compared = 0;
      const { room, ann, conversationId } = await openOther(async (asked) => {
        compared++;
        const found = await stores.log.places(asked);
        for (const place of found.values()) place.head.epoch = `epoch ${compared}`;
        return found;
      });
      const { socket } = await sockets.open(ann, conversationId);
      // It is asked whether its user takes part: that takes the room a while.
      new Subscription(socket, room, () => {});
      const starting = room.suspect();
      await waitUntil(() => room.generation === 1);
      await Promise.all([starting, room.suspect()]);
      expect(compared).toBe(2);
      expect(room.epoch).toBe("epoch 2");
      room.close();
      await sockets.stop();
    });
  });
});
