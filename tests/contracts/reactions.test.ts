import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { Message } from "../../src/protocol/messages.ts";
import type { Reactions } from "../../src/protocol/reactions.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

setDefaultTimeout(120_000);

const EMOJI = ["👍", "🎉", "👀", "🙏", "🔥", "❤️", "😂"];

inEachDatabase("the reactions of a message", (mode) => {
  let stores: TestStores;
  let people: number[];

  beforeAll(async () => {
    stores = await openTestStores(mode);
    people = [];
    for (let i = 0; i < 60; i++) people.push(await stores.user(i === 0 ? "Ann" : undefined));
  });
  afterAll(() => stores.close());

  async function fresh() {
    const conversationId = await stores.conversation(people);
    const { message } = await stores.log.append(stores.draft(conversationId, people[0] ?? 0, "Lunch?"));
    const react = (who: number, emoji: string, on = true) =>
      stores.log.mark({
        conversationId,
        messageId: message.id,
        userId: people[who] ?? 0,
        kind: "reaction",
        value: { emoji, on },
      });
    const shown = async () => {
      const { messages } = await stores.log.page(conversationId, { limit: 1 });
      return (messages[0] as Message).reactions ?? [];
    };
    return { conversationId, messageId: message.id, react, shown };
  }

  /** The same from the rows: the people of each emoji by time. */
  async function truthOf(conversationId: string) {
    const rows = await stores.query<{ emoji: string; user_id: number }>(
      "SELECT emoji, user_id FROM reactions WHERE conversation_id = $1 ORDER BY at, user_id",
      [conversationId],
    );
    return Map.groupBy(rows, ({ emoji }) => emoji);
  }

  async function expectTrue(conversationId: string, shown: Reactions) {
    const truth = await truthOf(conversationId);
    const most = truth.size > 5 ? 10 : 50;
    expect(new Set(shown.map(({ emoji }) => emoji))).toEqual(new Set(truth.keys()));
    for (const { emoji, count, user_ids } of shown) {
      const ids = truth.get(emoji)?.map(({ user_id }) => user_id) ?? [];
      expect([emoji, count, user_ids]).toEqual([emoji, ids.length, ids.slice(0, most)]);
    }
  }

  test("are what people have set, whatever they set and take back at once", async () => {
    const { conversationId, react, shown } = await fresh();
    const step = fc.tuple(fc.nat(59), fc.constantFrom(...EMOJI), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80 }), async (steps) => {
        await Promise.all(steps.map(([who, emoji, on]) => react(who, emoji, on)));
        await expectTrue(conversationId, await shown());
      }),
      { numRuns: mode === "embedded" ? 8 : 30 },
    );
  });

  test("name the first 50 people, and the next one when one of them goes", async () => {
    const { conversationId, react, shown } = await fresh();
    await Promise.all(people.map((_, who) => react(who, "👍")));
    expect(await shown()).toMatchObject([{ emoji: "👍", count: 60, user_ids: people.slice(0, 50) }]);
    await react(3, "👍", false);
    const ids = people.filter((_, who) => who !== 3);
    expect(await shown()).toMatchObject([{ emoji: "👍", count: 59, user_ids: ids.slice(0, 50) }]);
    await react(3, "👍");
    await Promise.all(EMOJI.slice(1, 6).map((emoji) => react(7, emoji)));
    expect((await shown())[0]).toMatchObject({ count: 60, user_ids: ids.slice(0, 10) });
    await react(7, "❤️", false);
    expect((await shown())[0]).toMatchObject({ count: 60, user_ids: ids.slice(0, 50) });
    await expectTrue(conversationId, await shown());
  });

  test("keep their places when the first person goes", async () => {
    const { react, shown } = await fresh();
    await react(0, "👍");
    await react(1, "🎉");
    await react(2, "👍");
    await react(0, "👍", false);
    expect((await shown()).map(({ emoji }) => emoji)).toEqual(["👍", "🎉"]);
    await react(2, "👍", false);
    await react(2, "👍");
    expect((await shown()).map(({ emoji }) => emoji)).toEqual(["🎉", "👍"]);
  });

  test("keep those of a person who is removed", async () => {
    const { conversationId, react, shown } = await fresh();
    await react(5, "👍");
    const removal = { kind: "remove" as const, userId: people[5] ?? 0 };
    await stores.conversations.alter(conversationId, people[0] ?? 0, removal);
    expect(await shown()).toMatchObject([{ emoji: "👍", count: 1, user_ids: [people[5]] }]);
    await expect(react(5, "👍", false)).rejects.toMatchObject({ reason: "not_a_participant" });
  });

  test("are listed by page, with today's names, each person once", async () => {
    const { conversationId, messageId, react } = await fresh();
    const store = stores.reactions;
    await Promise.all(people.map((_, who) => react(who, "👍")));
    await Promise.all([4, 2, 9].map((who) => react(who, "🎉")));
    const listed: { user_id: number; emoji: string }[] = [];
    let after: Awaited<ReturnType<typeof store.reacted>>["next"];
    do {
      const page = await store.reacted(conversationId, messageId, { emoji: undefined, after, limit: 13 });
      expect(page.people.length).toBeLessThanOrEqual(13);
      listed.push(...page.people);
      after = page.next;
    } while (after);
    expect(listed).toHaveLength(63);
    const of = (emoji: string) => listed.filter((one) => one.emoji === emoji).map(({ user_id }) => user_id);
    expect(of("👍")).toEqual(people);
    expect(of("🎉")).toEqual([4, 2, 9].map((who) => people[who] ?? 0));
    const { people: some } = await store.reacted(conversationId, messageId, { emoji: "🎉", after, limit: 2 });
    expect(some.map(({ user_id, emoji }) => [user_id, emoji])).toEqual([
      [people[4] ?? 0, "🎉"],
      [people[2] ?? 0, "🎉"],
    ]);
    expect(some[0]?.full_name).toContain(" ");
    const none = await fresh();
    const query = { emoji: undefined, after: undefined, limit: 13 };
    expect(await store.reacted(none.conversationId, none.messageId, query)).toEqual({ people: [], next: undefined });
    await expect(store.reacted(none.conversationId, messageId, query)).rejects.toMatchObject({
      reason: "message_not_found",
    });
  });

  test("of one person are listed by message", async () => {
    const { conversationId, messageId, react } = await fresh();
    const mark = { conversationId, userId: people[1] ?? 0, kind: "reaction" as const };
    await react(1, "👍");
    await react(1, "🎉");
    await react(2, "👀");
    const own = [{ message_id: messageId, seq: 1, emoji: ["👍", "🎉"] }];
    for (let i = 0; i < 3; i++) {
      const { message } = await stores.log.append(stores.draft(conversationId, people[0] ?? 0, `${i}`));
      await stores.log.mark({ ...mark, messageId: message.id, value: { emoji: "👍", on: true } });
      own.push({ message_id: message.id, seq: message.seq, emoji: ["👍"] });
    }
    const mine = (afterSeq: number, beforeSeq?: number, limit = 100) =>
      stores.reactions.mine(conversationId, people[1] ?? 0, { afterSeq, beforeSeq, limit });
    expect(await mine(0)).toEqual(own);
    expect(await mine(1, 4)).toEqual(own.slice(1, 3));
    expect(await mine(0, undefined, 2)).toEqual(own.slice(0, 2));
  });
});
