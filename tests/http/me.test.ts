import { describe, expect, test } from "bun:test";
import type { ConversationMe } from "../../src/protocol/me.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, UNKNOWN_ID } from "./expectations.ts";

const PATH = "/api/chat/conversations/";
const FAR = "9999-12-31T23:59:59.999Z";
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

const change = (client: Client, id: string, body: unknown) => client.patch(`${PATH}${id}/me/`, body);
const set = async (client: Client, id: string, body: unknown) =>
  dataOf(await change(client, id, body), 200, "Settings saved");
const one = async (client: Client, id: string) => dataOf(await client.get(`${PATH}${id}/`));
const listed = async (client: Client, query = "") => (await client.get(`${PATH}${query}`)).body;
const idsIn = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);

inEachMode("what a member sets for a conversation", (mode) => {
  const server = withServer(mode);

  async function pair() {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    return { ann, bob, id };
  }

  test("is nothing at first, and every conversation object carries it", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const me: ConversationMe = {
      archived: false,
      archived_seq: null,
      muted_until: null,
      level: "all",
      unread: false,
      unread_seq: null,
      me_version: 0,
    };
    const group = await ann.conversation([bob], "Two");
    const direct = await ann.conversation([eve]);
    expect([group.me, direct.me]).toEqual([me, me]);
    const { id } = await ann.conversation([bob, eve], "Three");
    const again = await set(ann, id, { level: "nothing" });
    expect(again).toEqual({ ...me, level: "nothing", me_version: 1 });
    const objects = [
      await one(ann, id),
      dataOf(await ann.patch(`${PATH}${id}/`, { name: "Friends" }), 200, "Conversation updated successfully"),
      (await listed(ann)).data.find((found: { id: string }) => found.id === id),
      (await listed(ann, "?search=Friends")).data[0],
    ];
    for (const object of objects) expect(object.me).toEqual(again);
    expect((await one(bob, id)).me).toEqual(me);
    // Begins the 1-on-1 again.
    await set(ann, direct.id, { level: "nothing" });
    expect((await ann.conversation([eve])).me).toMatchObject({ level: "nothing", me_version: 2 });
  });

  test("takes a number for a change, and none for a repeat", async () => {
    const { ann, id } = await pair();
    await ann.send(id, "one");
    const until = inMs(60_000);
    const all = { archived: true, muted_until: until, level: "nothing", unread: true };
    const first = await set(ann, id, all);
    expect(first).toEqual({ ...all, archived_seq: 1, unread_seq: 1, me_version: 1 });
    for (const body of [all, { archived: true }, { muted_until: until }, { level: "nothing" }, { unread: true }, {}])
      expect(await set(ann, id, body)).toEqual(first);
    expect((await set(ann, id, { unread: false })).me_version).toBe(2);
    expect((await set(ann, id, { unread: false })).me_version).toBe(2);
  });

  test("is refused with a text for each wrong field", async () => {
    const { ann, id } = await pair();
    const faults = async (body: unknown, errors: Record<string, string[]>) =>
      expect(await change(ann, id, body)).toMatchObject({ status: 400, body: { code: "validation_failed", errors } });
    await faults(
      { archived: "yes", unread: 1, level: "some", muted_until: 5 },
      {
        archived: ["Must be true or false."],
        unread: ["Must be true or false."],
        level: ["Must be all, mentions or nothing."],
        muted_until: ["Must be an ISO 8601 time with a time zone, such as 2026-03-14T15:00:00Z, or null."],
      },
    );
    const time = ["Must be an ISO 8601 time with a time zone, such as 2026-03-14T15:00:00Z, or null."];
    for (const muted_until of [
      "tomorrow",
      "2026-03-14",
      "2026-02-30T00:00:00Z",
      "2026-03-14T15:00:00",
      "9999-12-31T23:59:59-14:00",
      "+010000-01-01T00:00:00Z",
      "",
      "9".repeat(50_000),
    ])
      await faults({ muted_until }, { muted_until: time });
    await faults({ archived_seq: -1 }, { archived_seq: ["Ensure this value is greater than or equal to 0."] });
    expectError(await change(ann, id, [1]), 400, { message: "The body must be a JSON object" });
    expect((await one(ann, id)).me.me_version).toBe(0);
  });

  test("is for members only", async () => {
    const { id } = await pair();
    const eve = await server.person("Eve");
    expectError(await change(eve, id, { archived: true }), 403, {
      message: "You are not a participant in this conversation",
    });
    expectError(await change(eve, UNKNOWN_ID, { archived: true }), 404, { message: "Conversation not found" });
    expectError(await change(eve, "x", { archived: true }), 404, { message: "Conversation not found" });
    eve.cookie = undefined;
    expectError(await change(eve, id, { archived: true }), 401, { message: "Authentication required" });
  });

  test("ends with the membership", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const { id } = await ann.conversation([bob, eve]);
    await set(bob, id, { archived: true, level: "nothing" });
    await bob.delete(`${PATH}${id}/participants/${bob.id}/`);
    expectError(await change(bob, id, { archived: true }), 403, {
      message: "You are not a participant in this conversation",
    });
    const added = await ann.post(`${PATH}${id}/participants/`, { user_ids: [bob.id] });
    const [request] = added.body.meta.requested.length ? dataOf(await bob.get("/api/chat/requests/")) : [];
    await bob.post(`/api/chat/requests/${request.id}/accept/`);
    expect((await one(bob, id)).me).toMatchObject({ archived: false, level: "all" });
  });

  describe("archived", () => {
    test("moves it to the other list, and a message brings it back", async () => {
      const { ann, bob, id } = await pair();
      const other = (await ann.conversation([await server.person("Eve")])).id;
      await bob.send(id, "one");
      await set(ann, id, { archived: true });
      const lists = async () => [
        idsIn(await listed(ann)),
        idsIn(await listed(ann, "?archived=false")),
        idsIn(await listed(ann, "?archived=true")),
      ];
      expect(await lists()).toEqual([[id, other], [other], [id]]);
      expect((await listed(ann, "?archived=true")).meta.total).toBe(1);
      expect((await listed(ann, "?archived=false")).meta.total).toBe(1);
      expect(idsIn(await listed(ann, "?archived=true&search=bob"))).toEqual([id]);
      expect(idsIn(await listed(ann, "?archived=false&search=bob"))).toEqual([]);
      expect(idsIn(await listed(bob, "?archived=false"))).toEqual([id]);
      await bob.send(id, "two");
      expect(await lists()).toEqual([[id, other], [id, other], []]);
      expect((await one(ann, id)).me).toMatchObject({ archived: false, archived_seq: 1, me_version: 1 });
    });

    test("stays while it is muted, and when the mute ends, until a later message", async () => {
      const { ann, bob, id } = await pair();
      const isArchived = async () => (await one(ann, id)).me.archived;
      await set(ann, id, { archived: true, level: "nothing" });
      await bob.send(id, "one");
      expect(await isArchived()).toBe(true);
      await set(ann, id, { level: "all", muted_until: inMs(400) });
      await bob.send(id, "two");
      expect(await isArchived()).toBe(true);
      await Bun.sleep(450);
      expect(await isArchived()).toBe(true);
      expect((await listed(ann, "?archived=false")).meta.total).toBe(0);
      await bob.send(id, "three");
      expect(await isArchived()).toBe(false);
      expect((await listed(ann, "?archived=false")).meta.total).toBe(1);
      // It is back: a mute does not archive it again.
      await set(ann, id, { level: "nothing" });
      expect(await isArchived()).toBe(false);
    });

    test("ends with a message that the person did not know", async () => {
      const { ann, bob, id } = await pair();
      await bob.send(id, "seen");
      await bob.send(id, "not seen");
      expect(await set(ann, id, { archived: true, archived_seq: 1 })).toMatchObject({ archived: false, me_version: 0 });
      expect(await set(ann, id, { archived: true, archived_seq: 99 })).toMatchObject({
        archived: true,
        archived_seq: 2,
      });
    });
  });

  describe("muted", () => {
    test("takes times in any zone, and a time in the past is none", async () => {
      const { ann, id } = await pair();
      const until = async (muted_until: string | null) => (await set(ann, id, { muted_until })).muted_until;
      expect(await until("2999-01-01T02:00:00.5+02:00")).toBe("2999-01-01T00:00:00.500Z");
      expect(await until(FAR)).toBe(FAR);
      expect(await until("2020-01-01T00:00:00Z")).toBe(null);
      expect(await until("0000-01-01T00:00:00Z")).toBe(null);
      expect((await one(ann, id)).me.me_version).toBe(3);
    });
  });

  describe("the counts of unread messages", () => {
    const unread = async (client: Client) => {
      const [short, searched] = [await listed(client, "?limit=1"), await listed(client, "?search=zzz")];
      expect(searched.meta.unread).toEqual(short.meta.unread);
      return short.meta.unread;
    };

    test("leave out what is muted or archived, and count what is marked as a conversation", async () => {
      const { ann, bob, id } = await pair();
      const eve = await server.person("Eve");
      const { id: second } = await ann.conversation([eve]);
      for (const content of ["one", "two"]) await bob.send(id, content);
      await eve.send(second, "three");
      expect(await unread(ann)).toEqual({ conversations: 2, messages: 3, mentions: 0, marked: 0 });
      await set(ann, id, { muted_until: inMs(300) });
      expect(await unread(ann)).toEqual({ conversations: 1, messages: 1, mentions: 0, marked: 0 });
      await Bun.sleep(350);
      expect(await unread(ann)).toEqual({ conversations: 2, messages: 3, mentions: 0, marked: 0 });
      await set(ann, id, { level: "nothing", unread: true });
      expect(await unread(ann)).toEqual({ conversations: 1, messages: 1, mentions: 0, marked: 0 });
      await set(ann, second, { archived: true });
      expect(await unread(ann)).toEqual({ conversations: 0, messages: 0, mentions: 0, marked: 0 });
      await set(ann, id, { level: "all" });
      await ann.get(`${PATH}${id}/messages/`);
      expect(await unread(ann)).toEqual({ conversations: 0, messages: 0, mentions: 0, marked: 0 });
      expect(await set(ann, id, { unread: true })).toMatchObject({ unread: true, unread_seq: 2 });
      expect(await unread(ann)).toEqual({ conversations: 1, messages: 0, mentions: 0, marked: 1 });
      expect((await one(ann, id)).unread_count).toBe(0);
    });

    test("lose a mark when the person reads on, sends, or takes it away", async () => {
      const { ann, bob, id } = await pair();
      await bob.send(id, "one");
      const marked = async () => (await one(ann, id)).me.unread;
      const mark = () => set(ann, id, { unread: true });
      expect((await mark()).unread).toBe(true);
      await bob.send(id, "two");
      expect(await marked()).toBe(true);
      await ann.get(`${PATH}${id}/messages/`);
      expect(await marked()).toBe(false);
      expect((await mark()).unread).toBe(true);
      await ann.get(`${PATH}${id}/messages/`);
      expect(await marked()).toBe(true);
      await ann.send(id, "three");
      expect(await marked()).toBe(false);
      await mark();
      expect((await set(ann, id, { unread: false })).unread).toBe(false);
    });
  });
});
