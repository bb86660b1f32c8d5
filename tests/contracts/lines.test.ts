import { afterAll, beforeAll, expect, test } from "bun:test";
import { LINE_USERS_MAX, LINES_MAX, type Line } from "../../src/protocol/lines.ts";
import { type Change, changeEvent } from "../../src/server/log/changes.ts";
import type { PageQuery } from "../../src/server/log/log.ts";
import { Pages } from "../../src/server/log/pages.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("the lines of a conversation", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;
  let eve: number;
  beforeAll(async () => {
    stores = await openTestStores(mode);
    [ann, bob, eve] = [await stores.user("Ann"), await stores.user("Bob"), await stores.user("Eve")];
  });
  afterAll(() => stores.close());

  const group = () => stores.conversation([ann, bob, eve]);
  const send = async (id: string) => (await stores.log.append(stores.draft(id, ann, "text"))).message;
  const add = (id: string, userIds: number[], by?: number) =>
    stores.conversations.alter(id, ann, { kind: "add", userIds, max: 10_000, ...(by === undefined ? {} : { by }) });
  const rename = (id: string, name: string | null, by = bob) =>
    stores.conversations.alter(id, by, { kind: "rename", name });
  const pageOf = (id: string, query: Partial<PageQuery> = {}) =>
    new Pages(stores.log, undefined).read(id, { limit: 50, ...query });
  const linesOf = async (id: string, query: Partial<PageQuery> = {}): Promise<Line[]> =>
    (await pageOf(id, query)).lines.map((text) => JSON.parse(text));

  test("tell who did what to whom, between the right messages", async () => {
    const id = await group();
    const [carl, dora] = [await stores.user("Carl"), await stores.user("Dora")];
    await add(id, [carl, dora]);
    await send(id);
    await add(id, [await stores.user("Fay")], undefined);
    await rename(id, "Friends");
    const { id: messageId } = await send(id);
    await stores.conversations.alter(id, ann, { kind: "remove", userId: carl });
    await stores.conversations.alter(id, dora, { kind: "remove", userId: dora });
    for (const on of [true, true, false])
      await stores.log.mark({ conversationId: id, userId: eve, messageId, kind: "pin", value: { on } });
    await stores.log.amend(id, ann, messageId, "edited");

    const at = expect.any(String);
    const by = (user_id: number, user_name: string) => ({ user_id, user_name, at });
    const people = (...users: [number, string][]) => ({
      users: users.map(([one, full_name]) => ({ id: one, full_name })),
      user_count: users.length,
    });
    const lines = await linesOf(id);
    expect(lines).toEqual([
      {
        after_seq: 0,
        version: 1,
        kind: "members_added",
        ...by(ann, "Ann Body"),
        ...people([carl, "Carl Body"], [dora, "Dora Body"]),
      },
      {
        after_seq: 1,
        version: 3,
        kind: "members_added",
        ...by(ann, "Ann Body"),
        ...people([expect.any(Number), "Fay Body"]),
      },
      { after_seq: 1, version: 4, kind: "renamed", ...by(bob, "Bob Body"), ...people(), name: "Friends" },
      { after_seq: 2, version: 6, kind: "members_removed", ...by(ann, "Ann Body"), ...people([carl, "Carl Body"]) },
      { after_seq: 2, version: 7, kind: "members_removed", ...by(dora, "Dora Body"), ...people([dora, "Dora Body"]) },
      { after_seq: 2, version: 8, kind: "pinned", ...by(eve, "Eve Body"), ...people(), message_seq: 2 },
    ]);
    // A line is in no count.
    expect(await pageOf(id)).toMatchObject({ messages: { length: 2 }, total: 2, linesCut: false });
    // Frames have the same lines, live and in a replay.
    const replayed = (await stores.log.changes(id, 0, 7, 10)) as Change[];
    const shown = replayed.flatMap((change) => JSON.parse(changeEvent(change).frame).line ?? []);
    expect(shown).toEqual(lines.filter(({ kind }) => kind !== "pinned"));
  });

  test("are each in one page, whatever the cursor", async () => {
    const id = await group();
    for (let i = 0; i < 9; i++) {
      await rename(id, `name ${i}`);
      await rename(id, `other ${i}`, ann);
      await send(id);
    }
    await rename(id, "last");
    const all = await linesOf(id);
    expect(all).toHaveLength(19);
    for (const limit of [1, 2, 4]) {
      const back: Line[] = [];
      for (let before = 10; before > 1; before -= limit)
        back.unshift(...(await linesOf(id, { limit, beforeSeq: before })));
      expect(back).toEqual(all);
      const forth: Line[] = [];
      for (let after = 0; after < 9; after += limit) forth.push(...(await linesOf(id, { limit, afterSeq: after })));
      expect(forth).toEqual(all);
    }
    const around = await linesOf(id, { limit: 3, aroundSeq: 5 });
    expect(around).toEqual(all.filter(({ after_seq }) => after_seq >= 4 && after_seq <= 6));
    for (const empty of [{ beforeSeq: 1 }, { afterSeq: 9 }]) expect(await linesOf(id, empty)).toEqual([]);
  });

  test("of a group without messages are in its page", async () => {
    const id = await group();
    await rename(id, "Silent");
    expect(await linesOf(id)).toMatchObject([{ after_seq: 0, kind: "renamed", name: "Silent" }]);
    await rename(id, null);
    expect(await linesOf(id)).toMatchObject([{}, { name: null }]);
  });

  test("have the names of today", async () => {
    const id = await group();
    const gil = await stores.user("Gil");
    await add(id, [gil], gil);
    expect(await linesOf(id)).toMatchObject([
      { user_id: gil, user_name: "Gil Body", users: [{ full_name: "Gil Body" }] },
    ]);
    await stores.query("UPDATE users SET first_name = 'Gilda' WHERE id = $1", [gil]);
    stores.filling.names.forget(gil);
    expect(await linesOf(id)).toMatchObject([{ user_name: "Gilda Body", users: [{ full_name: "Gilda Body" }] }]);
  });

  test("of one page are few, however many changes and people there are", async () => {
    const id = await group();
    await send(id);
    const people = await Promise.all(Array.from({ length: LINE_USERS_MAX + 5 }, () => stores.user()));
    await add(id, people);
    expect((await linesOf(id))[0]).toMatchObject({ users: { length: LINE_USERS_MAX }, user_count: LINE_USERS_MAX + 5 });
    const { lastVersion = 0 } = (await stores.log.head(id)) ?? {};
    await stores.query(
      `INSERT INTO changes (conversation_id, version, last_seq, kind, name)
       SELECT $1, $2::bigint + n, 1, 'renamed', 'name ' || n FROM generate_series(1, 10000) n`,
      [id, lastVersion],
    );
    await stores.query("UPDATE conversations SET last_version = last_version + 10000 WHERE id = $1", [id]);
    await send(id);
    const page = await pageOf(id);
    expect(page.linesCut).toBe(true);
    const lines = await linesOf(id);
    expect(lines).toHaveLength(LINES_MAX);
    expect(lines.at(-1)).toMatchObject({ name: "name 10000", users: [] });
  });

  test("name nobody when an older release wrote them", async () => {
    const id = await group();
    await send(id);
    await stores.query(
      `INSERT INTO changes (conversation_id, version, last_seq, added, removed, name)
       VALUES ($1, 2, 1, ARRAY[$2::int], '{}', NULL), ($1, 3, 1, '{}', ARRAY[$2::int], NULL), ($1, 4, 1, '{}', '{}', 'Old')`,
      [id, bob],
    );
    await stores.query("UPDATE conversations SET last_version = 4 WHERE id = $1", [id]);
    const lines = await linesOf(id);
    expect(lines).toMatchObject([
      { kind: "members_added", users: [{ id: bob }] },
      { kind: "members_removed", users: [{ id: bob }] },
      { kind: "renamed", name: "Old" },
    ]);
    for (const line of lines) expect(line).not.toHaveProperty("user_id");
  });

  test("go with the messages that retention removes", async () => {
    const id = await group();
    await rename(id, "first");
    await send(id);
    await rename(id, "second");
    await send(id);
    await rename(id, "third");
    await stores.query(
      "UPDATE messages SET created_at = now() - interval '2 hours' WHERE conversation_id = $1 AND seq = 1",
      [id],
    );
    await stores.query("UPDATE conversations SET oldest_at = now() - interval '2 hours' WHERE id = $1", [id]);
    await stores.log.prune(3_600_000);
    expect((await linesOf(id)).map(({ name }) => name)).toEqual(["second", "third"]);
  });
});
