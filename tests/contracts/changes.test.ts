import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Change, changeEvent } from "../../src/server/log/changes.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("the kind of a change", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;
  let carl: number;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    [ann, bob, carl] = [await stores.user("Ann"), await stores.user("Bob"), await stores.user("Carl")];
  });
  afterAll(() => stores.close());

  const KINDS: Change["kind"][] = [
    "message",
    "message_edited",
    "message",
    "message_deleted",
    "renamed",
    "members_added",
    "members_removed",
  ];

  /** A change of each kind that a group's members make. */
  async function lively(): Promise<string> {
    const id = await stores.conversation([ann, bob, await stores.user()]);
    for (const content of ["edited", null]) {
      const { message } = await stores.log.append(stores.draft(id, ann, "first"));
      await stores.log.amend(id, ann, message.id, content);
    }
    await stores.conversations.alter(id, ann, { kind: "rename", name: "Lively" });
    await stores.conversations.alter(id, ann, { kind: "add", userIds: [carl], max: 10 });
    await stores.conversations.alter(id, ann, { kind: "remove", userId: carl });
    return id;
  }
  const changesOf = async (id: string, upTo = KINDS.length) => (await stores.log.changes(id, 0, upTo, 100)) as Change[];

  test("is written with it, and its replay has the same frame as its announcement", async () => {
    const id = await lively();
    expect((await changesOf(id)).map(({ kind }) => kind)).toEqual(KINDS);
    const rows = await stores.query<{ kind: string; name: string | null }>(
      "SELECT kind, name FROM changes WHERE conversation_id = $1 AND message_seq IS NULL ORDER BY version",
      [id],
    );
    // Nodes of release 1 read the name of every row without a message.
    expect(rows).toEqual(KINDS.slice(4).map((kind) => ({ kind, name: "Lively" })));
    const { change } = await stores.altered(id, ann, { kind: "rename", name: "Other" });
    if (!change) throw new Error("nothing was renamed");
    expect(changeEvent(change).frame).toBe(changeEvent((await changesOf(id, 8))[7] as Change).frame);
  });

  test("of a row of release 1 follows from its other columns", async () => {
    const id = await lively();
    await stores.query("UPDATE changes SET kind = NULL WHERE conversation_id = $1", [id]);
    expect((await changesOf(id)).map(({ kind }) => kind)).toEqual(KINDS);
  });

  test("that only a newer release knows still moves a client's cursor", async () => {
    const id = await lively();
    await stores.query(
      `INSERT INTO changes (conversation_id, version, last_seq, kind, payload, name)
       VALUES ($1, 8, 2, 'pinned', '{"message_seq": 1}', 'Lively')`,
      [id],
    );
    await stores.query("UPDATE conversations SET last_version = 8 WHERE id = $1", [id]);
    await stores.log.append(stores.draft(id, ann, "next"));
    const changes = await changesOf(id, 9);
    expect(changes.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const pinned = changes[7] as Change;
    expect(JSON.parse(changeEvent(pinned).frame)).toEqual({
      type: "change",
      conversation_id: id,
      version: 8,
      tag: pinned.tag,
      kind: "pinned",
    });
    expect(changeEvent(pinned)).not.toHaveProperty("message");
  });
});
