import { expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { PollBody } from "../../src/protocol/polls.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, expectFaults, ids } from "./expectations.ts";

const LUNCH = { question: "Where do we eat?", options: ["Canteen", "Park", "Home"] };

inEachMode("polls", (mode) => {
  const server = withServer(mode);

  async function group() {
    const people = [await server.person("Ann"), await server.person("Bob"), await server.person("Cat")] as const;
    const [ann, bob, cat] = people;
    const { id } = await ann.conversation([bob, cat]);
    const path = `/api/chat/conversations/${id}/`;
    const ask = async (body: Partial<PollBody> = {}): Promise<Message> =>
      dataOf(await ann.post(`${path}messages/`, { content: LUNCH.question, poll: { ...LUNCH, ...body } }), 201);
    const tryVote = (person: Client, { id: messageId }: Message, ...options: number[]) =>
      person.call("PUT", `${path}messages/${messageId}/vote/`, { options });
    const vote = async (...given: Parameters<typeof tryVote>) =>
      dataOf(await tryVote(...given), 200, "Vote saved").poll;
    const page = async (person: Client) => dataOf(await person.get(`${path}messages/`)).messages as Message[];
    return { ann, bob, cat, id, path, ask, tryVote, vote, page };
  }

  test("a poll begins without votes, and counts people and options", async () => {
    const { ann, bob, cat, ask, vote, page } = await group();
    const asked = await ask();
    const start = { ...LUNCH, multiple: false, anonymous: false, votes: [0, 0, 0], voters: 0, user_ids: [[], [], []] };
    expect(asked.poll).toEqual(start);
    await vote(bob, asked, 1);
    await vote(cat, asked, 1);
    expect(await vote(ann, asked, 0)).toMatchObject({ votes: [1, 2, 0], voters: 3 });
    const moved = await vote(bob, asked, 2);
    expect(moved).toMatchObject({ votes: [1, 1, 1], voters: 3, user_ids: [[ann.id], [cat.id], [bob.id]] });
    expect(await vote(bob, asked)).toMatchObject({ votes: [1, 1, 0], voters: 2, user_ids: [[ann.id], [cat.id], []] });
    expect((await page(cat)).at(-1)?.poll).toMatchObject({ votes: [1, 1, 0], voters: 2 });
  });

  test("a vote reaches everybody as a change, and a repeat takes no version", async () => {
    const { ann, bob, id, ask, vote } = await group();
    const asked = await ask();
    const socket = await ann.chat(id);
    await vote(bob, asked, 1);
    await vote(bob, asked, 1);
    await vote(bob, asked, 0);
    const first = await socket.next("message_changed");
    expect(first).toMatchObject({ version: 2, change: { kind: "vote", user_id: bob.id, options: [1] } });
    expect(await socket.next("message_changed")).toMatchObject({ version: 3, message: { poll: { votes: [1, 0, 0] } } });
    socket.close();
  });

  test("a vote by frame is acked with its version, and refused with a reason", async () => {
    const { bob, id, ask } = await group();
    const asked = await ask({ multiple: true });
    const socket = await bob.chat(id);
    socket.send({ type: "vote", message_id: asked.id, options: [2, 0, 2], ref: "v" });
    expect(await socket.next("ack")).toMatchObject({ ref: "v", id: asked.id, seq: 1, version: 2 });
    expect((await socket.next("message_changed")).message.poll).toMatchObject({ votes: [1, 0, 1], voters: 1 });
    socket.send({ type: "vote", message_id: asked.id, options: [3], ref: "w" });
    expect(await socket.next("error")).toMatchObject({ ref: "w", code: "validation_failed" });
    socket.close();
  });

  test("several options need a poll that allows them, and every option must exist", async () => {
    const { bob, ask, tryVote, ann, path } = await group();
    const asked = await ask();
    expectError(await tryVote(bob, asked, 0, 1), 400, { message: "options: Only one option can be chosen." });
    expectError(await tryVote(bob, asked, 3), 400, { message: "options: The poll has no such option." });
    const plain = await ann.send(asked.conversation_id, "no poll");
    expectError(await tryVote(bob, plain, 0), 404, { message: "This message is no poll" });
    expectFaults(await bob.call("PUT", `${path}messages/${asked.id}/vote/`, {}), "options");
  });

  test("an anonymous poll tells nobody who chose what, and you your own vote", async () => {
    const { ann, bob, id, path, ask, vote, page } = await group();
    const asked = await ask({ anonymous: true, multiple: true });
    const socket = await ann.chat(id);
    expect(await vote(bob, asked, 0, 2)).not.toHaveProperty("user_ids");
    const frame = await socket.next("message_changed");
    expect(frame.change).toEqual({ kind: "vote" });
    expect(JSON.stringify([frame, await page(ann)])).not.toContain(`"user_ids"`);
    const mine = { message_id: asked.id, seq: asked.seq, options: [0, 2] };
    expect(dataOf(await bob.get(`${path}votes/mine/`))).toEqual([mine]);
    expect(dataOf(await ann.get(`${path}votes/mine/`))).toEqual([]);
    socket.close();
  });

  test("a closed poll takes no votes", async () => {
    const { bob, ask, tryVote, vote } = await group();
    const asked = await ask({ closes_at: new Date(Date.now() + 2_000).toISOString() });
    await vote(bob, asked, 1);
    await Bun.sleep(2_100);
    expectError(await tryVote(bob, asked, 0), 409, { code: "poll_closed" });
  });

  test("a poll is edited before the first vote only, and a deletion takes it with its votes", async () => {
    const { ann, bob, path, ask, vote, page, tryVote } = await group();
    const asked = await ask();
    dataOf(await ann.patch(`${path}messages/${asked.id}/`, { content: "Where?" }), 200);
    await vote(bob, asked, 1);
    expectError(await ann.patch(`${path}messages/${asked.id}/`, { content: "When?" }), 409, { code: "poll_has_votes" });
    dataOf(await ann.call("DELETE", `${path}messages/${asked.id}/`), 200);
    expect((await page(bob)).at(-1)).not.toHaveProperty("poll");
    expectError(await tryVote(bob, asked, 1), 409, { code: "message_deleted" });
    expect(dataOf(await bob.get(`${path}votes/mine/`))).toEqual([]);
  });

  test("a wrong poll is refused with a reason", async () => {
    const { ann, path } = await group();
    for (const poll of [
      null,
      "Lunch?",
      { question: "", options: ["a", "b"] },
      { question: "q", options: ["a"] },
      { question: "q", options: Array.from({ length: 11 }, (_, i) => `${i}`) },
      { question: "q", options: ["a", " a "] },
      { question: "q", options: ["a", "b"], closes_at: "2020-01-01T00:00:00Z" },
      { question: "q", options: ["a", "b"], multiple: 1 },
      { question: "x".repeat(301), options: ["a", "b"] },
    ])
      expectFaults(await ann.post(`${path}messages/`, { content: "q", poll }), "poll");
  });

  test("60 people who vote at once are all counted", async () => {
    const { ann, id, ask, tryVote, page } = await group();
    const asked = await ask();
    const others = await Promise.all(Array.from({ length: 60 }, () => server.person()));
    await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: others.map((person) => person.id) });
    const votes = await Promise.all(others.map((person, i) => tryVote(person, asked, i % 2)));
    expect(new Set(votes.map(({ status }) => status))).toEqual(new Set([200]));
    const last = (await page(ann)).at(-1)?.poll;
    expect(last).toMatchObject({ votes: [30, 30, 0], voters: 60 });
    expect(new Set(last?.user_ids?.[0])).toEqual(new Set(ids(others).filter((_, i) => i % 2 === 0)) as never);
  });
});
