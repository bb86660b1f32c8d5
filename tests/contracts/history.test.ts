import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Change } from "../../src/server/log/changes.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("tags and the epoch", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    ann = await stores.user("Ann");
    bob = await stores.user("Bob");
  });
  afterAll(() => stores.close());

  const say = async (id: string, content: string) => (await stores.log.append(stores.draft(id, ann, content))).message;

  /** Versions 1–8: three messages, an edit, a deletion, a new name, somebody new, a message. */
  async function lively() {
    const id = await stores.conversation([ann, bob, await stores.user()]);
    const [first, second] = [await say(id, "1"), await say(id, "2"), await say(id, "3")];
    await stores.log.amend(id, ann, first.id, "edited");
    await stores.log.amend(id, ann, second.id, null);
    await stores.conversations.alter(id, ann, { kind: "rename", name: "Lively" });
    await stores.conversations.alter(id, ann, { kind: "add", userIds: [await stores.user()], max: 10 });
    await say(id, "8");
    return id;
  }
  const changesOf = async (id: string) => (await stores.log.changes(id, 0, 8, 100)) as Change[];
  const tagAt = async (id: string, version: number) => (await stores.memberships.standing(id, ann, version))?.tagThere;
  const tagsOf = async (id: string) => (await changesOf(id)).map(({ tag }) => tag);

  /** Every way to read the tags of the conversation gives the same ones. */
  async function expectOneTruth(id: string) {
    const tags = await tagsOf(id);
    expect(new Set(tags).size).toBe(8);
    for (const [i, tag] of tags.entries()) expect([i, await tagAt(id, i + 1)]).toEqual([i, tag]);
    const head = await stores.log.head(id);
    expect(head?.tag).toBe(tags[7] ?? null);
    expect((await stores.log.page(id, { limit: 2 })).head).toEqual(head as NonNullable<typeof head>);
    const places = await stores.log.places([{ conversationId: id, from: 0, to: 9 }]);
    expect(places.get(id)).toEqual({
      head: head as NonNullable<typeof head>,
      prunedVersion: 0,
      tags: [null, ...tags, null],
    });
  }

  describe("the tag at a version", () => {
    test("is the message's id, or the change's own, in every answer", async () => {
      const id = await lively();
      await expectOneTruth(id);
      for (const change of await changesOf(id))
        if (change.kind === "message") expect(change.tag).toBe(change.message.id);
    });

    test("is the same in the answer to a write as in the log", async () => {
      const id = await lively();
      const { change } = await stores.log.amend(id, ann, (await say(id, "9")).id, "edited");
      expect(await tagAt(id, 10)).toBe(change?.tag ?? "none");
      const altered = await stores.altered(id, ann, { kind: "rename", name: "Other" });
      expect(await tagAt(id, 11)).toBe(altered.change?.tag ?? "none");
    });

    test("is derived for rows that are older than tags, whatever the session's settings are", async () => {
      const id = await lively();
      await stores.query("UPDATE changes SET tag = NULL WHERE conversation_id = $1", [id]);
      await expectOneTruth(id);
      const settings = "set_config('DateStyle', 'SQL, DMY', true), set_config('TimeZone', 'Pacific/Chatham', true)";
      const [row] = await stores.query<{ tag: string }>(`SELECT ${settings}, confab_tag($1, 6) AS tag`, [id]);
      expect(row?.tag).toBe((await tagsOf(id))[5]);
    });

    test("exists for changes that a node of the last release writes", async () => {
      const id = await lively();
      const { id: messageId } = await say(id, "9");
      await stores.query("SELECT outcome FROM confab_amend($1, $2, $3, $4)", [
        id,
        ann,
        messageId,
        "as the last release edits",
      ]);
      await stores.query(
        `INSERT INTO changes (conversation_id, version, last_seq, added, removed, name)
         VALUES ($1, 11, 5, '{}', '{}', 'as the last release renames')`,
        [id],
      );
      await stores.query("UPDATE conversations SET last_version = 11 WHERE id = $1", [id]);
      const changes = (await stores.log.changes(id, 9, 11, 10)) as Change[];
      expect(changes.map(({ kind }) => kind)).toEqual(["message_edited", "renamed"]);
      for (const { version, tag } of changes) expect(await tagAt(id, version)).toBe(tag);
    });

    test("is null beyond the newest change and for removed ones, and known right after those", async () => {
      const id = await lively();
      await stores.query(
        "UPDATE messages SET created_at = now() - interval '2 days' WHERE conversation_id = $1 AND seq <= 3",
        [id],
      );
      await stores.query("UPDATE conversations SET oldest_at = now() - interval '2 days' WHERE id = $1", [id]);
      const tags = await tagsOf(id);
      const pruned: [string, number][] = [];
      await stores.log.prune(86_400_000, (conversationId, prunedSeq) => pruned.push([conversationId, prunedSeq]));
      expect(pruned).toEqual([[id, 3]]);
      for (const version of [1, 2, 3, 9, 1_000]) expect(await tagAt(id, version)).toBe(null);
      for (const version of [4, 5, 6, 7, 8]) expect(await tagAt(id, version)).toBe(tags[version - 1] ?? null);
    });

    test("that differs from the log's gives the answer `other_history`", async () => {
      const id = await lively();
      const tags = await tagsOf(id);
      for (let after = 1; after < 8; after++) {
        expect(await stores.log.changes(id, after, 8, 10, tags[after - 1])).toHaveLength(8 - after);
        expect(await stores.log.changes(id, after, 8, 10, crypto.randomUUID())).toBe("other_history");
        expect(await stores.log.changes(id, after, 8, 10, null)).toHaveLength(8 - after);
      }
    });
  });

  describe("a look at the database", () => {
    const look = async (conversationId: string, version: number, tag: string) =>
      (await stores.history.look([{ conversationId, version, tag }])).isContradicted;

    test("finds no contradiction in existing changes", async () => {
      const id = await lively();
      for (const { version, tag } of await changesOf(id)) expect(await look(id, version, tag)).toBe(false);
      expect((await stores.history.look([])).isContradicted).toBe(false);
    });

    test("finds a changed change, a missing change, and a conversation that does not exist", async () => {
      const id = await lively();
      const [tag = ""] = await tagsOf(id);
      for (let version = 1; version <= 9; version++) expect(await look(id, version, crypto.randomUUID())).toBe(true);
      expect(await look(id, 1, tag)).toBe(false);
      expect(await look(crypto.randomUUID(), 1, tag)).toBe(true);
    });

    test("is not contradicted when an admin or retention has removed the change", async () => {
      const [removed, pruned] = [await lively(), await lively()];
      const [tag = ""] = await tagsOf(removed);
      await stores.admin.conversations.remove(null, removed);
      expect(await look(removed, 1, tag)).toBe(false);
      await stores.query("UPDATE messages SET created_at = now() - interval '2 days' WHERE conversation_id = $1", [
        pruned,
      ]);
      await stores.query("UPDATE conversations SET oldest_at = now() - interval '2 days' WHERE id = $1", [pruned]);
      const tags = await tagsOf(pruned);
      await stores.log.prune(86_400_000);
      for (const [i, was] of tags.entries()) expect(await look(pruned, i + 1, was)).toBe(false);
    });

    test("finds that the database is elsewhere, and only one of many nodes renews the epoch", async () => {
      const { epoch } = await stores.history.look([]);
      await stores.query("UPDATE history SET place = 'elsewhere'", []);
      expect(await stores.history.look([])).toEqual({ epoch, isContradicted: true });
      const renewed = await Promise.all(Array.from({ length: 5 }, () => stores.history.renew(epoch)));
      expect(new Set(renewed).size).toBe(1);
      expect(renewed[0]).not.toBe(epoch);
      expect(await stores.history.look([])).toEqual({ epoch: renewed[0] ?? "", isContradicted: false });
    });
  });
});
