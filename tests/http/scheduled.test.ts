import { expect, setDefaultTimeout, test } from "bun:test";
import { NOT_IN_FUTURE } from "../../src/protocol/times.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { dataOf, expectError, times, UNKNOWN_ID } from "./expectations.ts";

setDefaultTimeout(120_000);

const ALL = "/api/chat/scheduled/";
const path = (id: string) => `/api/chat/conversations/${id}/scheduled/`;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const HOUR = 3_600_000;
const schedule = (client: Client, id: string, body: object) =>
  client.post(path(id), { content: "Good morning", send_at: inMs(HOUR), ...body });
const messagesOf = async (client: Client, id: string) =>
  dataOf(await client.get(`/api/chat/conversations/${id}/messages/`)).messages;

inEachMode("scheduled messages", (mode) => {
  const server = withServer(mode);

  async function pair() {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    return { ann, bob, id };
  }

  test("are sent at their time, once, and every device learns of it", async () => {
    const { ann, bob, id } = await pair();
    const [device, reader] = [await ann.hub(), await bob.chat(id)];
    const at = inMs(1_200);
    const made = dataOf(await schedule(ann, id, { content: " Now ", send_at: at }), 201, "Message scheduled");
    expect(made).toMatchObject({
      conversation_id: id,
      content: "Now",
      send_at: at,
      repeat: null,
      zone: null,
      state: "waiting",
      error: null,
    });
    const { message } = await reader.next("message");
    expect(message).toMatchObject({ content: "Now", sender_id: ann.id, client_id: `scheduled:${made.id}:0` });
    expect(Date.parse(message.created_at)).toBeGreaterThanOrEqual(Date.parse(at));
    await device.until(() => device.all("me").length === 2);
    const { id: key, ...value } = made;
    expect(device.all("me").map((frame: Frame) => [frame.kind, frame.key, frame.value])).toEqual([
      ["scheduled", key, value],
      ["scheduled", key, null],
    ]);
    expect(dataOf(await ann.get(ALL))).toEqual([]);
    for (const socket of [device, reader]) socket.close();
  });

  test("are listed for their author alone, the next one first, and changed and removed", async () => {
    const { ann, bob, id } = await pair();
    const { id: other } = await ann.conversation([await server.person()]);
    const late = dataOf(await schedule(ann, id, { send_at: inMs(3 * HOUR) }), 201);
    const soon = dataOf(await schedule(ann, id, { send_at: inMs(HOUR) }), 201);
    const there = dataOf(await schedule(ann, other, { send_at: inMs(2 * HOUR) }), 201);
    expect(dataOf(await ann.get(path(id)))).toEqual([soon, late]);
    expect(dataOf(await ann.get(ALL))).toEqual([soon, there, late]);
    expect((await ann.get(`${ALL}?limit=1&offset=1`)).body).toMatchObject({ data: [there], meta: { total: 3 } });
    expect([dataOf(await bob.get(path(id))), dataOf(await bob.get(ALL))]).toEqual([[], []]);
    for (const answer of [
      await bob.patch(`${path(id)}${soon.id}/`, { content: "mine" }),
      await bob.delete(`${path(id)}${soon.id}/`),
      await bob.post(`${path(id)}${soon.id}/send/`),
      await ann.delete(`${path(other)}${soon.id}/`),
      await ann.delete(`${path(id)}${UNKNOWN_ID}/`),
    ])
      expectError(answer, 404, { message: "Scheduled message not found" });
    const changed = dataOf(await ann.patch(`${path(id)}${soon.id}/`, { content: "Hi", send_at: inMs(1_000) }));
    expect(changed).toMatchObject({ id: soon.id, content: "Hi" });
    dataOf(await ann.delete(`${path(id)}${late.id}/`), 200, "Scheduled message removed");
    const reader = await bob.chat(id);
    expect((await reader.next("message")).message.content).toBe("Hi");
    reader.close();
    // A client that did not hear the answer asks again.
    const mine = crypto.randomUUID();
    const first = dataOf(await schedule(ann, id, { id: mine }), 201);
    expect(dataOf(await schedule(ann, id, { id: mine }), 201)).toEqual(first);
    expect((await schedule(bob, id, { id: mine })).body.errors).toEqual({ id: ["This id is taken."] });
  });

  test("are sent before their time when their author says so, and a repeating one goes on", async () => {
    const { ann, id } = await pair();
    const once = dataOf(await schedule(ann, id, {}), 201);
    const sent = dataOf(await ann.post(`${path(id)}${once.id}/send/`), 200, "Message sent successfully");
    expect(sent).toMatchObject({ content: "Good morning", client_id: `scheduled:${once.id}:0` });
    expectError(await ann.post(`${path(id)}${once.id}/send/`), 404);
    const at = inMs(HOUR);
    const weekly = dataOf(await schedule(ann, id, { send_at: at, repeat: "weekly", zone: "Asia/Tokyo" }), 201);
    expect(weekly).toMatchObject({ repeat: "weekly", zone: "Asia/Tokyo", send_at: at });
    dataOf(await ann.post(`${path(id)}${weekly.id}/send/`));
    const nextWeek = new Date(Date.parse(at) + 7 * 24 * HOUR).toISOString();
    expect(dataOf(await ann.get(path(id)))).toEqual([{ ...weekly, send_at: nextWeek }]);
    const skipped = dataOf(await ann.post(`${path(id)}${weekly.id}/skip/`), 200, "Scheduled message skipped");
    expect(Date.parse(skipped.send_at) - Date.parse(nextWeek)).toBe(7 * 24 * HOUR);
    dataOf(await ann.post(`${path(id)}${weekly.id}/send/`));
    expect((await messagesOf(ann, id)).map(({ client_id }: Frame) => client_id)).toEqual([
      `scheduled:${once.id}:0`,
      `scheduled:${weekly.id}:0`,
      `scheduled:${weekly.id}:2`,
    ]);
    const plain = dataOf(await ann.patch(`${path(id)}${weekly.id}/`, { repeat: null }));
    expect(plain).toMatchObject({ repeat: null, zone: null });
    expect((await ann.post(`${path(id)}${weekly.id}/skip/`)).body.data).toBeUndefined();
    expect(dataOf(await ann.get(ALL))).toEqual([]);
  });

  test("tell their author why they were refused, and go out after all once that has passed", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob, await server.person()]);
    const device = await bob.hub();
    const made = dataOf(await schedule(bob, id, { send_at: inMs(1_500) }), 201);
    await ann.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`);
    await device.until(() => device.all("me").length === 2, 20_000);
    expect(device.all("me")[1]).toMatchObject({
      kind: "scheduled",
      key: made.id,
      value: { state: "failed", error: "not_a_participant" },
    });
    expectError(await bob.post(`${path(id)}${made.id}/send/`), 403, { code: "not_a_participant" });
    expect(dataOf(await bob.get(ALL))).toMatchObject([{ state: "failed", error: "not_a_participant" }]);
    await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [bob.id] });
    dataOf(await bob.post(`${path(id)}${made.id}/send/`));
    expect((await messagesOf(bob, id)).map(({ content }: Frame) => content)).toEqual(["Good morning"]);
    device.close();
  });

  test("are refused with a reason", async () => {
    const { ann, id } = await pair();
    const faults = async (body: object, errors: unknown) =>
      expect(await schedule(ann, id, body)).toMatchObject({ status: 400, body: { errors } });
    await faults({ send_at: inMs(-1) }, { send_at: [NOT_IN_FUTURE] });
    await faults({ content: " ", repeat: "yearly" }, { repeat: ["Must be daily, weekdays, weekly or monthly."] });
    await faults({ repeat: "daily", zone: "Mars/Olympus" }, { zone: ["The server does not know this time zone."] });
    await faults({ repeat: "daily", zone: "../etc" }, { zone: ["Must be an IANA time zone, such as Europe/Berlin."] });
    const eve = await server.person("Eve");
    expectError(await schedule(eve, id, {}), 403, { code: "not_a_participant" });
    expectError(await schedule(eve, UNKNOWN_ID, {}), 404, { code: "not_found" });
    for (const _ of times(100, String)) dataOf(await schedule(ann, id, {}), 201);
    expectError(await schedule(ann, id, {}), 409, { code: "too_many_scheduled" });
  });
});
