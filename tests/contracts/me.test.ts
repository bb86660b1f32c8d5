import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type StoredState, stateOf } from "../../src/server/features/me/state.ts";
import { modes } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const HOUR_MS = 3_600_000;

// Redis plays no part in this.
describe.each(modes.filter((mode) => mode !== "redis"))("personal settings in the database (%s)", (mode) => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openTestStores(mode);
  });
  afterAll(() => stores.close());

  test("the list, the counts and a single conversation follow the same rules", async () => {
    const [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
    const id = await stores.conversation([ann, bob]);
    await stores.me.changeConversation(ann, id, { level: "nothing" });
    const now = Date.now();
    const seq = fc.nat({ max: 3 });
    const moment = fc.integer({ min: -2, max: 2 }).map((hours) => now + hours * HOUR_MS);
    const stored: fc.Arbitrary<StoredState> = fc.record({
      archived_seq: fc.option(seq),
      muted_until: fc.option(moment.map((ms) => new Date(ms).toISOString())),
      level: fc.constantFrom("all", "nothing"),
      unread_seq: fc.option(seq),
    });
    const place = fc.record({ lastSeq: seq, readSeq: seq, updatedMs: moment });
    await fc.assert(
      fc.asyncProperty(stored, place, async (value, { lastSeq, readSeq, updatedMs }) => {
        const read = Math.min(readSeq, lastSeq);
        await stores.query("UPDATE me_entries SET value = $1::text::jsonb WHERE user_id = $2", [
          JSON.stringify(value),
          ann,
        ]);
        await stores.query("UPDATE conversations SET last_seq = $1, updated_at = $2::text::timestamptz WHERE id = $3", [
          lastSeq,
          new Date(updatedMs).toISOString(),
          id,
        ]);
        await stores.query("UPDATE participants SET read_seq = $1 WHERE user_id = $2", [read, ann]);
        const state = stateOf(value, { lastSeq, readSeq: read, updatedMs });
        expect(await stores.me.ofConversation(ann, id)).toEqual({ ...state, me_version: 1 });
        const isMuted = value.level === "nothing" || Date.parse(value.muted_until ?? "") > Date.now();
        const unread = lastSeq - read;
        const isCounted = !state.archived && !isMuted;
        for (const search of ["", "bob"])
          for (const archived of [true, false, undefined]) {
            const list = await stores.conversations.summaries(ann, { limit: 5, offset: 0, search, archived });
            const isListed = archived === undefined || archived === state.archived;
            expect(list.rows.map(({ me }) => me)).toEqual(isListed ? [{ ...state, me_version: 1 }] : []);
            expect(list.total).toBe(isListed ? 1 : 0);
            expect(list.unread).toEqual({
              conversations: isCounted && (unread > 0 || state.unread) ? 1 : 0,
              messages: isCounted ? unread : 0,
              mentions: 0,
              marked: isCounted && unread === 0 && state.unread ? 1 : 0,
            });
          }
      }),
      { numRuns: 40 },
    );
  });

  test("changes that race take dense numbers, and a repeat takes none", async () => {
    const ann = await stores.user("Ann");
    const ids = [
      await stores.conversation([ann, await stores.user()]),
      await stores.conversation([ann, await stores.user()]),
    ];
    const beside = stores.beside();
    const changes = Array.from({ length: 40 }, (_, i) =>
      (i % 2 === 0 ? stores : beside).me.changeConversation(ann, ids[i % 2] ?? "", { archived: i % 4 < 2 }),
    );
    const changed = (await Promise.all(changes)).filter((outcome) => outcome?.isChanged);
    const numbers = changed.map((outcome) => outcome?.me.me_version ?? 0).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: changed.length }, (_, i) => i + 1));
    const { head, entries } = await stores.me.entriesAfter(ann, 0, 10);
    expect(head).toBe(numbers.length);
    expect(entries.map(({ key }) => key).sort()).toEqual([...ids].sort());
  });

  test("end with the membership, the conversation and the account", async () => {
    const people = [await stores.user(), await stores.user(), await stores.user()];
    const [ann = 0, bob = 0] = people;
    const [left, removed, kept] = [
      await stores.conversation(people),
      await stores.conversation(people),
      await stores.conversation(people),
    ];
    for (const id of [left, removed, kept])
      for (const user of [ann, bob]) await stores.me.changeConversation(user, id, { level: "nothing" });
    await stores.conversations.alter(left, bob, { kind: "remove", userId: bob });
    await stores.query("DELETE FROM conversations WHERE id = $1", [removed]);
    const keysOf = async (user: number) => (await stores.me.entriesAfter(user, 0, 10)).entries.map(({ key }) => key);
    expect(await keysOf(bob)).toEqual([kept]);
    expect((await keysOf(ann)).sort()).toEqual([left, kept].sort());
    expect(await stores.me.changeConversation(bob, left, { archived: true })).toBeUndefined();
    expect(await stores.me.ofConversation(bob, left)).toBeUndefined();
  });
});
