import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { Change } from "../../src/server/log/changes.ts";
import { Names } from "../../src/server/log/names.ts";
import { Pages } from "../../src/server/log/pages.ts";
import type { Query } from "../../src/server/platform/postgres/database.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("the names in messages", (mode) => {
  let stores: TestStores;
  let pages: Pages;
  beforeAll(async () => {
    stores = await openTestStores(mode);
    pages = new Pages(stores.log, undefined);
  });
  afterAll(() => stores.close());

  const rename = async (id: number, first: string, isTold = true) => {
    await stores.query("UPDATE users SET first_name = $2, email = $2 || '@example.com' WHERE id = $1", [id, first]);
    if (isTold) stores.filling.names.forget(id);
  };
  const page = async (id: string): Promise<Message[]> =>
    (await pages.read(id, { limit: 50 })).messages.map((text) => JSON.parse(text));
  const namesIn = (messages: readonly Message[]) =>
    messages.map(({ sender_name, sender_email }) => [sender_name, sender_email]);
  const talk = async () => {
    const [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
    const id = await stores.conversation([ann, bob]);
    const { message } = await stores.log.append(stores.draft(id, ann, "one", "c1"));
    await stores.log.append({
      ...stores.draft(id, bob, 'two "sender_id":9,"content":', "c2"),
      fields: { reply_to: { id: message.id, seq: 1 } },
    });
    return { ann, bob, id, message };
  };
  let renamed = 0;
  const newName = () => `Renée "${++renamed}" \\`;

  test("are those of today in pages, replays, answers and the list after a rename", async () => {
    const { ann, bob, id, message } = await talk();
    expect(namesIn(await page(id))[0]?.[0]).toBe("Ann Body");
    const first = newName();
    await rename(ann, first);
    const now = [`${first} Body`, `${first}@example.com`];

    const shown = await page(id);
    expect(namesIn(shown)).toEqual([now, ["Bob Body", expect.any(String)]]);
    expect(shown[1]).toMatchObject({
      content: 'two "sender_id":9,"content":',
      reply_to: { sender_name: now[0], excerpt: "one" },
    });
    expect((await stores.log.page(id, { limit: 50 })).messages).toEqual(shown);
    const replayed = (await stores.log.changes(id, 0, 2, 10)) as Change[];
    expect(replayed).toMatchObject(shown.map((one) => ({ kind: "message", message: one })));
    expect(namesIn([(await stores.log.append(stores.draft(id, ann, "one", "c1"))).message])).toEqual([now]);
    expect(namesIn([(await stores.log.amend(id, ann, message.id, "one!")).message])).toEqual([now]);
    expect((await stores.conversations.summary(bob, id))?.lastMessage).toMatchObject({
      reply_to: { sender_name: now[0] },
    });
    const marked = await stores.log.mark({
      conversationId: id,
      userId: bob,
      messageId: message.id,
      kind: "pin",
      value: { on: true },
    });
    expect(namesIn([marked.message])).toEqual([now]);
    // Rows keep the names of their time.
    const rows = await stores.query<{ name: string }>("SELECT sender_name AS name FROM messages WHERE id = $1", [
      message.id,
    ]);
    expect(rows).toEqual([{ name: "Ann Body" }]);
  });

  test("say that a user was deleted when the account is gone", async () => {
    const { ann, id } = await talk();
    await page(id);
    await stores.query(
      "UPDATE conversations SET pair_low = NULL, pair_high = NULL, is_group = true, owner_id = NULL WHERE id = $1",
      [id],
    );
    await stores.query("DELETE FROM users WHERE id = $1", [ann]);
    stores.filling.names.forget(ann);
    const [gone, reply] = await page(id);
    expect(gone).toMatchObject({ sender_id: ann, sender_name: "Deleted user", sender_email: "", content: "one" });
    expect(reply?.reply_to).toMatchObject({ sender_id: ann, sender_name: "Deleted user", excerpt: "one" });
  });

  test("are read anew while events may be lost, also in pages that are kept", async () => {
    const { ann, id } = await talk();
    await page(id);
    const { names } = stores.filling;
    let isSure = true;
    names.trustWhile(() => isSure);
    const first = newName();
    await rename(ann, first, false);
    isSure = false;
    expect(namesIn(await page(id))[0]?.[0]).toBe(`${first} Body`);
    const second = newName();
    await rename(ann, second, false);
    expect(namesIn(await page(id))[0]?.[0]).toBe(`${second} Body`);
    isSure = true;
    names.clear();
    expect(namesIn(await page(id))[0]?.[0]).toBe(`${second} Body`);
    names.trustWhile(() => true);
  });

  test("are the newer ones when a rename comes while they are read", async () => {
    const { ann } = await talk();
    const [isRead, isRenamed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // The first answer of the database is on its way while the rename happens.
    const query = async <Row>(...asked: Parameters<Query>): Promise<Row[]> => {
      const rows = await stores.database.query<Row>(...asked);
      isRead.resolve();
      await isRenamed.promise;
      return rows;
    };
    const names = new Names({ query });
    const asked = names.of(new Set([ann]));
    await isRead.promise;
    const first = newName();
    await rename(ann, first);
    names.forget(ann);
    isRenamed.resolve();
    expect((await asked).get(ann)?.name).toBe(`${first} Body`);
  });

  test("do not depend on the order of keys that another release writes", async () => {
    const { ann, id } = await talk();
    const { withNames } = await import("../../src/server/log/texts.ts");
    const [message] = (await stores.log.page(id, { limit: 1, offset: 1 })).messages;
    if (!message) throw new Error("no message");
    const { sender_id, ...rest } = message;
    const named = new Map([[ann, { name: "New", email: "new@example.com" }]]);
    for (const text of [JSON.stringify({ ...rest, sender_id }), JSON.stringify(message)])
      expect(JSON.parse(withNames(text, named))).toEqual({
        ...message,
        sender_name: "New",
        sender_email: "new@example.com",
      });
  });
});
