import { beforeEach, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { threadIdOf } from "../../src/server/features/threads/id.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError } from "./expectations.ts";

const CONVERSATIONS = "/api/chat/conversations/";

inEachMode("threads over HTTP", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let eve: Client;
  let id: string;
  let root: Message;

  beforeEach(async () => {
    [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    id = (await ann.conversation([bob, eve], "Lunch")).id;
    root = await ann.send(id, "Where?");
  });

  const start = (client: Client, messageId = root.id) =>
    client.post(`${CONVERSATIONS}${id}/messages/${messageId}/thread/`);
  const answer = (client: Client, body: object, messageId = root.id) =>
    client.post(`${CONVERSATIONS}${id}/messages/${messageId}/thread/messages/`, body);
  const inbox = async (client: Client) => (await client.get(`${CONVERSATIONS}?kind=thread`)).body;

  test("a thread is started once, and looks like a conversation", async () => {
    const first = await start(bob);
    expect(first.status).toBe(201);
    expect(first.body.data).toMatchObject({
      id: threadIdOf(id, root.id),
      kind: "thread",
      display_name: "Lunch",
      parent_id: id,
      root_message_id: root.id,
      root_seq: 1,
      root: { id: root.id, content: "Where?" },
      is_following: false,
      participant_count: 1,
      participants: [{ id: ann.id }],
      message_count: 0,
    });
    const again = await start(ann);
    expect([again.status, again.body.data.id, again.body.data.is_following]).toEqual([200, first.body.data.id, true]);
    expect(dataOf(await ann.get(CONVERSATIONS)).map((one: { kind: string }) => one.kind)).toContain("group");
    expect(dataOf(await ann.get(`${CONVERSATIONS}${id}/`)).kind).toBe("group");
    expect((await ann.conversation([bob])).kind).toBe("direct");
  });

  test("the first answer starts the thread", async () => {
    const sent = await answer(bob, { content: "At the sea.", client_id: "1" });
    expect([sent.status, sent.body.data.seq]).toEqual([201, 1]);
    const again = await answer(bob, { content: "At the sea.", client_id: "1" });
    expect([again.status, again.body.data.id]).toEqual([200, sent.body.data.id]);
    const threadId = threadIdOf(id, root.id);
    const page = dataOf(await eve.get(`${CONVERSATIONS}${threadId}/messages/`));
    expect(page.messages.map(({ content }: Message) => content)).toEqual(["At the sea."]);
    const both = await answer(eve, { content: "Nice.", also_in_parent: true });
    expect(both.body.data.also_in_parent).toBe(true);
    const parent = dataOf(await ann.get(`${CONVERSATIONS}${id}/messages/`)).messages;
    expect(parent.at(-1)).toMatchObject({
      content: "Nice.",
      from_thread: { id: threadId, message_id: both.body.data.id },
    });
  });

  test("a send that names the message starts its thread", async () => {
    const threadId = threadIdOf(id, root.id);
    const path = `${CONVERSATIONS}${threadId}/messages/`;
    const thread_of = { conversation_id: id, message_id: root.id };
    expectError(await bob.post(path, { content: "x" }), 404, { code: "not_found" });
    const stranger = await server.person("Stranger");
    expectError(await stranger.post(path, { content: "x", thread_of }), 403, { code: "not_a_participant" });
    const wrong = { ...thread_of, message_id: crypto.randomUUID() };
    expectError(await bob.post(path, { content: "x", thread_of: wrong }), 400, { code: "validation_failed" });
    expectError(await bob.post(`${CONVERSATIONS}${id}/messages/`, { content: "x", thread_of }), 400, {
      code: "validation_failed",
    });
    for (const client of [bob, eve]) expect((await client.post(path, { content: "x", thread_of })).status).toBe(201);
    expect(dataOf(await ann.get(path)).total).toBe(2);
  });

  test("the list of threads has those that the user follows, with exact unread", async () => {
    const { id: threadId } = (await start(bob)).body.data;
    expect((await inbox(ann)).data).toEqual([]);
    for (const content of ["one", "two"]) await bob.send(threadId, content);
    const own = await inbox(ann);
    expect(own.data.map((one: { id: string; unread_count: number }) => [one.id, one.unread_count])).toEqual([
      [threadId, 2],
    ]);
    expect(own.meta).toMatchObject({ total: 1, unread: { conversations: 1, messages: 2 } });
    expect((await inbox(eve)).data).toEqual([]);
    await ann.get(`${CONVERSATIONS}${id}/messages/`);
    expect((await inbox(ann)).data[0].unread_count).toBe(2);
    await ann.get(`${CONVERSATIONS}${threadId}/messages/`);
    expect((await inbox(ann)).data[0].unread_count).toBe(0);
    expect(
      dataOf(await ann.get(`${CONVERSATIONS}?search=Lunch`)).map((one: { kind: string }) => one.kind),
    ).not.toContain("thread");
    expectError(await ann.get(`${CONVERSATIONS}?kind=channel`), 400, { code: "validation_failed" });
  });

  test("following is set and unset, and a repeat changes nothing", async () => {
    const { id: threadId } = (await start(bob)).body.data;
    const path = `${CONVERSATIONS}${threadId}/follow/`;
    for (let i = 0; i < 2; i++)
      expect(dataOf(await eve.put(path))).toEqual({ conversation_id: threadId, is_following: true });
    await bob.send(threadId, "one");
    expect((await inbox(eve)).data).toHaveLength(1);
    for (let i = 0; i < 2; i++)
      expect(dataOf(await eve.delete(path))).toEqual({ conversation_id: threadId, is_following: false });
    await eve.send(threadId, "two");
    expect((await inbox(eve)).data).toEqual([]);
    const followers = await ann.get(`${CONVERSATIONS}${threadId}/participants/`);
    expect(dataOf(followers).map((user: { id: number }) => user.id)).toEqual([ann.id, bob.id]);
    expect(followers.body.meta.total).toBe(2);
    expectError(await eve.put(`${CONVERSATIONS}${id}/follow/`), 400, { code: "not_a_thread" });
  });

  test("everything about members is refused in a thread, and outsiders get nothing", async () => {
    const { id: threadId } = (await start(bob)).body.data;
    const stranger = await server.person("Stranger");
    const path = `${CONVERSATIONS}${threadId}/`;
    expectError(await ann.patch(path, { name: "x" }), 400, { code: "is_a_thread" });
    expectError(await ann.post(`${path}participants/`, { user_ids: [stranger.id] }), 400, { code: "is_a_thread" });
    expectError(await ann.delete(`${path}participants/${ann.id}/`), 400, { code: "is_a_thread" });
    expectError(await start(stranger), 403, { code: "not_a_participant" });
    expectError(await answer(stranger, { content: "x" }), 403, { code: "not_a_participant" });
    expectError(await stranger.get(path), 404, { code: "not_found" });
    expectError(await stranger.get(`${path}messages/`), 403, { code: "not_a_participant" });
    expectError(await stranger.put(`${path}follow/`), 403, { code: "not_a_participant" });
    const reply = await bob.send(threadId, "reply");
    expectError(await bob.post(`${CONVERSATIONS}${threadId}/messages/${reply.id}/thread/`), 400, {
      code: "is_a_thread",
    });
    expectError(await bob.post(`${CONVERSATIONS}${id}/messages/`, { content: "x", also_in_parent: true }), 400, {
      code: "not_a_thread",
    });
    const poll = { question: "?", options: ["a", "b"], multiple: false, anonymous: false };
    expectError(
      await bob.post(`${CONVERSATIONS}${threadId}/messages/`, { content: "x", also_in_parent: true, poll }),
      400,
      { code: "validation_failed" },
    );
    await ann.delete(`${CONVERSATIONS}${id}/participants/${bob.id}/`);
    expectError(await bob.get(`${path}messages/`), 403, { code: "not_a_participant" });
    expectError(await bob.post(`${path}messages/`, { content: "late" }), 403, { code: "not_a_participant" });
    expect((await inbox(bob)).data).toEqual([]);
  });

  test("a message shows its thread soon, also after its deletion", async () => {
    const { id: threadId } = (await start(bob)).body.data;
    await bob.send(threadId, "one");
    await eve.send(threadId, "two");
    const shown = async (): Promise<Message> => dataOf(await ann.get(`${CONVERSATIONS}${id}/messages/`)).messages[0];
    while ((await shown()).thread?.replies !== 2) await Bun.sleep(100);
    expect((await shown()).thread).toMatchObject({ id: threadId, replies: 2, recent: [eve.id, bob.id] });
    await ann.delete(`${CONVERSATIONS}${id}/messages/${root.id}/`);
    expect(await shown()).toMatchObject({ content: "", thread: { id: threadId, replies: 2 } });
    expect((await inbox(ann)).data[0].root).toMatchObject({ id: root.id, content: "" });
    await ann.send(threadId, "still here");
    while ((await shown()).thread?.replies !== 3) await Bun.sleep(100);
    const gone = await ann.send(id, "never mind");
    await ann.delete(`${CONVERSATIONS}${id}/messages/${gone.id}/`);
    expectError(await start(bob, gone.id), 409, { code: "message_deleted" });
  });

  test("a message that is sent with if_seq is refused with the newest seq when somebody was faster", async () => {
    const path = `${CONVERSATIONS}${id}/messages/`;
    const late = await bob.post(path, { content: "x", if_seq: 0 });
    expectError(late, 409, { code: "newer" });
    expect(late.body.last_seq).toBe(1);
    expect((await bob.post(path, { content: "x", if_seq: 1 })).status).toBe(201);
    expectError(await bob.post(path, { content: "x", if_seq: -1 }), 400, { code: "validation_failed" });
  });
});
