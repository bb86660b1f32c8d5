import { afterAll, beforeAll, expect, test } from "bun:test";
import { z } from "zod";
import { MESSAGE_FIELDS_BYTES_MAX, messageFields } from "../../src/protocol/message-fields.ts";
import { type Message, message as messageSchema } from "../../src/protocol/messages.ts";
import type { Appended } from "../../src/server/log/append.ts";
import { type Change, changeEvent } from "../../src/server/log/changes.ts";
import { Pages } from "../../src/server/log/pages.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const FIELD = "note";
/** The names that the fixed part of a message has. */
const PARTS = [
  ...["id", "conversation_id", "sender_id", "sender_name", "sender_email", "content", "timestamp", "created_at"],
  ...["seq", "version", "client_id", "edited_at", "deleted_at"],
];

test("no message field has the name of another part of a message", () => {
  const fields = Object.keys(messageFields);
  const parts = Object.keys(messageSchema.shape).filter((part) => !fields.includes(part));
  // A spread in `messageSchema` would hide a part that has the name of a field.
  for (const part of PARTS) expect(parts).toContain(part);
});

inEachDatabase("the fields of a message", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;

  beforeAll(async () => {
    Object.assign(messageFields, { [FIELD]: z.object({ text: z.string() }).optional() });
    stores = await openTestStores(mode);
    ann = await stores.user("Ann");
    bob = await stores.user("Bob");
  });
  afterAll(async () => {
    Reflect.deleteProperty(messageFields, FIELD);
    await stores.close();
  });

  const group = async () => stores.conversation([ann, bob, await stores.user()]);
  const send = (id: string, content: string, text?: string, clientId?: string): Promise<Appended> => {
    const draft = stores.draft(id, ann, content, clientId);
    return stores.log.append(text === undefined ? draft : { ...draft, fields: { [FIELD]: { text } } });
  };
  const fieldOf = (message: Message): unknown => Object.entries(message).find(([key]) => key === FIELD)?.[1];

  test("are in the answer, the frame, the pages and the replay", async () => {
    const id = await group();
    const awkward = `"quoted", {braced}, \\, NULL, Żółć, 🎉`;
    const { message } = await send(id, "with", awkward);
    expect(fieldOf(message)).toEqual({ text: awkward });
    const { version, seq: lastSeq } = message;
    const event = changeEvent({ kind: "message", conversationId: id, version, tag: message.id, lastSeq, message });
    expect(JSON.parse(event.frame).message).toEqual(message);
    const { message: plain } = await send(id, "without");
    expect(plain).not.toHaveProperty(FIELD);

    expect((await stores.log.page(id, { limit: 10 })).messages).toEqual([message, plain]);
    const page = await new Pages(stores.log, undefined).read(id, { limit: 10 });
    expect(page.messages.map((text) => JSON.parse(text))).toEqual([message, plain]);
    const replayed = (await stores.log.changes(id, 0, 2, 10)) as Change[];
    expect(replayed).toMatchObject([
      { kind: "message", message },
      { kind: "message", message: plain },
    ]);
  });

  test("are null when none is given", async () => {
    const id = await group();
    for (const fields of [{}, { [FIELD]: undefined }])
      await stores.log.append({ ...stores.draft(id, ann, "without"), fields });
    const rows = await stores.query<{ fields: unknown }>("SELECT fields FROM messages WHERE conversation_id = $1", [
      id,
    ]);
    expect(rows).toEqual([{ fields: null }, { fields: null }]);
  });

  test("of many sends in one batch each stay with their own", async () => {
    const ids = await Promise.all([1, 2].map(group));
    const texts = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? undefined : `note ${i}`));
    const sent = await Promise.all(
      texts.map((text, i) => send(ids[i % 2] ?? "", `${i}`, text, i % 4 === 0 ? `c${i}` : undefined)),
    );
    for (const [i, { message }] of sent.entries()) {
      const text = texts[i];
      expect(fieldOf(message)).toEqual(text === undefined ? undefined : { text });
    }
    for (const id of ids) {
      const own = sent.map(({ message }) => message).filter((message) => message.conversation_id === id);
      expect((await stores.log.page(id, { limit: 100 })).messages).toEqual(own);
    }
  });

  test("are the stored ones when a send is repeated", async () => {
    const id = await group();
    const { message } = await send(id, "once", "first", "c");
    for (const again of [await send(id, "once", "second", "c"), await send(id, "once", undefined, "c")])
      expect(again).toEqual({ message, first: false });
  });

  test("stay when the message is edited, and go when it is deleted", async () => {
    const id = await group();
    const { message } = await send(id, "with", "kept");
    expect(fieldOf((await stores.log.amend(id, ann, message.id, "edited")).message)).toEqual({ text: "kept" });
    expect((await stores.log.amend(id, ann, message.id, null)).message).not.toHaveProperty(FIELD);
    const [row] = await stores.query<{ fields: unknown }>("SELECT fields FROM messages WHERE id = $1", [message.id]);
    expect(row?.fields).toBeNull();
  });

  test("are refused when they are too large, and a fault when they are not registered", async () => {
    const id = await group();
    const frame = JSON.stringify({ [FIELD]: { text: "" } }).length;
    await send(id, "large", "x".repeat(MESSAGE_FIELDS_BYTES_MAX - frame));
    await expect(send(id, "too large", "x".repeat(MESSAGE_FIELDS_BYTES_MAX - frame + 1))).rejects.toMatchObject({
      reason: "unstorable",
    });
    const draft = stores.draft(id, ann, "unknown");
    await expect(stores.log.append({ ...draft, fields: { unknown: 1 } })).rejects.toThrow("message-fields.ts");
    await expect(stores.log.append({ ...draft, fields: { [FIELD]: 1 } })).rejects.toThrow();
    expect((await stores.log.head(id))?.lastSeq).toBe(1);
  });

  test("that only a newer release knows are passed on", async () => {
    const id = await group();
    const { message } = await send(id, "from the future");
    await stores.query(`UPDATE messages SET fields = '{"hologram": [1, 2]}' WHERE id = $1`, [message.id]);
    expect((await stores.log.page(id, { limit: 1 })).messages).toEqual([{ ...message, hologram: [1, 2] } as Message]);
  });
});
