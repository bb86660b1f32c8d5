import { describe, expect, test } from "bun:test";
import { request } from "../../src/protocol/requests.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, expectFaults, expectShape, ids, times, UNKNOWN_ID } from "./expectations.ts";

const PATH = "/api/chat/conversations/";
const REQUESTS = "/api/chat/requests/";
const create = (client: Client, participant_ids: number[], name?: string) =>
  client.post(PATH, { participant_ids, name });
const add = (client: Client, id: string, user_ids: number[]) => client.post(`${PATH}${id}/participants/`, { user_ids });
const remove = (client: Client, id: string, userId: number) => client.delete(`${PATH}${id}/participants/${userId}/`);
const listed = async (client: Client) => dataOf(await client.get(PATH));
const waiting = async (client: Client) => dataOf(await client.get(REQUESTS));
const accept = (client: Client, id: string) => client.post(`${REQUESTS}${id}/accept/`);
const decline = (client: Client, id: string) => client.delete(`${REQUESTS}${id}/`);
const peopleOf = async (client: Client, id: string) =>
  (ids(dataOf(await client.get(`${PATH}${id}/participants/`))) as number[]).sort((a, b) => a - b);

inEachMode("requests", (mode) => {
  const server = withServer(mode);

  const person = (name: string) => server.person(name);
  /** A person whom nobody may add unasked, or only people they share a conversation with. */
  const picky = async (name: string, may_add_me = "nobody") => {
    const client = await person(name);
    expect(dataOf(await client.patch("/api/users/profile/", { may_add_me }))).toMatchObject({ may_add_me });
    return client;
  };
  const asked = async (from: Client, whom: Client) => {
    const answer = await create(from, [whom.id]);
    return dataOf(answer, 202, "Request sent").request;
  };

  describe("the setting who may add me", () => {
    test("is everybody at first, is kept, and takes three values", async () => {
      const ann = await person("Ann");
      const profile = async () => dataOf(await ann.get("/api/users/profile/"));
      expect((await profile()).may_add_me).toBe("everybody");
      dataOf(await ann.patch("/api/users/profile/", { may_add_me: "shared" }));
      dataOf(await ann.patch("/api/users/profile/", { first_name: "Anna" }));
      expect(await profile()).toMatchObject({ may_add_me: "shared", first_name: "Anna" });
      for (const value of ["friends", null, 1, ""]) {
        const answer = await ann.patch("/api/users/profile/", { may_add_me: value });
        expectFaults(answer, "may_add_me");
        expect(answer.body.errors.may_add_me).toEqual(["Must be everybody, shared or nobody."]);
      }
    });

    test("is shown to nobody else", async () => {
      const [ann, bob] = [await person("Ann"), await picky("Bob")];
      const { conversation } = await asked(ann, bob);
      expect(conversation).toBeNull();
      const found = await ann.get(`/api/users/list/?search=${bob.user?.email}`);
      expect(found.text).not.toContain("may_add_me");
    });
  });

  describe("to write to a person", () => {
    test("is a request, which makes the 1-on-1 when it is accepted", async () => {
      const [ann, bob] = [await person("Ann"), await picky("Bob")];
      const sent = await asked(ann, bob);
      expectShape(request.strict(), sent);
      expect(sent.from.id).toBe(ann.id);
      expect(await listed(ann)).toEqual([]);
      expect(await waiting(bob)).toEqual([sent]);
      expect(await waiting(ann)).toEqual([]);
      const made = dataOf(await accept(bob, sent.id), 200, "Request accepted");
      expect(made).toMatchObject({ is_group: false, display_name: "Chat with Ann Tester" });
      expect(ids(await listed(ann))).toEqual([made.id]);
      expect(ids(await listed(bob))).toEqual([made.id]);
      expect(await waiting(bob)).toEqual([]);
      expect(dataOf(await create(ann, [bob.id]), 200, "Conversation already exists").id).toBe(made.id);
      expectError(await accept(bob, sent.id), 404, { message: "Request not found" });
    });

    test("an existing 1-on-1 is given back", async () => {
      const [ann, bob] = [await person("Ann"), await person("Bob")];
      const { id } = await ann.conversation([bob]);
      dataOf(await bob.patch("/api/users/profile/", { may_add_me: "nobody" }));
      expect(dataOf(await create(ann, [bob.id]), 200).id).toBe(id);
    });

    test("people who share a conversation need none when the setting is `shared`", async () => {
      const [ann, bob, cid] = [await person("Ann"), await picky("Bob", "shared"), await person("Cid")];
      await asked(ann, bob);
      await bob.conversation([ann, cid]);
      dataOf(await create(cid, [bob.id]), 201);
      // The request is still there, and the 1-on-1 ends it.
      expect(await waiting(bob)).toHaveLength(1);
      dataOf(await create(ann, [bob.id]), 201);
      expect(await waiting(bob)).toEqual([]);
    });

    test("a person who was asked and begins it themselves has accepted", async () => {
      const [ann, bob] = [await picky("Ann"), await picky("Bob")];
      await asked(ann, bob);
      dataOf(await create(bob, [ann.id]), 201);
      expect(await waiting(bob)).toEqual([]);
      expect(await listed(ann)).toHaveLength(1);
    });

    test("asked again is the same request, also after it was declined", async () => {
      const [ann, bob] = [await person("Ann"), await picky("Bob")];
      const first = await asked(ann, bob);
      expect(await asked(ann, bob)).toEqual(first);
      expect(dataOf(await decline(bob, first.id), 200, "Request declined")).toBeUndefined();
      expect(await asked(ann, bob)).toEqual(first);
      expect(await waiting(bob)).toEqual([]);
      expectError(await decline(bob, first.id), 404);
      expectError(await accept(bob, first.id), 404);
      // The person who declined may still think better of it.
      dataOf(await create(bob, [ann.id]), 201);
    });

    test("50 racing wishes make one request, and 50 racing answers one conversation", async () => {
      const [ann, bob] = [await person("Ann"), await picky("Bob")];
      const wishes = await Promise.all(times(50, () => create(ann, [bob.id])));
      expect(new Set(wishes.map(({ status }) => status))).toEqual(new Set([202]));
      const [sent, ...others] = await waiting(bob);
      expect(others).toEqual([]);
      const answers = await Promise.all(times(50, () => accept(bob, sent.id)));
      const made = answers.filter(({ status }) => status === 200);
      expect(made.length).toBeGreaterThan(0);
      expect(answers.filter(({ status }) => status !== 200).every(({ status }) => status === 404)).toBe(true);
      expect(new Set(made.map(({ body }) => body.data.id)).size).toBe(1);
      expect(await listed(bob)).toHaveLength(1);
    });

    test("a request is shown to nobody else", async () => {
      const [ann, bob, cid] = [await person("Ann"), await picky("Bob"), await person("Cid")];
      const { id } = await asked(ann, bob);
      for (const outsider of [ann, cid]) {
        expectError(await accept(outsider, id), 404, { message: "Request not found" });
        expectError(await decline(outsider, id), 404, { message: "Request not found" });
      }
      for (const wrong of [UNKNOWN_ID, "1", "x"]) expectError(await accept(bob, wrong), 404);
      expect(await waiting(bob)).toHaveLength(1);
    });

    test("one person has at most 50 waiting, declined ones too, and hears when there is room", async () => {
      const ann = await person("Ann");
      const crowd = await Promise.all(times(51, () => picky("Crowd")));
      const answers = await Promise.all(crowd.map((one) => create(ann, [one.id])));
      expect(answers.map(({ status }) => status).sort()).toEqual([...times(50, () => 202), 429]);
      const refused = answers.findIndex(({ status }) => status === 429);
      expectError(answers[refused] ?? (await create(ann, [])), 429, { code: "throttled" });
      expect(Number(answers[refused]?.headers.get("retry-after"))).toBeWithin(29 * 86_400, 30 * 86_400 + 1);
      expect(answers[refused]?.body.message).toStartWith("Request was throttled. Expected available in ");
      const [first, second] = crowd.filter((_, i) => i !== refused);
      const last = crowd[refused];
      if (!first || !second || !last) throw new Error("nobody is left");
      for (const one of await waiting(first)) dataOf(await decline(first, one.id));
      expectError(await create(ann, [last.id]), 429);
      for (const one of await waiting(second)) dataOf(await accept(second, one.id));
      dataOf(await create(ann, [last.id]), 202);
    });

    test("pages go on with offset, newest first", async () => {
      const bob = await picky("Bob");
      const senders = await Promise.all(times(5, () => person("Sender")));
      for (const sender of senders) await asked(sender, bob);
      const page = await bob.get(`${REQUESTS}?limit=2&offset=1`);
      expect(page.body.meta.total).toBe(5);
      expect(dataOf(page).map((one: { from: { id: number } }) => one.from.id)).toEqual([
        senders[3]?.id,
        senders[2]?.id,
      ]);
      expectFaults(await bob.get(`${REQUESTS}?limit=0`), "limit");
    });
  });

  describe("to add people to a group", () => {
    test("asks those who decide themselves, and adds the others", async () => {
      const [ann, bob, cid, dee] = [await person("Ann"), await picky("Bob"), await person("Cid"), await picky("Dee")];
      const answer = await create(ann, [bob.id, cid.id], "Walks");
      const made = dataOf(answer, 201);
      expect(answer.body.meta).toEqual({ requested: [bob.id] });
      expect(ids(made.participants)).toEqual([cid.id, ann.id]);
      expect(made).toMatchObject({ is_group: true, participant_count: 2 });
      const added = await add(cid, made.id, [dee.id]);
      expect(added.body.meta).toEqual({ requested: [dee.id] });
      expect(dataOf(added).participant_count).toBe(2);
      const [forBob] = await waiting(bob);
      expect(forBob).toMatchObject({ from: { id: ann.id }, conversation: { id: made.id, display_name: "Walks" } });
      expectError(await bob.get(`${PATH}${made.id}/`), 404);
      expect(dataOf(await accept(bob, forBob.id))).toMatchObject({ id: made.id, participant_count: 3 });
      expect(await peopleOf(bob, made.id)).toEqual([ann.id, bob.id, cid.id]);
    });

    test("leaves `meta` out where nobody is asked", async () => {
      const [ann, bob, cid, dee] = [await person("Ann"), await person("Bob"), await person("Cid"), await person("Dee")];
      const made = await create(ann, [bob.id, cid.id]);
      expect(made.body.meta).toBeUndefined();
      expect((await add(ann, made.body.data.id, [dee.id])).body.meta).toBeUndefined();
    });

    test("a group whose others are all asked has its maker alone, and is one", async () => {
      const [ann, bob, cid] = [await person("Ann"), await picky("Bob"), await picky("Cid")];
      const answer = await create(ann, [bob.id, cid.id]);
      const made = dataOf(answer, 201);
      expect(answer.body.meta.requested).toEqual([bob.id, cid.id]);
      expect(made).toMatchObject({ is_group: true, participant_count: 1, display_name: "Group with Ann" });
      await ann.send(made.id, "hello?");
      const [forCid] = await waiting(cid);
      expect(forCid.conversation.display_name).toBe("Group with Ann");
      dataOf(await accept(cid, forCid.id));
      expect(await peopleOf(ann, made.id)).toEqual([ann.id, cid.id]);
    });

    test("a request ends with its sender's part in the group, and with their account", async () => {
      const [ann, bob, cid, dee] = [await person("Ann"), await person("Bob"), await person("Cid"), await picky("Dee")];
      const { id } = await ann.conversation([bob, cid]);
      await add(bob, id, [dee.id]);
      const [fromBob] = await waiting(dee);
      dataOf(await remove(bob, id, bob.id));
      expect(await waiting(dee)).toEqual([]);
      expectError(await accept(dee, fromBob.id), 404);
    });
  });

  describe("people who were removed", () => {
    const group = async () => {
      const people = [await person("Ann"), await person("Bob"), await person("Cid")] as const;
      const { id } = await people[0].conversation([people[1], people[2]]);
      return { id, people };
    };

    test("are added again by the owner alone", async () => {
      const { id, people } = await group();
      const [ann, bob, cid] = people;
      dataOf(await remove(ann, id, bob.id));
      const refused = await add(cid, id, [bob.id]);
      expectFaults(refused, "user_ids");
      expect(refused.body.errors.user_ids).toEqual([
        "Only the owner of this group can add Bob Tester: the owner has removed them.",
      ]);
      expect(await peopleOf(cid, id)).toEqual([ann.id, cid.id]);
      const added = await add(ann, id, [bob.id]);
      expect(dataOf(added).participant_count).toBe(3);
      // Nothing is held against them from now on.
      dataOf(await remove(bob, id, bob.id));
      expect((await add(cid, id, [bob.id])).body.meta).toEqual({ requested: [bob.id] });
    });

    test("are added again by the owner whom the group has since", async () => {
      const { id, people } = await group();
      const [ann, bob, cid] = people;
      dataOf(await remove(ann, id, bob.id));
      dataOf(await remove(ann, id, ann.id));
      expect(dataOf(await add(cid, id, [bob.id])).participant_count).toBe(2);
    });

    test("a member's old request does not bring them back", async () => {
      const [ann, cid, bob] = [await person("Ann"), await person("Cid"), await picky("Bob")];
      const { id } = await ann.conversation([cid, await person("Dee")]);
      await add(cid, id, [bob.id]);
      const [fromCid] = await waiting(bob);
      await add(ann, id, [bob.id]);
      dataOf(
        await accept(bob, (await waiting(bob)).find((one: { from: { id: number } }) => one.from.id === ann.id).id),
      );
      dataOf(await remove(ann, id, bob.id));
      expectError(await accept(bob, fromCid.id), 404);
    });

    test("the owner's own old request does not bring them back when they had come by an invite", async () => {
      const [ann, bob] = [await person("Ann"), await picky("Bob")];
      const { id } = await ann.conversation([await person("Cid"), await person("Dee")]);
      await add(ann, id, [bob.id]);
      const [fromAnn] = await waiting(bob);
      const hub = await bob.hub();
      const { code } = dataOf(await ann.post("/api/invites/", { conversation_id: id }), 201);
      dataOf(await bob.post(`/api/invites/${code}/accept/`));
      // Bob's other devices need not ask any longer.
      expect(await hub.next("request_ended")).toMatchObject({ request_id: fromAnn.id });
      dataOf(await remove(ann, id, bob.id));
      expect(await waiting(bob)).toEqual([]);
      expectError(await accept(bob, fromAnn.id), 404);
      expect(await peopleOf(ann, id)).not.toContain(bob.id);
    });

    test("people who left are asked, by the owner too", async () => {
      const { id, people } = await group();
      const [ann, bob] = people;
      dataOf(await remove(bob, id, bob.id));
      expect((await add(ann, id, [bob.id])).body.meta).toEqual({ requested: [bob.id] });
      expect(await peopleOf(ann, id)).not.toContain(bob.id);
      const [sent] = await waiting(bob);
      dataOf(await accept(bob, sent.id));
      expect(await peopleOf(ann, id)).toContain(bob.id);
    });

    test("50 racing accepts join once", async () => {
      const { id, people } = await group();
      const [ann, bob] = people;
      dataOf(await remove(bob, id, bob.id));
      await add(ann, id, [bob.id]);
      const [sent] = await waiting(bob);
      const answers = await Promise.all(times(50, () => accept(bob, sent.id)));
      expect(answers.filter(({ status }) => status !== 200 && status !== 404)).toEqual([]);
      const detail = dataOf(await ann.get(`${PATH}${id}/`));
      expect(detail.participant_count).toBe(3);
      expect(await peopleOf(ann, id)).toHaveLength(3);
    });
  });

  describe("a hidden 1-on-1", () => {
    test("is out of the list, its counts and the search until a message comes", async () => {
      const [ann, bob, cid] = [await person("Ann"), await person("Bob"), await person("Cid")];
      const { id } = await ann.conversation([bob]);
      const other = await ann.conversation([cid]);
      await bob.send(id, "unread");
      const seen = async (query = "") => (await ann.get(PATH + query)).body;
      expect((await seen()).meta).toMatchObject({ total: 2, unread: { conversations: 1, messages: 1 } });
      dataOf(await remove(ann, id, ann.id), 200, "Conversation hidden");
      dataOf(await remove(ann, id, ann.id), 200, "Conversation hidden");
      for (const query of ["", "?limit=1000", "?search=Tester"]) {
        const { data, meta } = await seen(query);
        expect(ids(data)).toEqual([other.id]);
        expect(meta).toMatchObject({ total: 1, unread: { conversations: 0, messages: 0 } });
      }
      expect((await seen("?search=Bob")).data).toEqual([]);
      expect(dataOf(await ann.get(`${PATH}${id}/`))).toMatchObject({ is_hidden: true, unread_count: 1 });
      expect(ids(await listed(bob))).toContain(id);
      await bob.send(id, "still there?");
      const { data, meta } = await seen();
      expect(ids(data)).toEqual([id, other.id]);
      expect(data[0]).not.toContainKey("is_hidden");
      expect(meta).toMatchObject({ total: 2, unread: { conversations: 1, messages: 2 } });
      expect(dataOf(await ann.get(`${PATH}${id}/`))).not.toContainKey("is_hidden");
    });

    test("shows again to a person who begins it again, without a new change", async () => {
      const [ann, bob] = [await person("Ann"), await person("Bob")];
      const { id } = await ann.conversation([bob]);
      for (const client of [ann, bob]) dataOf(await remove(client, id, client.id));
      expect(dataOf(await create(ann, [bob.id]), 200).id).toBe(id);
      expect(ids(await listed(ann))).toEqual([id]);
      expect(await listed(bob)).toEqual([]);
      const socket = await ann.chat(id);
      expect(socket.all("connection_established")[0]).toMatchObject({ last_version: 0 });
      socket.close();
      expectError(await remove(ann, id, bob.id), 400, { code: "not_a_group" });
    });

    test("an edit does not show it again", async () => {
      const [ann, bob] = [await person("Ann"), await person("Bob")];
      const { id } = await ann.conversation([bob]);
      const message = await bob.send(id, "typo");
      dataOf(await remove(ann, id, ann.id));
      dataOf(await bob.patch(`${PATH}${id}/messages/${message.id}/`, { content: "no typo" }));
      expect(await listed(ann)).toEqual([]);
    });

    test("another person can't hide it, nor anybody a group", async () => {
      const [ann, bob, cid] = [await person("Ann"), await person("Bob"), await person("Cid")];
      const { id } = await ann.conversation([bob]);
      expectError(await remove(cid, id, cid.id), 404);
      const group = await ann.conversation([bob, cid]);
      dataOf(await remove(cid, group.id, cid.id), 200, "Participant removed successfully");
      expectError(await cid.get(`${PATH}${group.id}/`), 404);
    });
  });
});
