import { beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { gemoji } from "gemoji";
import { emojiForm } from "../../src/protocol/emoji.ts";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { inEachMode, modes } from "../support/modes.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { dataOf, expectError, expectFaults, expectThrottled, times, UNKNOWN_ID } from "./expectations.ts";

setDefaultTimeout(60_000);

inEachMode("reactions", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let cid: Client;
  let message: Message;
  let conversation: string;
  let path: string;

  beforeAll(async () => {
    [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
  });
  beforeEach(async () => {
    const { id } = await ann.conversation([bob, cid]);
    conversation = `/api/chat/conversations/${id}/`;
    message = await ann.send(id, "Lunch?");
    path = `${conversation}messages/${message.id}/reactions/`;
  });

  const put = (client: Client, emoji: string) => client.put(`${path}${encodeURIComponent(emoji)}/`);
  const take = (client: Client, emoji: string) => client.delete(`${path}${encodeURIComponent(emoji)}/`);
  const page = async () => dataOf(await ann.get(`${conversation}messages/`));
  const shown = async () => (await page()).messages[0].reactions;

  test("set and taken back by HTTP answer the message, and a repeat takes no version", async () => {
    const reactions = [{ emoji: "👍", count: 1, user_ids: [bob.id] }];
    const first = await put(bob, "👍");
    expect(first).toMatchObject({ status: 200, body: { message: "Reaction set" } });
    expect(dataOf(first)).toEqual({ ...message, reactions });
    expect(dataOf(await put(bob, "👍"))).toEqual({ ...message, reactions });
    expect(await page()).toMatchObject({ messages: [{ reactions }], last_version: 2, total: 1 });
    expect(dataOf(await take(bob, "👍"))).toEqual(message);
    expect(await take(bob, "👍")).toMatchObject({ status: 200, body: { message: "Reaction taken back" } });
    expect(await page()).toMatchObject({ messages: [message], last_version: 3 });
  });

  test("an emoji has one form, however a keyboard writes it", async () => {
    for (const emoji of ["❤️", "❤", ":heart:", "\u2764"]) await put(bob, emoji);
    await put(ann, "❤");
    expect(await shown()).toEqual([{ emoji: "❤️", count: 2, user_ids: [bob.id, ann.id] }]);
    for (const emoji of ["🕵🏽‍♂", "🕵🏽‍♂️", "🕵️🏽‍♂️"]) await put(bob, emoji);
    expect((await shown()).map(({ emoji }: { emoji: string }) => emoji)).toEqual(["❤️", "🕵🏽‍♂️"]);
    await take(ann, ":heart:");
    expect((await shown())[0]).toMatchObject({ emoji: "❤️", count: 1 });
  });

  test("a skin tone, a family and a flag are emoji of their own", async () => {
    const different = ["👍", "👍🏽", "👍🏿", "👨‍👩‍👧‍👦", "👨", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🏳️‍🌈"];
    for (const emoji of different) expect((await put(bob, emoji)).status).toBe(200);
    expect((await shown()).map(({ emoji }: { emoji: string }) => emoji)).toEqual(different);
  });

  test("+1 and -1 are names, and neither becomes the other or a number", async () => {
    await put(bob, ":+1:");
    await bob.put(`${path}:+1:/`);
    await put(bob, ":thumbsup:");
    await put(bob, ":-1:");
    await put(ann, "👎");
    expect(await shown()).toEqual([
      { emoji: "👍", count: 1, user_ids: [bob.id] },
      { emoji: "👎", count: 2, user_ids: [bob.id, ann.id] },
    ]);
    for (const _ of times(2, () => 0)) await take(bob, ":-1:");
    await take(ann, ":-1:");
    await take(ann, ":-1:");
    expect(await shown()).toEqual([{ emoji: "👍", count: 1, user_ids: [bob.id] }]);
  });

  test("anything else is refused clearly", async () => {
    const wrong = [
      "a",
      "1",
      "#",
      "-1",
      "+1",
      ":nope:",
      ":constructor:",
      "::",
      "👍👍",
      "👍 ",
      "★",
      "🇩",
      "\u{fe0f}",
      "\u200d",
    ];
    for (const text of [...wrong, "%", "😀".repeat(40), "x".repeat(300), "<b>", "👍\0"])
      expectError(await put(bob, text), 400, { code: "not_an_emoji" });
    for (const raw of ["%E0%A4", "%", "%F0%9F%91"])
      expect((await bob.put(`${path}${raw}/`)).status).toBeGreaterThanOrEqual(400);
    expect(await page()).toMatchObject({ last_version: 1 });
  });

  test("of strangers, to unknown and to deleted messages are refused", async () => {
    const stranger = await server.person();
    expectError(await put(stranger, "👍"), 403, { code: "not_a_participant" });
    expectError(await stranger.get(path), 403, { code: "not_a_participant" });
    expectError(await stranger.get(`${conversation}reactions/mine/`), 403, { code: "not_a_participant" });
    const own = path;
    path = `${conversation}messages/${UNKNOWN_ID}/reactions/`;
    expectError(await put(bob, "👍"), 404, { code: "not_found", message: "Message not found" });
    expectError(await bob.get(path), 404, { code: "not_found" });
    path = own;
    await put(bob, "👍");
    expect(dataOf(await ann.delete(`${conversation}messages/${message.id}/`))).not.toHaveProperty("reactions");
    expectError(await put(bob, "👍"), 409, { code: "message_deleted" });
    expect(dataOf(await bob.get(path))).toEqual({ people: [], next_after: null });
    expect(dataOf(await bob.get(`${conversation}reactions/mine/`))).toEqual([]);
  });

  test("the 21st emoji is refused, and more people may use the others", async () => {
    const emoji = gemoji.slice(0, 21).map((one) => emojiForm(one.emoji));
    for (const one of emoji.slice(0, 20)) await put(bob, one);
    expectError(await put(bob, emoji[20] ?? ""), 409, { code: "too_many_reactions" });
    expect((await put(ann, emoji[0] ?? "")).status).toBe(200);
    expect(await shown()).toHaveLength(20);
  });

  test("two people who react at once count twice, and one who does so twice counts once", async () => {
    await Promise.all([put(ann, "👍"), put(bob, "👍"), put(cid, "👍"), put(bob, "👍"), put(cid, "👍")]);
    const [one] = await shown();
    expect([one.emoji, one.count, new Set(one.user_ids)]).toEqual(["👍", 3, new Set([ann.id, bob.id, cid.id])]);
    await Promise.all([take(bob, "👍"), take(bob, "👍"), take(bob, "👍")]);
    expect((await shown())[0].count).toBe(2);
    expect((await page()).last_version).toBe(5);
  });

  test("the people who reacted are listed with today's names, page by page", async () => {
    for (const person of [ann, bob, cid]) await put(person, "👍");
    await put(bob, "🎉");
    const first = dataOf(await bob.get(`${path}?limit=2`));
    const second = dataOf(await bob.get(`${path}?limit=2&after=${encodeURIComponent(first.next_after)}`));
    const listed = [...first.people, ...second.people];
    expect(second.next_after).toBeNull();
    const of = (emoji: string) => listed.filter((one) => one.emoji === emoji).map(({ user_id }) => user_id);
    expect([of("👍"), of("🎉")]).toEqual([[ann.id, bob.id, cid.id], [bob.id]]);
    const some = dataOf(await bob.get(`${path}?emoji=${encodeURIComponent(":tada:")}`));
    expect(some.people).toMatchObject([{ user_id: bob.id, full_name: bob.user?.full_name, emoji: "🎉" }]);
    for (const after of ["", "x", "1.1", "1.1.\0", `${"9".repeat(30)}.1.👍`])
      expectFaults(await bob.get(`${path}?after=${encodeURIComponent(after)}`), "after");
    expectError(await bob.get(`${path}?emoji=x`), 400, { code: "not_an_emoji" });
  });

  test("your own are listed by message", async () => {
    await put(bob, "👍");
    await put(bob, "🎉");
    await put(ann, "👀");
    const mine = `${conversation}reactions/mine/`;
    expect(dataOf(await bob.get(mine))).toEqual([{ message_id: message.id, seq: 1, emoji: ["👍", "🎉"] }]);
    expect(dataOf(await bob.get(`${mine}?after_seq=1`))).toEqual([]);
    expect(dataOf(await bob.get(`${mine}?before_seq=1`))).toEqual([]);
    expect(dataOf(await cid.get(mine))).toEqual([]);
  });
});

for (const mode of modes.slice(0, 1))
  test("a user can react 200 times a minute, on all ways together", async () => {
    const server = await startTestServer(mode, { RATE_LIMIT_REACTIONS: "4/minute" });
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const message = await ann.send(id, "Lunch?");
    const path = `/api/chat/conversations/${id}/messages/${message.id}/reactions/${encodeURIComponent("👍")}/`;
    const hub = await ann.hub();
    const react = (on: boolean, ref: string) =>
      hub.send({ type: "react", conversation_id: id, message_id: message.id, emoji: "👍", on, ref });
    for (const on of [true, false]) {
      expect((await (on ? ann.put(path) : ann.delete(path))).status).toBe(200);
      react(on, String(on));
      await hub.next("ack");
    }
    expectThrottled(await ann.put(path));
    react(true, "late");
    const refusal = await hub.next("error");
    expect(refusal).toMatchObject({ code: "throttled", ref: "late" });
    expect(refusal.retry_after).toBeGreaterThan(0);
    expect((await bob.put(path)).status).toBe(200);
    await server.stop();
  });
