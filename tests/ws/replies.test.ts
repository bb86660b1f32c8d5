import { beforeAll, expect, test } from "bun:test";
import { dataOf } from "../http/expectations.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";

inEachMode("replies and lines over a socket", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let cid: Client;
  beforeAll(async () => {
    [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
  });

  test("a reply reaches everybody with its quote, and a replay has the same frame", async () => {
    const { id } = await ann.conversation([bob, cid], "Quoting");
    const quoted = await bob.send(id, "the question");
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    a.send({ content: "an answer", reply_to: quoted.id, client_id: "r1" });
    expect(await a.next("ack")).toMatchObject({ client_id: "r1", seq: 2 });
    const frame = await b.next("message");
    expect(frame.message.reply_to).toEqual({
      id: quoted.id,
      seq: 1,
      sender_id: bob.id,
      sender_name: "Bob Tester",
      excerpt: "the question",
    });
    const late = await cid.chat(id, 1);
    expect(await late.next("message")).toEqual(frame);
    a.send({ type: "history", ref: "h" });
    expect((await a.next("history")).messages.at(-1)).toEqual(frame.message);
    for (const socket of [a, b, late]) socket.close();
  });

  test("replies and plain messages of one socket keep the order in which they were sent", async () => {
    const { id } = await ann.conversation([bob, cid], "In order");
    const quoted = await ann.send(id, "0");
    const socket = await ann.chat(id);
    for (let i = 1; i <= 40; i++)
      socket.send({ content: `${i}`, client_id: `c${i}`, ...(i % 3 === 0 ? { reply_to: quoted.id } : {}) });
    await socket.until((frames) => frames.filter(({ type }) => type === "message").length === 40);
    expect(socket.all("message").map(({ message }) => message.content)).toEqual(
      Array.from({ length: 40 }, (_, i) => `${i + 1}`),
    );
    socket.close();
  });

  test("a reply to an unknown message is answered with an error that echoes the frame", async () => {
    const { id } = await ann.conversation([bob, cid], "Unknown");
    const socket = await ann.chat(id);
    socket.send({ content: "lost", reply_to: crypto.randomUUID(), client_id: "lost", ref: "r" });
    expect(await socket.next("error")).toMatchObject({ code: "reply_not_found", client_id: "lost", ref: "r" });
    socket.send({ content: "found", client_id: "found" });
    expect(await socket.next("ack")).toMatchObject({ client_id: "found", seq: 1 });
    socket.close();
  });

  test("an edit of a message that an earlier rename belongs to shows the name of today", async () => {
    const { id } = await ann.conversation([bob, cid], "Renamed");
    const sent = await cid.send(id, "before");
    const socket = await ann.chat(id);
    dataOf(await cid.patch("/api/users/profile/", { first_name: "Cindy", last_name: "Tester" }));
    dataOf(await cid.patch(`/api/chat/conversations/${id}/messages/${sent.id}/`, { content: "after" }));
    expect((await socket.next("message_changed")).message.sender_name).toBe("Cindy Tester");
    const late = await bob.chat(id, 0);
    expect((await late.next("message")).message.sender_name).toBe("Cindy Tester");
    dataOf(await cid.patch("/api/users/profile/", { first_name: "Cid", last_name: "Tester" }));
    for (const one of [socket, late]) one.close();
  });

  test("a change of the group says who did it, live and in a replay", async () => {
    const { id } = await ann.conversation([bob, cid], "Lines");
    const socket = await bob.chat(id);
    dataOf(await ann.patch(`/api/chat/conversations/${id}/`, { name: "Better" }));
    const frame = await socket.next("participants");
    expect(frame.line).toMatchObject({ version: 1, after_seq: 0, kind: "renamed", user_id: ann.id, name: "Better" });
    dataOf(await ann.delete(`/api/chat/conversations/${id}/participants/${cid.id}/`));
    const removal = await socket.next("participants");
    expect(removal.line).toMatchObject({ kind: "members_removed", users: [{ id: cid.id, full_name: "Cid Tester" }] });
    const late = await bob.chat(id, 0);
    for (const { line } of [frame, removal]) expect((await late.next("participants")).line).toEqual(line);
    for (const one of [socket, late]) one.close();
  });
});
