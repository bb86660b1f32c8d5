import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import pino from "pino";
import { type Change, type ChangeEvent, changeEvent } from "../../src/domain/changes.ts";
import type { ConversationStore, MessageLog } from "../../src/domain/ports.ts";
import { Room } from "../../src/ws/room.ts";
import { Subscription } from "../../src/ws/subscription.ts";
import { inEachMode } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";
import { type BareSockets, flushed, startBareSockets } from "./bare-socket.ts";

const VERSIONS = 30;

inEachMode("a room", (mode) => {
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

  /** A room that stands at `from`, though the log is further: as if the rest were committed from now on. */
  async function openRoom(from: number, conversationId = id) {
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
    });
    const room = new Room(
      conversationId,
      log,
      {
        subscribe: async () => {},
        publish: (frame) => void delivered.push(frame),
        filled() {},
        standing: (userId) => stores.conversations.standing(conversationId, userId),
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

  test("hears of a head it has not got, and fills up to it", async () => {
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

    /** Bob is out with version 1 and in with version 2, and the room has got neither. */
    async function openBehind() {
      const [ann, bob, eve] = [await stores.user(), await stores.user(), await stores.user()];
      const conversationId = await stores.conversation([ann, bob, eve]);
      async function change(kind: "add" | "remove"): Promise<ChangeEvent> {
        const alteration = kind === "add" ? { kind, userIds: [bob], max: 10 } : { kind, userId: bob };
        const { change } = await stores.conversations.alter(conversationId, ann, alteration);
        if (!change) throw new Error("nothing has changed");
        return changeEvent(change);
      }
      const changes = [await change("remove"), await change("add")];
      const { room } = await openRoom(0, conversationId);
      const pair = await sockets.open(bob, conversationId);
      const subscription = new Subscription(pair.socket, room, `c:${conversationId}`, () => pair.client.close());
      const receive = (some: ChangeEvent[]) => {
        for (const event of some) room.receive(event);
      };
      /** Joins with `meanwhile` done between the reading of the right and its arrival. */
      function join(meanwhile: () => unknown) {
        const slow: ConversationStore = Object.create(stores.conversations, {
          standing: {
            async value(...key: Parameters<ConversationStore["standing"]>) {
              const standing = await stores.conversations.standing(...key);
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
});
