import { expect, setDefaultTimeout, test } from "bun:test";
import { NOT_IN_FUTURE } from "../../src/protocol/times.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { dataOf, expectError, UNKNOWN_ID } from "./expectations.ts";

setDefaultTimeout(120_000);

const PATH = "/api/chat/saved/";
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const save = (client: Client, id: string, body: unknown = {}) => client.put(`${PATH}${id}/`, body);
const list = async (client: Client, query = "") => dataOf(await client.get(`${PATH}${query}`));
const noteOf = (frame: Frame) => [frame.kind, frame.key, frame.value?.note ?? null];

inEachMode("saved messages", (mode) => {
  const server = withServer(mode);

  async function pair() {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    return { ann, bob, id };
  }

  test("are listed newest first, each message as it is now, and reach every device", async () => {
    const { ann, bob, id } = await pair();
    const [one, two] = [await bob.send(id, "one"), await bob.send(id, "two")];
    const device = await ann.hub();
    const saved = dataOf(await save(ann, one.id, { note: " Later  " }), 200, "Message saved");
    expect(saved).toMatchObject({ message_id: one.id, conversation_id: id, seq: 1, note: "Later", remind_at: null });
    dataOf(await save(ann, two.id));
    // A repeat, and a body without fields, change nothing.
    expect(dataOf(await save(ann, one.id, { note: "Later" }))).toEqual(saved);
    expect(dataOf(await save(ann, one.id))).toEqual(saved);
    await device.until(() => device.all("me").length === 2);
    await device.settled();
    expect(device.all("me").map(noteOf)).toEqual([
      ["saved", one.id, "Later"],
      ["saved", two.id, null],
    ]);
    await bob.patch(`/api/chat/conversations/${id}/messages/${one.id}/`, { content: "one, edited" });
    await bob.delete(`/api/chat/conversations/${id}/messages/${two.id}/`);
    const items = await list(ann);
    expect(items).toMatchObject([
      { message_id: two.id, message: { content: "", deleted_at: expect.any(String) }, is_due: false },
      { message_id: one.id, message: { content: "one, edited" }, note: "Later" },
    ]);
    expect(await list(ann, "?limit=1")).toEqual([items[0]]);
    expect(await list(ann, `?limit=1&before=${items[0].saved_version}`)).toEqual([items[1]]);
    expect((await ann.get(`${PATH}?limit=1&before=1`)).body).toMatchObject({ data: [], meta: { total: 2 } });
    expect(await list(bob)).toEqual([]);

    dataOf(await ann.delete(`${PATH}${one.id}/`), 200, "Message no longer saved");
    expectError(await ann.delete(`${PATH}${one.id}/`), 404, { message: "You have not saved this message" });
    await device.until(() => device.all("me").length === 3);
    expect(device.all("me").at(-1)).toMatchObject({ kind: "saved", key: one.id, value: null, me_version: 3 });
    device.close();
    // A device that was away learns that it is gone, and one that is new loads what is there.
    const away = await ann.hub("?after_me_version=2");
    await away.until(() => away.all("me").length === 1);
    expect(away.all("me")[0]).toMatchObject({ from: 3, kind: "saved", value: null });
    away.close();
    const loaded = (await ann.get("/api/chat/me/saved/?limit=1")).body;
    expect(loaded).toMatchObject({ data: [{ key: two.id, me_version: 2 }], meta: { me_version: 3, next: two.id } });
    expect((await ann.get(`/api/chat/me/saved/?after=${two.id}`)).body).toMatchObject({
      data: [],
      meta: { next: null },
    });
    expectError(await ann.get("/api/chat/me/conversation/"), 404, { code: "not_found" });
  });

  test("are only those that one may read, and end with the membership", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const { id } = await ann.conversation([bob, eve]);
    const message = await ann.send(id, "one");
    const stranger = await server.person();
    expectError(await save(stranger, message.id), 404, { message: "Message not found" });
    expectError(await save(ann, UNKNOWN_ID), 404, { message: "Message not found" });
    dataOf(await save(bob, message.id));
    dataOf(await save(eve, message.id, { remind_at: inMs(1_000) }));
    await ann.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`);
    await ann.delete(`/api/chat/conversations/${id}/participants/${eve.id}/`);
    expect(await list(bob)).toEqual([]);
    const device = await eve.hub();
    await Bun.sleep(2_000);
    await device.settled();
    expect(device.all("me")).toEqual([]);
    device.close();
  });

  test("remind once when it is time, and again after a snooze, until they are done", async () => {
    const { ann, bob, id } = await pair();
    const message = await bob.send(id, "one");
    const device = await ann.hub();
    const reminders = () => device.all("me").filter(({ kind }: Frame) => kind === "reminder");
    const at = inMs(1_000);
    dataOf(await save(ann, message.id, { note: "Now", remind_at: at }));
    await device.until(() => reminders().length === 1, 20_000);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at));
    expect(reminders()[0]).toMatchObject({
      key: message.id,
      value: { conversation_id: id, seq: 1, note: "Now", remind_at: at },
    });
    expect(await list(ann)).toMatchObject([{ is_due: true, remind_at: at }]);
    // The time has passed, and to say it again changes nothing.
    dataOf(await save(ann, message.id, { remind_at: at }));
    const again = inMs(1_500);
    dataOf(await save(ann, message.id, { remind_at: again }));
    await device.until(() => reminders().length === 3, 20_000);
    expect(reminders().map(({ value }: Frame) => value?.remind_at)).toEqual([at, undefined, again]);
    dataOf(await save(ann, message.id, { remind_at: null }));
    await device.until(() => reminders().length === 4);
    expect(reminders().at(-1)).toMatchObject({ value: null });
    expect(await list(ann)).toMatchObject([{ is_due: false, remind_at: null, note: "Now" }]);
    device.close();
  });

  test("are refused with a reason", async () => {
    const { ann, id } = await pair();
    const { id: message } = await ann.send(id, "one");
    const past = await save(ann, message, { remind_at: inMs(-1_000) });
    expect(past).toMatchObject({ status: 400, body: { errors: { remind_at: [NOT_IN_FUTURE] } } });
    expect((await save(ann, message, { remind_at: "tomorrow", note: 5 })).body.errors).toEqual({
      remind_at: ["Must be an ISO 8601 time with a time zone, such as 2026-03-14T15:00:00Z, or null."],
      note: ["Not a valid string."],
    });
    expect((await save(ann, message, { note: "x".repeat(501) })).body.errors).toEqual({
      note: ["Ensure this field has no more than 500 characters."],
    });
    expect(await list(ann)).toEqual([]);
  });
});
