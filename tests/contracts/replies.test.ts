import { afterAll, beforeAll, expect, test } from "bun:test";
import { codePoints, EXCERPT_MAX } from "../../src/protocol/content.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { type Change, changeEvent } from "../../src/server/log/changes.ts";
import { Filling } from "../../src/server/log/filling.ts";
import { MessageLog } from "../../src/server/log/log.ts";
import { Pages } from "../../src/server/log/pages.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";
import { until } from "../support/until.ts";

inEachDatabase("quotes", (mode) => {
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
  const send = async (id: string, by: number, content: string, to?: Message, clientId?: string): Promise<Message> => {
    const fields = to ? { reply_to: { id: to.id, seq: to.seq } } : {};
    return (await stores.log.append({ ...stores.draft(id, by, content, clientId), fields })).message;
  };
  const quoteIn = async (id: string, seq: number) => {
    const page = await new Pages(stores.log, undefined).read(id, { limit: 10 });
    const messages: Message[] = page.messages.map((text) => JSON.parse(text));
    return messages.find((message) => message.seq === seq)?.reply_to;
  };

  test("show the quoted message as it is now, and the database has its id and seq alone", async () => {
    const id = await group();
    const quoted = await send(id, ann, "**one** [two](https://example.com)\n\nthree");
    const reply = await send(id, bob, "an answer", quoted);
    const { id: quotedId, seq } = quoted;
    const quote = { id: quotedId, seq, sender_id: ann, sender_name: "Ann Body" };
    expect(reply.reply_to).toEqual({ ...quote, excerpt: "one two three" });
    expect(await quoteIn(id, 2)).toEqual({ ...quote, excerpt: "one two three" });
    expect(await stores.query("SELECT fields FROM messages WHERE id = $1", [reply.id])).toEqual([
      { fields: { reply_to: { id: quotedId, seq } } },
    ]);

    await stores.log.amend(id, ann, quotedId, "edited");
    expect(await quoteIn(id, 2)).toEqual({ ...quote, excerpt: "edited" });
    const [replayed] = (await stores.log.changes(id, 1, 2, 1)) as Change[];
    expect(replayed).toMatchObject({ message: { reply_to: { excerpt: "edited" } } });
    expect((await stores.log.amend(id, bob, reply.id, "answered")).message.reply_to?.excerpt).toBe("edited");

    await stores.log.amend(id, ann, quotedId, null);
    expect(await quoteIn(id, 2)).toEqual({ ...quote, excerpt: "", deleted: true });
    await stores.log.amend(id, bob, reply.id, null);
    expect(await quoteIn(id, 2)).toBeUndefined();
  });

  test("are the same in the answer to a repeated send", async () => {
    const id = await group();
    const quoted = await send(id, ann, "one");
    const first = await send(id, bob, "two", quoted, "c");
    expect(await send(id, bob, "two", quoted, "c")).toEqual(first);
    expect(await stores.filling.quotes.isSent(id, bob, "c")).toBe(true);
    expect(await stores.filling.quotes.isSent(id, ann, "c")).toBe(false);
  });

  test("have an excerpt that is short, and hides what the text hides", async () => {
    const id = await group();
    const long = await send(id, ann, `||secret${"x".repeat(2_000)}|| ${"👨‍👩‍👧‍👦".repeat(100)}`);
    const { reply_to: quote } = await send(id, bob, "two", long);
    expect(quote?.excerpt).not.toContain("secret");
    expect(codePoints(quote?.excerpt ?? "")).toBeLessThanOrEqual(EXCERPT_MAX);
    expect(quote?.excerpt).toEndWith("👦…");
  });

  test("wait for a slow database, and fail no send when it does not answer", async () => {
    const id = await group();
    const quoted = await send(id, ann, "one");
    const reply = await send(id, bob, "two", quoted);
    const bare = () => ({ ...reply, reply_to: { id: quoted.id, seq: quoted.seq } });
    const filled = async (query: typeof stores.database.query) => {
      const message = bare();
      await new Filling({ query }).fillCommitted([], [message]);
      return message.reply_to;
    };
    const slowly = await filled(async (...call) => {
      await Bun.sleep(400);
      return stores.database.query(...call);
    });
    expect(slowly).toMatchObject({ excerpt: "one", sender_name: "Ann Body" });
    expect(await filled(() => Promise.reject(new Error("away")))).toEqual({ id: quoted.id, seq: quoted.seq });
  });

  test("hold up no send while the database is slow to read them, and answers keep their order", async () => {
    const id = await group();
    const quoted = await send(id, ann, "one");
    const open = Promise.withResolvers<void>();
    const query: typeof stores.database.query = async (...call) => {
      await open.promise;
      return stores.database.query(...call);
    };
    const log = new MessageLog(stores.database, new Filling({ query }));
    const answered: string[] = [];
    const sendSlowly = async (content: string, to?: Message) => {
      const fields = to ? { reply_to: { id: to.id, seq: to.seq } } : {};
      const { message } = await log.append({ ...stores.draft(id, bob, content), fields });
      answered.push(content);
      return message;
    };
    const written = async () => (await stores.query("SELECT FROM messages WHERE conversation_id = $1", [id])).length;

    const reply = sendSlowly("two", quoted);
    await until(async () => (await written()) === 2);
    const after = sendSlowly("three");
    await until(async () => (await written()) === 3);
    expect(answered).toEqual([]);
    open.resolve();
    expect((await reply).reply_to?.excerpt).toBe("one");
    await after;
    expect(answered).toEqual(["two", "three"]);
  });

  test("name the people whom the quoted text mentions", async () => {
    const id = await group();
    const quoted = await send(id, ann, `<@${bob}> and <!all>, but not \`<@${ann}>\``);
    const { reply_to: quote } = await send(id, bob, "two", quoted);
    expect(quote?.excerpt).toBe(`@Bob Body and @all, but not <@${ann}>`);
    const { change } = await stores.log.amend(id, ann, quoted.id, `now <@${ann}>`);
    expect(change && JSON.parse(changeEvent(change).frame).excerpt).toBe("now @Ann Body");
    expect(await quoteIn(id, 2)).toMatchObject({ excerpt: "now @Ann Body" });
  });

  test("of messages that retention has removed have no text and no sender", async () => {
    const id = await group();
    const quoted = await send(id, ann, "old");
    await send(id, bob, "new", quoted);
    await stores.query("UPDATE messages SET created_at = now() - interval '2 hours' WHERE id = $1", [quoted.id]);
    await stores.query("UPDATE conversations SET oldest_at = now() - interval '2 hours' WHERE id = $1", [id]);
    await stores.log.prune(3_600_000);
    expect(await quoteIn(id, 2)).toEqual({ id: quoted.id, seq: 1, excerpt: "", deleted: true });
    expect(await stores.filling.quotes.find(id, quoted.id)).toBeUndefined();
  });

  test("do not show a message of another history that has the same seq", async () => {
    const id = await group();
    const quoted = await send(id, ann, "before");
    await send(id, bob, "two", quoted);
    await stores.query("UPDATE messages SET id = gen_random_uuid(), content = 'after' WHERE id = $1", [quoted.id]);
    expect(await quoteIn(id, 2)).toEqual({ id: quoted.id, seq: 1, excerpt: "", deleted: true });
  });

  test("of many sends in one batch are each their own, and the answers keep their order", async () => {
    const id = await group();
    const quoted = await Promise.all(Array.from({ length: 10 }, (_, i) => send(id, ann, `text ${i}`)));
    const order: number[] = [];
    const replies = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const reply = await send(id, bob, `${i}`, i % 2 ? quoted[i % 10] : undefined);
        order.push(reply.seq);
        return reply;
      }),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    for (const [i, { reply_to }] of replies.entries())
      expect(reply_to?.excerpt).toBe(i % 2 ? `text ${i % 10}` : undefined);
  });
});
