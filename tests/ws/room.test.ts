import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import pino from "pino";
import { type Change, type ChangeEvent, changeEvent } from "../../src/domain/changes.ts";
import type { MessageLog } from "../../src/domain/ports.ts";
import { Room } from "../../src/ws/room.ts";
import { inEachMode } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

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
  async function openRoom(from: number) {
    const delivered: string[] = [];
    const log: MessageLog = Object.create(stores.log, {
      head: { value: async () => ({ lastSeq: from, lastVersion: from, participantCount: 3 }) },
    });
    const room = new Room(
      id,
      log,
      { subscribe: async () => {}, publish: (frame) => void delivered.push(frame), filled() {}, broken() {} },
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
});
