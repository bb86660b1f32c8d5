import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

setDefaultTimeout(60_000);

interface Written {
  user_ids: number[];
  scope?: "here" | "all";
  here?: number[];
}

inEachDatabase("mentions", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;
  let cid: number;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    ann = await stores.user("Ann");
    bob = await stores.user("Bob");
    cid = await stores.user("Cid");
  });
  afterAll(() => stores.close());

  const group = () => stores.conversation([ann, bob, cid]);
  const fieldsOf = ({ user_ids, scope }: Written) => ({ mentions: { user_ids, scope } });
  const send = async (id: string, mentions?: Written, sender = ann): Promise<Message> => {
    const draft = stores.draft(id, sender, "Lunch?");
    const { message } = await stores.log.append(mentions ? { ...draft, mentions, fields: fieldsOf(mentions) } : draft);
    return message;
  };
  const edit = (message: Message, content: string | null, mentions?: Written) =>
    stores.log.amend(message.conversation_id, ann, message.id, content, mentions);
  /** The same number from each place that has it. */
  const countOf = async (userId: number, id: string): Promise<number | undefined> => {
    const one = (await stores.conversations.summary(userId, id))?.mentionCount;
    const some = (await stores.conversations.summariesOf(userId, [id]))[0]?.mentionCount;
    const listed = await stores.conversations.summaries(userId, { limit: 100, offset: 0 });
    const inList = listed.rows.find((row) => row.id === id)?.mentionCount;
    const standing = (await stores.memberships.standing(id, userId))?.mentionCount;
    expect([some, inList, standing]).toEqual([one, one, one]);
    return one;
  };
  const listed = async (userId: number, id: string, unread = false) =>
    (await stores.mentions.list(userId, { before: undefined, limit: 100, conversationId: id, unread })).map(
      ({ seq }) => seq,
    );
  const age = (message: Message, minutes: number) =>
    stores.query("UPDATE messages SET created_at = created_at - $1 * interval '1 minute' WHERE id = $2", [
      minutes,
      message.id,
    ]);

  test("count the unread messages, until they are read", async () => {
    const id = await group();
    await send(id, { user_ids: [bob, cid] });
    await send(id);
    await send(id, { user_ids: [bob] });
    expect(await Promise.all([countOf(bob, id), countOf(cid, id), countOf(ann, id)])).toEqual([2, 1, 0]);
    await stores.memberships.markRead(id, bob, 1);
    expect(await countOf(bob, id)).toBe(1);
    await stores.memberships.markRead(id, bob, undefined);
    expect(await countOf(bob, id)).toBe(0);
    expect(await listed(bob, id)).toEqual([3, 1]);
    expect(await listed(cid, id, true)).toEqual([1]);
    expect(await listed(ann, id)).toEqual([]);
  });

  test("of strangers, of people who left and of the sender do not count", async () => {
    const id = await group();
    const stranger = await stores.user("Dee");
    await stores.conversations.alter(id, ann, { kind: "remove", userId: cid });
    await send(id, { user_ids: [stranger, cid, ann, bob] });
    const rows = await stores.query<{ user_id: number }>("SELECT user_id FROM mentions WHERE conversation_id = $1", [
      id,
    ]);
    expect(rows.map(({ user_id }) => user_id)).toEqual([bob]);
  });

  test("of everybody reach all members but the sender", async () => {
    const id = await group();
    await send(id, { user_ids: [bob], scope: "all" });
    expect(await Promise.all([ann, bob, cid].map((userId) => countOf(userId, id)))).toEqual([0, 1, 1]);
  });

  test("of everybody online reach those who are", async () => {
    const id = await group();
    await send(id, { user_ids: [], scope: "here", here: [cid, ann] });
    expect(await Promise.all([ann, bob, cid].map((userId) => countOf(userId, id)))).toEqual([0, 0, 1]);
  });

  test("of everybody in a large group are one row, and are counted all the same", async () => {
    const members: number[] = [];
    // One by one: so many at once would wait too long in an embedded database.
    for (let n = 0; n < 101; n++) members.push(await stores.user());
    const id = await stores.conversation([ann, bob, ...members]);
    await send(id, { user_ids: [bob], scope: "all" });
    await send(id, { user_ids: [bob] });
    await send(id, { user_ids: [], scope: "all" }, bob);
    const last = members.at(-1) ?? 0;
    expect(await stores.query("SELECT seq FROM mentions WHERE conversation_id = $1", [id])).toHaveLength(1);
    // Ann and Bob have read up to their own messages.
    expect(await Promise.all([ann, bob, last].map((userId) => countOf(userId, id)))).toEqual([1, 0, 2]);
    expect(await listed(bob, id)).toEqual([2, 1]);
    expect(await listed(ann, id)).toEqual([3]);
    const late = await stores.user("Late");
    await stores.conversations.alter(id, ann, { kind: "add", userIds: [late], max: 200 });
    expect(await countOf(late, id)).toBe(0);
  });

  test("go with a deleted message and with a new text", async () => {
    const id = await group();
    const first = await send(id, { user_ids: [bob] });
    const second = await send(id, { user_ids: [bob], scope: "all" });
    await edit(first, null);
    const { message } = await edit(second, "nobody");
    expect(message).not.toHaveProperty("mentions");
    expect(await Promise.all([bob, cid].map((userId) => countOf(userId, id)))).toEqual([0, 0]);
    expect(await stores.query("SELECT seq FROM mentions WHERE conversation_id = $1", [id])).toEqual([]);
  });

  describe("that an edit adds", () => {
    test("count within five minutes", async () => {
      const message = await send(await group(), { user_ids: [bob] });
      const edited = await edit(message, "both", { user_ids: [bob, cid] });
      expect(edited.message.mentions).toEqual({ user_ids: [bob, cid], names: ["Bob Body", "Cid Body"] });
      expect(await countOf(cid, message.conversation_id)).toBe(1);
      expect(await countOf(bob, message.conversation_id)).toBe(1);
    });

    test("do not count later, and those that stay do", async () => {
      const message = await send(await group(), { user_ids: [bob] });
      await age(message, 6);
      const edited = await edit(message, "both", { user_ids: [bob, cid], scope: "all" });
      expect(edited.message.mentions).toEqual({ user_ids: [bob], names: ["Bob Body"] });
      expect(await Promise.all([bob, cid].map((userId) => countOf(userId, message.conversation_id)))).toEqual([1, 0]);
      const removed = await edit(message, "cid alone", { user_ids: [cid] });
      expect(removed.message).not.toHaveProperty("mentions");
      expect(await countOf(bob, message.conversation_id)).toBe(0);
    });

    test("leave everybody online as they were", async () => {
      const message = await send(await group(), { user_ids: [], scope: "here", here: [cid] });
      await age(message, 6);
      await edit(message, "again", { user_ids: [], scope: "here", here: [bob] });
      expect(await Promise.all([bob, cid].map((userId) => countOf(userId, message.conversation_id)))).toEqual([0, 1]);
    });

    test("change nothing when the edit is refused", async () => {
      const message = await send(await group(), { user_ids: [bob] });
      await expect(
        stores.log.amend(message.conversation_id, bob, message.id, "mine", { user_ids: [cid] }),
      ).rejects.toThrow();
      expect(await edit(message, "Lunch?", { user_ids: [cid] })).toMatchObject({ change: undefined });
      expect(await Promise.all([bob, cid].map((userId) => countOf(userId, message.conversation_id)))).toEqual([1, 0]);
    });
  });

  test("go with retention", async () => {
    const id = await group();
    const message = await send(id, { user_ids: [bob] });
    await send(id, { user_ids: [bob] });
    await age(message, 60 * 24);
    await stores.query("UPDATE conversations SET oldest_at = now() - interval '1 day' WHERE id = $1", [id]);
    await stores.log.prune(3_600_000);
    expect(await countOf(bob, id)).toBe(1);
    expect(await stores.query("SELECT seq FROM mentions WHERE conversation_id = $1", [id])).toHaveLength(1);
  });

  test("in a batch belong to their own messages", async () => {
    const id = await group();
    await Promise.all([
      send(id, { user_ids: [bob] }),
      send(id),
      send(id, { user_ids: [cid] }),
      send(id, { user_ids: [bob] }),
      send(id, { user_ids: [], scope: "all" }),
    ]);
    expect(await Promise.all([bob, cid].map((userId) => countOf(userId, id)))).toEqual([3, 2]);
    expect(await listed(bob, id)).toEqual([5, 4, 1]);
  });

  test("survive a resend, which adds none", async () => {
    const id = await group();
    const draft = {
      ...stores.draft(id, ann, "again"),
      clientId: "c1",
      mentions: { user_ids: [bob] },
      fields: fieldsOf({ user_ids: [bob] }),
    };
    await stores.log.append(draft);
    const { first, message } = await stores.log.append({ ...draft, id: Bun.randomUUIDv7() });
    expect(first).toBe(false);
    expect(message.mentions).toEqual({ user_ids: [bob], names: ["Bob Body"] });
    expect(await countOf(bob, id)).toBe(1);
  });

  test("are in the totals of the list, but those of muted conversations are not", async () => {
    const reader = await stores.user("Reader");
    const loud = await stores.conversation([ann, bob, reader]);
    const quiet = await stores.conversation([ann, bob, reader]);
    await send(loud, { user_ids: [reader] });
    await send(quiet, { user_ids: [reader] });
    await stores.me.changeConversation(reader, quiet, { level: "nothing" });
    for (const search of ["", "ann"]) {
      const { rows, unread } = await stores.conversations.summaries(reader, { limit: 5, offset: 0, search });
      expect(unread.mentions).toBe(1);
      expect(rows.map(({ mentionCount }) => mentionCount)).toEqual([1, 1]);
    }
    await stores.me.changeConversation(reader, quiet, { level: "mentions" });
    expect((await stores.conversations.summaries(reader, { limit: 5, offset: 0 })).unread.mentions).toBe(2);
  });

  test("are listed newest first over all conversations, page by page, without those that the reader has left", async () => {
    const reader = await stores.user("Reader");
    const ids = await Promise.all([0, 1, 2].map(() => stores.conversation([ann, bob, reader])));
    const sent: string[] = [];
    for (let i = 0; i < 12; i++) {
      const { id } = await send(
        ids[i % 3] ?? "",
        i % 4 === 3 ? { user_ids: [], scope: "all" } : { user_ids: [reader] },
      );
      sent.unshift(id);
    }
    const found: string[] = [];
    for (let before: { ms: number; conversationId: string; seq: number } | undefined; ; ) {
      const page = await stores.mentions.list(reader, { before, limit: 5, conversationId: undefined, unread: false });
      found.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      if (page.length < 5 || !last) break;
      before = { ms: Date.parse(last.created_at), conversationId: last.conversation_id, seq: last.seq };
    }
    // Messages of one millisecond have no order of their own between conversations.
    expect(found.toSorted()).toEqual(sent.toSorted());
    await stores.conversations.alter(ids[0] ?? "", reader, { kind: "remove", userId: reader });
    const left = await stores.mentions.list(reader, {
      before: undefined,
      limit: 50,
      conversationId: undefined,
      unread: false,
    });
    expect(left).toHaveLength(8);
  });

  test("stand in the own streams of their people, the newest of each conversation", async () => {
    const id = await group();
    const before = await stores.me.heads([bob, ann, cid]);
    const first = await send(id, { user_ids: [bob] });
    const second = await send(id, { user_ids: [bob] });
    expect(await stores.mentions.writeEntries(second)).toEqual([bob]);
    // The first one is told later than the second one.
    expect(await stores.mentions.writeEntries(first)).toEqual([]);
    expect(await stores.mentions.writeEntries(second)).toEqual([]);
    const { entries } = await stores.me.entriesAfter(bob, before.get(bob) ?? 0, 10);
    expect(entries.map(({ kind, key, value }) => [kind, key, value])).toEqual([
      ["mention", id, { seq: second.seq, message_id: second.id }],
    ]);
    expect((await stores.me.heads([ann, cid])).get(cid)).toBe(before.get(cid) ?? 0);
  });

  test("that race for the same people take dense numbers and stop nobody", async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, group));
    const messages = await Promise.all(ids.map((id) => send(id, { user_ids: [], scope: "all" })));
    await Promise.all(messages.map((message) => stores.mentions.writeEntries(message)));
    const { entries } = await stores.me.entriesAfter(cid, 0, 1_000);
    const keys = new Set(entries.map(({ key }) => key));
    expect(ids.filter((id) => !keys.has(id))).toEqual([]);
    expect(new Set(entries.map(({ meVersion }) => meVersion)).size).toBe(entries.length);
  });
});
