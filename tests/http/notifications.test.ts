import { expect, test } from "bun:test";
import { NO_NOTIFICATION_SETTINGS } from "../../src/notify/no-settings.ts";

import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError } from "./expectations.ts";

const PATH = "/api/users/notifications/";

inEachMode("notification settings", (mode) => {
  const server = withServer(mode);

  test("begin empty, and change field by field and day by day", async () => {
    const ann = await server.person("Ann");
    expect(dataOf(await ann.get(PATH))).toEqual({ ...NO_NOTIFICATION_SETTINGS, me_version: 0 });
    const night = { from: "22:00", to: "07:00" };
    const first = dataOf(
      await ann.patch(PATH, { zone: "Europe/Berlin", do_not_disturb: { monday: night } }),
      200,
      "Settings saved",
    );
    expect(first).toMatchObject({
      zone: "Europe/Berlin",
      do_not_disturb: { monday: night, tuesday: null },
      me_version: 1,
    });
    const second = dataOf(
      await ann.patch(PATH, { do_not_disturb: { tuesday: night }, keywords: [" deploy ", "deploy", "CI  run"] }),
    );
    expect(second).toMatchObject({
      do_not_disturb: { monday: night, tuesday: night },
      keywords: ["deploy", "CI run"],
      me_version: 2,
    });
    dataOf(await ann.patch(PATH, { do_not_disturb: { monday: null }, snooze_until: "2030-01-01T00:00:00+02:00" }));
    expect(dataOf(await ann.get(PATH))).toMatchObject({
      do_not_disturb: { monday: null, tuesday: night },
      snooze_until: "2029-12-31T22:00:00.000Z",
      me_version: 3,
    });
    expect(dataOf(await ann.patch(PATH, { keywords: ["deploy", "CI run"] })).me_version).toBe(3);
  });

  test("refuse what they can't mean", async () => {
    const ann = await server.person("Ann");
    const bodies: [unknown, string][] = [
      [{ zone: "Mars/Olympus" }, "zone"],
      [{ zone: "+02:00" }, "zone"],
      [{ zone: 3 }, "zone"],
      [{ zone: "x".repeat(500) }, "zone"],
      [{ do_not_disturb: { monday: { from: "24:00", to: "07:00" } } }, "do_not_disturb"],
      [{ do_not_disturb: { monday: { from: "22:00" } } }, "do_not_disturb"],
      [{ do_not_disturb: [] }, "do_not_disturb"],
      [{ snooze_until: "tomorrow" }, "snooze_until"],
      [{ keywords: Array.from({ length: 21 }, (_, i) => `word${i}`) }, "keywords"],
      [{ keywords: ["x".repeat(51)] }, "keywords"],
      [{ keywords: ["..."] }, "keywords"],
      [{ keywords: ["a\0b"] }, "keywords"],
      [{ keywords: [1] }, "keywords"],
      [{ keywords: "deploy" }, "keywords"],
    ];
    for (const [body, field] of bodies) {
      const answer = await ann.patch(PATH, body);
      expectError(answer, 400, { code: "validation_failed" });
      expect(Object.keys(answer.body.errors)).toEqual([field]);
    }
    expect(dataOf(await ann.get(PATH)).me_version).toBe(0);
  });

  test("reach every device of the person, also one that was away", async () => {
    const ann = await server.person("Ann");
    const [one, other] = [await ann.hub(), await ann.hub()];
    const { me_version, ...value } = dataOf(await ann.patch(PATH, { keywords: ["deploy"] }));
    for (const socket of [one, other])
      expect(await socket.next("me")).toMatchObject({ kind: "notifications", key: "account", me_version, value });
    const late = await ann.hub("?after_me_version=0");
    expect(await late.next("me")).toMatchObject({ kind: "notifications", value });
    for (const socket of [one, other, late]) socket.close();
  });
});

inEachMode("why a message notifies", (mode) => {
  const server = withServer(mode);

  async function group() {
    const [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
    const { id } = await ann.conversation([bob, cid], "Team");
    const path = `/api/chat/conversations/${id}/`;
    const set = async (body: unknown) => dataOf(await bob.patch(`${path}me/`, body));
    const why = (messageId: string, person = bob) => person.get(`${path}messages/${messageId}/why/`);
    const say = async (content: string, more = {}) => {
      const message = dataOf(await ann.post(`${path}messages/`, { content, ...more }), 201);
      return dataOf(await why(message.id));
    };
    return { ann, bob, cid, id, path, set, why, say };
  }

  test("follows level, mute, mentions, answers, keywords and quiet hours", async () => {
    const { ann, bob, id, set, say, why } = await group();
    const quiet = { badge: false, sound: false, push: false, mail: false };
    expect(await say("hello")).toEqual({
      badge: true,
      sound: false,
      push: true,
      mail: true,
      reason: "every_message",
      text: "You get every message of this conversation.",
    });
    await set({ level: "mentions" });
    expect(await say("hello")).toMatchObject({ ...quiet, reason: "only_mentions" });
    expect(await say(`<@${bob.id}>`)).toMatchObject({ badge: true, push: true, reason: "mention" });
    expect(await say("<!all>")).toMatchObject({ push: true, reason: "all" });
    // Bob has no socket.
    expect(await say("<!here>")).toMatchObject({ ...quiet, reason: "only_mentions" });
    expect(await say(`> <@${bob.id}>`)).toMatchObject({ ...quiet, reason: "only_mentions" });
    const mine = await bob.send(id, "a question");
    expect(await say("an answer", { reply_to: mine.id })).toMatchObject({ push: true, reason: "reply" });
    dataOf(await bob.patch(PATH, { keywords: ["deploy"] }));
    expect(await say("the Deploy is done")).toMatchObject({ push: true, reason: "keyword" });
    dataOf(await bob.patch(PATH, { snooze_until: "2099-01-01T00:00:00Z" }));
    expect(await say(`<@${bob.id}>`)).toMatchObject({ badge: true, sound: false, push: false, reason: "snoozed" });
    const day = { from: "00:00", to: "00:00" };
    const week = Object.fromEntries(Object.keys(NO_NOTIFICATION_SETTINGS.do_not_disturb).map((name) => [name, day]));
    dataOf(await bob.patch(PATH, { snooze_until: null, do_not_disturb: week }));
    expect(await say(`<@${bob.id}>`)).toMatchObject({ badge: true, push: false, reason: "do_not_disturb" });
    await set({ muted_until: "2099-01-01T00:00:00Z" });
    expect(await say(`<@${bob.id}>`)).toMatchObject({ ...quiet, reason: "muted" });
    await set({ level: "nothing" });
    expect(await say(`<@${bob.id}>`)).toMatchObject({ ...quiet, reason: "nothing" });
    expect(dataOf(await why((await ann.send(id, "x")).id, ann)).reason).toBe("own_message");
  });

  test("says that a page makes a sound while it is open", async () => {
    const { ann, bob, id, why } = await group();
    const socket = await bob.hub();
    expect(dataOf(await why((await ann.send(id, "hello")).id))).toMatchObject({ sound: true, mail: false });
    socket.close();
    const pair = await ann.conversation([bob]);
    const { id: messageId } = await ann.send(pair.id, "hello");
    expect(dataOf(await bob.get(`/api/chat/conversations/${pair.id}/messages/${messageId}/why/`)).reason).toBe(
      "direct",
    );
  });

  test("is nobody else's business", async () => {
    const { ann, id, why, path } = await group();
    const eve = await server.person("Eve");
    const message = await ann.send(id, "hello");
    expectError(await why(message.id, eve), 403, { code: "not_a_participant" });
    expectError(await why(crypto.randomUUID()), 404, { message: "Message not found" });
    expectError(await why("nonsense"), 404, { message: "Message not found" });
    const other = await ann.conversation([eve]);
    const elsewhere = await ann.send(other.id, "secret");
    expectError(await why(elsewhere.id), 404, { message: "Message not found" });
    dataOf(await ann.delete(`${path}messages/${message.id}/`));
    expect(dataOf(await why(message.id)).reason).toBe("deleted");
  });
});
