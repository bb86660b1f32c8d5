import { beforeAll, describe, expect, test } from "bun:test";
import { conversation, conversationDetail, conversationSummary } from "../../src/protocol/conversations.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import {
  dataOf,
  expectError,
  expectFaults,
  expectShape,
  expectUser,
  ids,
  rows,
  times,
  UNKNOWN_ID,
} from "./expectations.ts";

const PATH = "/api/chat/conversations/";
const MAX_PARTICIPANTS = 55;
const NOBODY = 2 ** 31 - 1;
const notFound = { message: "Conversation not found", code: "not_found" };

const create = (client: Client, participant_ids: unknown, name?: unknown) =>
  client.post(PATH, { participant_ids, name });
const detail = async (client: Client, id: string) => dataOf(await client.get(`${PATH}${id}/`));
const list = async (client: Client, query = "") => dataOf(await client.get(PATH + query));
const rename = (client: Client, id: string, name: unknown) => client.patch(`${PATH}${id}/`, { name });
const add = (client: Client, id: string, user_ids: unknown) => client.post(`${PATH}${id}/participants/`, { user_ids });
const remove = (client: Client, id: string, userId: unknown) => client.delete(`${PATH}${id}/participants/${userId}/`);

inEachMode("conversations", (mode) => {
  const server = withServer(mode, { MAX_PARTICIPANTS: String(MAX_PARTICIPANTS) });
  let ann: Client;
  let bob: Client;
  let cid: Client;
  let dee: Client;
  /** As many people as a conversation may have beside one more; they never log in. */
  let crowd: number[];

  beforeAll(async () => {
    [ann, bob, cid, dee] = [
      await server.person("Ann"),
      await server.person("Bob"),
      await server.person("Cid"),
      await server.person("Dee"),
    ];
    const names = { first_name: "Crowd", last_name: "Member", password: PASSWORD, password_confirm: PASSWORD };
    const member = (i: number) =>
      server.visitor().post("/api/users/register/", { ...names, email: `crowd${i}@example.com` });
    crowd = ids(await Promise.all(times(MAX_PARTICIPANTS, async (i) => dataOf(await member(i), 201)))) as number[];
  });

  describe("a 1-on-1", () => {
    test("is made with the caller in it, listed or not, and looks as the contract says", async () => {
      const [eve, fay] = [await server.person("Eve"), await server.person("Fay")];
      const made = dataOf(await create(eve, [fay.id]), 201, "Conversation created successfully");
      expectShape(conversation, made);
      expect(made).toMatchObject({
        name: null,
        display_name: "Chat with Fay Tester",
        is_group: false,
        participant_count: 2,
      });
      for (const user of made.participants) expectUser(user);
      expect(ids(made.participants).sort()).toEqual([eve.id, fay.id].sort());
      const again = dataOf(await create(fay, [fay.id, eve.id]), 200, "Conversation already exists");
      expect(again).toMatchObject({ id: made.id, display_name: "Chat with Eve Tester" });
    });

    test("is made once when 50 requests of both people race", async () => {
      const [eve, fay] = [await server.person(), await server.person()];
      const answers = await Promise.all(
        times(50, (i) => (i % 2 ? create(eve, [fay.id]) : create(fay, [eve.id, fay.id]))),
      );
      expect(new Set(answers.map((answer) => answer.body.data?.id)).size).toBe(1);
      expect(answers.map((answer) => answer.status).sort()).toEqual([...times(49, () => 200), 201]);
      expect(await list(eve)).toHaveLength(1);
    });

    test("can't be changed or added to, and nobody can remove the other person", async () => {
      const { id } = await ann.conversation([bob]);
      expectError(await rename(ann, id, "Us"), 400);
      expectError(await add(ann, id, [cid.id]), 400);
      expectError(await remove(ann, id, bob.id), 400, { code: "not_a_group" });
      expect(await detail(bob, id)).toMatchObject({ name: null, participant_count: 2, is_group: false });
    });
  });

  describe("a group", () => {
    test("of more than 2 is named after its first three, by joining", async () => {
      const made = dataOf(
        await create(ann, [dee.id, bob.id, ann.id, cid.id]),
        201,
        "Conversation created successfully",
      );
      expectShape(conversation, made);
      expect(made).toMatchObject({
        name: null,
        display_name: "Group with Dee, Bob, Ann",
        is_group: true,
        participant_count: 4,
      });
      expect(ids(made.participants)).toEqual([dee.id, bob.id, ann.id, cid.id]);
    });

    test("with a name is called by it, by everyone", async () => {
      const made = dataOf(await create(ann, [bob.id, cid.id], "Café ☕"), 201);
      expect(made).toMatchObject({ name: "Café ☕", display_name: "Café ☕" });
      expect(await detail(bob, made.id)).toMatchObject({ name: "Café ☕", display_name: "Café ☕" });
    });

    test("of the same people can be made again", async () => {
      const first = dataOf(await create(ann, [bob.id, cid.id]), 201);
      expect(dataOf(await create(ann, [bob.id, cid.id]), 201).id).not.toBe(first.id);
    });

    test("of 55 shows the first 50, and has as many as MAX_PARTICIPANTS allows", async () => {
      const made = dataOf(await create(ann, crowd.slice(1)), 201);
      expect(made.participant_count).toBe(MAX_PARTICIPANTS);
      expect(ids(made.participants)).toEqual(crowd.slice(1, 51));
      expectFaults(await create(ann, crowd), "participant_ids");
    });
  });

  const notIds = [undefined, null, "1", {}, ["1"], [1.5], [null], [0], [-1], [2 ** 31], [[1]], [NOBODY]];
  test.each(rows([[], ...notIds]))("participant_ids %j are refused, as a list of texts", async (participant_ids) => {
    expectFaults(await create(ann, participant_ids), "participant_ids");
  });

  test("a conversation with yourself alone, or with the same person twice, is refused with a list of texts", async () => {
    expectFaults(await create(ann, [ann.id]), "participant_ids");
    expectFaults(await create(ann, [bob.id, bob.id]), "participant_ids");
    expectFaults(await create(ann, [ann.id, bob.id, ann.id]), "participant_ids");
  });

  test.each(rows([5, {}, "nul\0", "\ud800", "two\nlines", "x".repeat(5000)]))(
    "the name %j is refused",
    async (name) => {
      expectFaults(await create(ann, [bob.id, cid.id], name), "name");
    },
  );

  test("every faulty field is named at once", async () => {
    expectFaults(await create(ann, "x", 5), "participant_ids", "name");
  });

  describe("the list", () => {
    test("shows your own conversations, most recently active first, with exact counts and the newest message", async () => {
      const eve = await server.person("Eve");
      const older = await eve.conversation([ann]);
      const newer = await eve.conversation([bob]);
      expect(ids(await list(eve))).toEqual([newer.id, older.id]);
      expect((await list(eve))[1]).toMatchObject({ message_count: 0, unread_count: 0, last_message: null });

      await Bun.sleep(2);
      await ann.send(older.id, "one");
      const last = await ann.send(older.id, "two");
      const [first, second] = await list(eve);
      expectShape(conversationSummary, first);
      expect(first).toMatchObject({ id: older.id, message_count: 2, unread_count: 2, last_message: last });
      expect(first.updated_at).toBe(last.created_at);
      expect(first.updated_at > older.updated_at).toBe(true);
      expect(second).toMatchObject({ id: newer.id, message_count: 0 });
      expect(ids(await list(ann))).toContain(older.id);
      expect(ids(await list(bob))).not.toContain(older.id);
    });

    test("pages by limit and offset", async () => {
      const eve = await server.person();
      for (const other of [ann, bob, cid]) await eve.conversation([other]);
      const all = ids(await list(eve));
      expect(all).toHaveLength(3);
      expect(ids(await list(eve, "?limit=2"))).toEqual(all.slice(0, 2));
      expect(ids(await list(eve, "?limit=2&offset=2"))).toEqual(all.slice(2));
      expect(await list(eve, "?offset=3")).toEqual([]);
    });

    test("is searched by its own name and by the names and e-mails of others", async () => {
      const [eve, fay, gus] = [await server.person("Eve"), await server.person("Fayette"), await server.person("Gus")];
      const pair = await eve.conversation([fay]);
      const group = await eve.conversation([fay, gus], "100% Alps_now");
      const other = await eve.conversation([gus]);
      await fay.conversation([gus], "Alps of others");
      const found = async (search: string) => ids(await list(eve, `?search=${encodeURIComponent(search)}`)).sort();
      expect(await found("alps")).toEqual([group.id]);
      expect(await found("FAYETTE test")).toEqual([pair.id, group.id].sort());
      expect(await found(gus.user?.email ?? "")).toEqual([group.id, other.id].sort());
      for (const text of ["0%", "s_n"]) expect(await found(text)).toEqual([group.id]);
      // The caller is a member of all of them.
      for (const text of ["Eve", "A%s", "Alps of", "\\"]) expect(await found(text)).toEqual([]);

      const page = await eve.get(`${PATH}?search=Fayette&limit=1&offset=1`);
      expect(ids(page.body.data)).toEqual([pair.id]);
      expect(page.body.meta).toMatchObject({ total: 2 });
      expectFaults(await eve.get(`${PATH}?search=${"x".repeat(255)}`), "search");
    });

    test("counts unread messages in all conversations of the user, whatever page or search is asked for", async () => {
      const eve = await server.person("Eve");
      const unread = async (query = "") => (await eve.get(PATH + query)).body.meta.unread;
      expect(await unread()).toEqual({ conversations: 0, messages: 0, mentions: 0, marked: 0 });
      const [one, two] = [await eve.conversation([ann]), await eve.conversation([bob, cid], "Alps")];
      const silent = await eve.conversation([dee]);
      for (const text of ["one", "two", "three"]) await ann.send(one.id, text);
      await bob.send(two.id, "four");
      await bob.send((await bob.conversation([ann])).id, "none of Eve's");
      const all = { conversations: 2, messages: 4, mentions: 0, marked: 0 };
      for (const query of ["", "?limit=1", "?limit=1&offset=1", "?offset=99", "?search=Alps", "?search=nothing"])
        expect([query, await unread(query)]).toEqual([query, all]);
      await eve.send(one.id, "an answer");
      expect(await unread()).toEqual({ conversations: 1, messages: 1, mentions: 0, marked: 0 });
      await eve.get(`${PATH}${two.id}/messages/`);
      expect(await unread()).toEqual({ conversations: 0, messages: 0, mentions: 0, marked: 0 });
      expect((await detail(eve, silent.id)).unread_count).toBe(0);
    });

    test.each(["limit=0", "limit=x", "limit=2.0", "offset=-1", "offset="])("refuses ?%s", async (query) => {
      expectFaults(await ann.get(`${PATH}?${query}`), query.split("=")[0] ?? "");
    });
  });

  describe("the detail", () => {
    test("is the list's, with everybody's read position", async () => {
      const { id } = await ann.conversation([bob, cid]);
      for (const content of ["one", "two", "three"]) await ann.send(id, content);
      await bob.get(`${PATH}${id}/messages/`);
      await ann.send(id, "four");
      const seen = await detail(bob, id);
      expectShape(conversationDetail, seen);
      expect(seen).toMatchObject({ message_count: 4, unread_count: 1, last_message: { content: "four" } });
      expect(seen.read_positions).toEqual([
        { user_id: bob.id, seq: 3 },
        { user_id: cid.id, seq: 0 },
        { user_id: ann.id, seq: 4 },
      ]);
      const { read_positions: _, ...summary } = seen;
      expect((await list(bob)).find((row: { id: string }) => row.id === id)).toEqual(summary);
    });

    test("is 404 for others than participants, and for a conversation that does not exist", async () => {
      const { id } = await ann.conversation([bob, cid]);
      const hidden = await dee.get(`${PATH}${id}/`);
      expectError(hidden, 404, notFound);
      for (const unknown of [UNKNOWN_ID, "x", "1", `${id}x`, "%00"])
        expect((await dee.get(`${PATH}${unknown}/`)).text).toBe(hidden.text);
    });
  });

  describe("renaming a group", () => {
    test("is for any participant, and is seen by all", async () => {
      const { id } = await ann.conversation([bob, cid]);
      const renamed = dataOf(await rename(bob, id, "  Friends  "));
      expectShape(conversation, renamed);
      expect(renamed).toMatchObject({ id, name: "Friends", display_name: "Friends" });
      expect((await detail(cid, id)).display_name).toBe("Friends");
      expect(dataOf(await rename(cid, id, null))).toMatchObject({
        name: null,
        display_name: "Group with Bob, Cid, Ann",
      });
    });

    test("is refused to outsiders and without a name", async () => {
      const { id } = await ann.conversation([bob, cid], "Friends");
      for (const name of [undefined, 5, "nul\0"]) expectFaults(await rename(ann, id, name), "name");
      expectError(await rename(dee, id, "Mine"), 404, notFound);
      expectError(await rename(dee, UNKNOWN_ID, "Mine"), 404, notFound);
      expect((await detail(ann, id)).name).toBe("Friends");
    });
  });

  describe("participants", () => {
    test("are paged, by joining, each once", async () => {
      const { id } = dataOf(await create(ann, crowd.slice(1)), 201);
      const seen: number[] = [];
      for (let after: number | null = 0; after !== null; ) {
        const answer = await ann.get(`${PATH}${id}/participants/?limit=20&after=${after}`);
        const page = dataOf(answer);
        for (const user of page) expectUser(user);
        expect(page.length).toBeLessThanOrEqual(20);
        seen.push(...(ids(page) as number[]));
        after = answer.body.meta.next_after;
      }
      expect(seen).toEqual([...crowd.slice(1), ann.id]);
    });

    test("are shown to participants only, and not for bad numbers", async () => {
      const { id } = await ann.conversation([bob, cid]);
      expectError(await dee.get(`${PATH}${id}/participants/`), 404, notFound);
      expectError(await dee.get(`${PATH}${UNKNOWN_ID}/participants/`), 404, notFound);
      for (const query of ["limit=0", "limit=x", "after=-1", "after=x"])
        expectFaults(await ann.get(`${PATH}${id}/participants/?${query}`), query.split("=")[0] ?? "");
      expect(dataOf(await ann.get(`${PATH}${id}/participants/?after=${Number.MAX_SAFE_INTEGER}`))).toEqual([]);
    });

    test("are added by any participant; a new one starts at the newest message and sees the history", async () => {
      const { id } = await ann.conversation([bob, cid]);
      await ann.send(id, "before");
      const changed = dataOf(await add(bob, id, [dee.id]));
      expectShape(conversation, changed);
      expect(ids(changed.participants)).toEqual([bob.id, cid.id, ann.id, dee.id]);
      expect(changed.participant_count).toBe(4);
      expect(await detail(dee, id)).toMatchObject({ message_count: 1, unread_count: 0 });
      const { messages } = dataOf(await dee.get(`${PATH}${id}/messages/`));
      expect(messages.map((message: { content: string }) => message.content)).toEqual(["before"]);
      await ann.send(id, "after");
      expect((await detail(dee, id)).unread_count).toBe(1);
    });

    test("that are there already are not added twice", async () => {
      const { id } = await ann.conversation([bob, cid]);
      await Promise.all(times(10, () => add(ann, id, [dee.id])));
      expect((await detail(ann, id)).participant_count).toBe(4);
    });

    test("are not added when unknown, too many, nobody, or by an outsider", async () => {
      const { id } = await ann.conversation([bob, cid]);
      for (const user_ids of [undefined, "1", [], [NOBODY], [dee.id, dee.id], [0], crowd])
        expectFaults(await add(ann, id, user_ids), "user_ids");
      expectFaults(await add(ann, id, crowd.slice(2)), "user_ids");
      expectError(await add(dee, id, [dee.id]), 404, notFound);
      expect((await detail(ann, id)).participant_count).toBe(3);
      dataOf(await add(ann, id, crowd.slice(3)));
      expect((await detail(ann, id)).participant_count).toBe(MAX_PARTICIPANTS);
    });

    test("never get more than MAX_PARTICIPANTS, when adds race", async () => {
      const { id } = dataOf(await create(ann, crowd.slice(0, 52)), 201);
      const answers = await Promise.all([bob.id, cid.id, dee.id].map((userId) => add(ann, id, [userId])));
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 400]);
      expect((await detail(ann, id)).participant_count).toBe(MAX_PARTICIPANTS);
    });

    test("are removed by the owner, or by themselves, and by nobody else", async () => {
      const { id } = await ann.conversation([bob, cid, dee]);
      expectError(await remove(bob, id, cid.id), 403);
      dataOf(await remove(ann, id, cid.id));
      dataOf(await remove(dee, id, dee.id));
      for (const gone of [cid, dee]) {
        expectError(await gone.get(`${PATH}${id}/`), 404, notFound);
        expectError(await gone.get(`${PATH}${id}/messages/`), 403);
        expect(ids(await list(gone))).not.toContain(id);
      }
      expect(ids((await detail(ann, id)).participants)).toEqual([bob.id, ann.id]);
    });

    test("that are not there can't be removed, nor by an outsider", async () => {
      const { id } = await ann.conversation([bob, cid]);
      for (const userId of [dee.id, NOBODY, 0, "x", "99999999999"]) expectError(await remove(ann, id, userId), 404);
      expectError(await remove(dee, id, bob.id), 404, notFound);
      expectError(await remove(dee, id, dee.id), 404, notFound);
      expect((await detail(ann, id)).participant_count).toBe(3);
    });

    test("inherit ownership when the owner leaves, the longest there first", async () => {
      const { id } = await ann.conversation([bob, cid, dee]);
      dataOf(await remove(ann, id, ann.id));
      expectError(await remove(cid, id, dee.id), 403);
      dataOf(await remove(bob, id, dee.id));
      dataOf(await remove(bob, id, bob.id));
      dataOf(await add(cid, id, [dee.id]));
      dataOf(await remove(cid, id, dee.id));
      dataOf(await remove(cid, id, cid.id));
      expectError(await cid.get(`${PATH}${id}/`), 404, notFound);
    });

    test("of a group that has shrunk to 2 still are a group", async () => {
      const { id } = await ann.conversation([bob, cid]);
      dataOf(await remove(ann, id, cid.id));
      expect(await detail(ann, id)).toMatchObject({ is_group: true, participant_count: 2 });
      expect((await ann.conversation([bob])).id).not.toBe(id);
    });
  });
});
