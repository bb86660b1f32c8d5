import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { KnownChange } from "../../src/server/log/changes.ts";
import type { Mark } from "../../src/server/log/mark.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("marks on messages", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    ann = await stores.user("Ann");
    bob = await stores.user("Bob");
  });
  afterAll(() => stores.close());

  const group = async () => stores.conversation([ann, bob, await stores.user()]);
  const send = async (id: string, fields?: Record<string, unknown>) =>
    (await stores.log.append({ ...stores.draft(id, ann, "Lunch?"), ...(fields ? { fields } : {}) })).message;
  const react = (message: Message, userId: number, emoji: string, on = true) =>
    mark(message, userId, { kind: "reaction", value: { emoji, on } });
  const mark = (message: Message, userId: number | null, what: Pick<Mark, "kind" | "value">) =>
    stores.log.mark({ conversationId: message.conversation_id, messageId: message.id, userId, ...what } as Mark);
  const fieldsOf = async (message: Message) => {
    const { messages } = await stores.log.page(message.conversation_id, { limit: 100 });
    return messages.find(({ id }) => id === message.id) as Message & Record<string, unknown>;
  };
  const versionOf = async (id: string) => (await stores.log.head(id))?.lastVersion;

  test("a reaction takes a version, and a repeat takes none", async () => {
    const id = await group();
    const message = await send(id);
    const first = await react(message, bob, "👍");
    expect(first.change).toMatchObject({
      kind: "message_edited",
      version: 2,
      lastSeq: 1,
      change: { kind: "reaction", user_id: bob, emoji: "👍", on: true },
    });
    expect(await react(message, bob, "👍")).toMatchObject({ change: undefined, lastVersion: 2 });
    expect(await versionOf(id)).toBe(2);
    expect((await fieldsOf(message))["reactions"]).toEqual([{ emoji: "👍", count: 1, user_ids: [bob] }]);
    await react(message, bob, "👍", false);
    expect(await react(message, bob, "👍", false)).toMatchObject({ change: undefined, lastVersion: 3 });
    expect(await fieldsOf(message)).not.toHaveProperty("reactions");
    const [row] = await stores.query<{ fields: unknown }>("SELECT fields FROM messages WHERE id = $1", [message.id]);
    expect(row?.fields).toBeNull();
  });

  test("marks of one batch each take a version, and the replay tells them apart", async () => {
    const id = await group();
    const message = await send(id);
    const marked = await Promise.all([
      react(message, ann, "👍"),
      react(message, bob, "👍"),
      react(message, bob, "🎉"),
      react(message, ann, "👍", false),
      mark(message, bob, { kind: "pin", value: { on: true } }),
    ]);
    expect(marked.map(({ lastVersion }) => lastVersion)).toEqual([2, 3, 4, 5, 6]);
    const now = await fieldsOf(message);
    expect(now["reactions"]).toEqual([
      { emoji: "👍", count: 1, user_ids: [bob] },
      { emoji: "🎉", count: 1, user_ids: [bob] },
    ]);
    expect(now["pinned"]).toMatchObject({ user_id: bob });
    const replayed = (await stores.log.changes(id, 1, 6, 10)) as KnownChange<"message_edited">[];
    expect(replayed.map(({ change }) => change?.kind)).toEqual(["reaction", "reaction", "reaction", "reaction", "pin"]);
    for (const { message: shown } of replayed) expect(shown).toEqual(now);
  });

  test("sends and marks at once leave no hole", async () => {
    const id = await group();
    const message = await send(id);
    await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        i % 3 === 0
          ? stores.log.append(stores.draft(id, ann, `${i}`))
          : react(message, i % 2 ? ann : bob, `e${i % 15}`),
      ),
    );
    const head = await versionOf(id);
    expect(await stores.log.changes(id, 0, head ?? 0, 1_000)).toHaveLength(head ?? 0);
    expect((await stores.log.head(id))?.lastSeq).toBe(101);
  });

  test("strangers, unknown messages and deleted ones are refused", async () => {
    const id = await group();
    const message = await send(id);
    const stranger = await stores.user();
    await expect(react(message, stranger, "👍")).rejects.toMatchObject({ reason: "not_a_participant" });
    await expect(react({ ...message, id: crypto.randomUUID() }, bob, "👍")).rejects.toMatchObject({
      reason: "message_not_found",
    });
    await expect(react({ ...message, conversation_id: await group() }, bob, "👍")).rejects.toMatchObject({
      reason: "message_not_found",
    });
    await expect(react({ ...message, conversation_id: crypto.randomUUID() }, bob, "👍")).rejects.toMatchObject({
      reason: "conversation_not_found",
    });
    await stores.log.amend(id, ann, message.id, null);
    await expect(react(message, bob, "👍")).rejects.toMatchObject({ reason: "message_deleted" });
  });

  test("a message has at most 20 different emoji, and more people may use those", async () => {
    const id = await group();
    const message = await send(id);
    for (let i = 0; i < 20; i++) await react(message, ann, `e${i}`);
    await expect(react(message, bob, "another")).rejects.toMatchObject({ reason: "too_many_reactions" });
    await react(message, bob, "e7");
    const reactions = (await fieldsOf(message))["reactions"] as { emoji: string; count: number }[];
    expect(reactions.map(({ emoji }) => emoji)).toEqual(Array.from({ length: 20 }, (_, i) => `e${i}`));
    expect(reactions[7]?.count).toBe(2);
  });

  test("a deletion takes the marks, and leaves the thread", async () => {
    const id = await group();
    const message = await send(id);
    const thread = { id: crypto.randomUUID(), replies: 2, last_reply_at: "2026-01-01T00:00:00.000Z", recent: [bob] };
    await react(message, bob, "👍");
    await mark(message, bob, { kind: "pin", value: { on: true } });
    await mark(message, null, { kind: "thread", value: thread });
    expect(await mark(message, null, { kind: "thread", value: thread })).toMatchObject({ change: undefined });
    await stores.log.amend(id, ann, message.id, null);
    const now = await fieldsOf(message);
    expect(now).not.toHaveProperty("reactions");
    expect(now).not.toHaveProperty("pinned");
    expect(now["thread"]).toEqual(thread);
    for (const table of ["reactions", "pins"])
      expect(await stores.query(`SELECT FROM ${table} WHERE conversation_id = $1`, [id])).toEqual([]);
  });
});
