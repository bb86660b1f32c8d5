import { beforeAll, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Socket } from "../support/socket.ts";
import { range, reached, sendAll, textsOf } from "./frames.ts";

inEachMode("people chat over sockets", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let cat: Client;
  let conversationId: string;

  beforeAll(async () => {
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    cat = await server.person("Cat");
    conversationId = (await ann.conversation([bob])).id;
  });

  /** A conversation of all three that nobody has used. */
  const freshGroup = async () => (await ann.conversation([bob, cat])).id;

  test("a message reaches both, the sender included, and is acked", async () => {
    const [a, b] = [await ann.chat(conversationId), await bob.chat(conversationId)];
    a.send({ type: "message", content: "Hello, world!", client_id: "one" });
    const ack = await a.next("ack");
    const seen = await b.next("message");
    expect(await a.next("message")).toEqual(seen);
    expect(seen.message).toMatchObject({
      content: "Hello, world!",
      sender_id: ann.id,
      sender_name: "Ann Tester",
      client_id: "one",
    });
    expect(ack).toMatchObject({
      client_id: "one",
      id: seen.message.id,
      seq: seen.message.seq,
      version: seen.message.version,
    });
    a.close();
    b.close();
  });

  test("200 frames sent in one go come out in order, with dense seq", async () => {
    const [a, b] = [await ann.chat(conversationId), await bob.chat(conversationId)];
    const contents = Array.from({ length: 200 }, (_, i) => `in one go ${i}`);
    for (const content of contents) a.send({ content });
    await b.until(() => b.all("message").length === 200);
    const messages = b.all("message").map((frame) => frame.message);
    expect(messages.map((message) => message.content)).toEqual(contents);
    const first = messages[0].seq;
    expect(messages.map((message) => message.seq)).toEqual(contents.map((_, i) => first + i));
    a.close();
    b.close();
  });

  test("the greeting is the first frame and has the state of the conversation and its reader", async () => {
    const id = await freshGroup();
    await ann.send(id, "one");
    await ann.send(id, "two");
    await ann.patch(`/api/chat/conversations/${id}/`, { name: "Renamed" });
    for (const [person, read_seq] of [
      [ann, 2],
      [bob, 0],
    ] as const) {
      const socket = await person.chat(id);
      const [greeting] = socket.frames;
      expect(greeting).toMatchObject({
        type: "connection_established",
        message: "Connected to chat",
        conversation_id: id,
        last_seq: 2,
        last_version: 3,
        read_seq,
      });
      expect(greeting.reconnect_after_ms).toBeWithin(0, 60_000);
      socket.close();
    }
  });

  test("a message has the seed's fields, its numbers and times that agree", async () => {
    const id = await freshGroup();
    const a = await ann.chat(id);
    const before = Date.now();
    a.send({ content: "look at me" });
    const { message } = await a.next("message");
    const { id: messageId, timestamp, created_at, ...rest } = message;
    expect(rest).toEqual({
      conversation_id: id,
      sender_id: ann.id,
      sender_name: "Ann Tester",
      sender_email: ann.user?.email,
      content: "look at me",
      seq: 1,
      version: 1,
    });
    expect(messageId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(created_at).toBe(new Date(Math.round(timestamp * 1000)).toISOString());
    expect(timestamp * 1000).toBeWithin(before - 1_000, Date.now() + 1_000);
    a.close();
  });

  test("a frame without a type is a message, and its content is trimmed and otherwise kept exactly", async () => {
    const id = await freshGroup();
    const a = await ann.chat(id);
    const kept = "e\u0301 \u00e9 👩‍👩‍👧 <b>&amp;</b> \\ \" ' \u202e\t\n  inner  ; DROP TABLE\u0001";
    a.send({ content: ` \n\t\u00a0\u3000${kept}\u2003\x1f ` });
    a.send({ type: "message", content: "👍".repeat(5000) });
    expect((await a.next("message")).message.content).toBe(kept);
    expect((await a.next("message")).message.content).toBe("👍".repeat(5000));
    a.close();
  });

  test("all sockets get the same bytes, on both kinds of socket", async () => {
    const id = await freshGroup();
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    const hubs = [await bob.hub(), await cat.hub()];
    for (const hub of hubs) {
      hub.send({ type: "subscribe", conversation_id: id });
      await hub.next("subscribed");
    }
    const all = [a, b, ...hubs];
    a.send({ content: "with a client_id 👍", client_id: "same-bytes" });
    const { message } = await a.next("message");
    a.send({ type: "edit", message_id: message.id, content: "edited" });
    a.send({ type: "delete", message_id: message.id });
    await a.next("message_changed", (frame) => frame.version === 3);
    await ann.patch(`/api/chat/conversations/${id}/`, { name: "New name" });
    for (const socket of all) await socket.next("participants");
    const changesOf = (socket: Socket) => textsOf(socket, "message", "message_changed", "participants");
    expect(changesOf(a)).toHaveLength(4);
    for (const socket of all) expect(changesOf(socket)).toEqual(changesOf(a));
    for (const socket of all) socket.close();
  });

  test("a send is acked to the sending socket alone, with its client_id, its ref, or both", async () => {
    const id = await freshGroup();
    const [a, another, b] = [await ann.chat(id), await ann.chat(id), await bob.chat(id)];
    const named = [{ client_id: "c1" }, { ref: "r1" }, { client_id: "c2", ref: "r2" }];
    for (const names of named) a.send({ content: "ack me", ...names });
    for (const [i, names] of named.entries()) {
      const ack = await a.next("ack");
      const { message } = await a.next("message");
      const { seq, version } = message;
      expect(ack).toEqual({ type: "ack", conversation_id: id, ...names, id: message.id, seq, version });
      expect(seq).toBe(i + 1);
    }
    for (const other of [another, b]) {
      await other.settled();
      expect(other.all("message")).toHaveLength(3);
      expect(other.all("ack")).toEqual([]);
    }
    for (const socket of [a, another, b]) socket.close();
  });

  test("a send with neither client_id nor ref is not acked", async () => {
    const a = await ann.chat(conversationId);
    a.send({ content: "no ack, please" });
    await a.next("message");
    await a.settled();
    expect(a.all("ack")).toEqual([]);
    a.close();
  });

  test("an acked message is on the next HTTP page", async () => {
    const id = await freshGroup();
    const a = await ann.chat(id);
    for (let n = 1; n <= 20; n++) {
      a.send({ content: `durable ${n}`, ref: `${n}` });
      const ack = await a.next("ack");
      const page = await bob.get(`/api/chat/conversations/${id}/messages/?limit=1`);
      expect(page.body.data.messages[0]).toMatchObject({ id: ack.id, seq: ack.seq, content: `durable ${n}` });
    }
    a.close();
  });

  test("a resend with its client_id is one message: on the same socket, on another one and over HTTP", async () => {
    const id = await freshGroup();
    const [a, another, b] = [await ann.chat(id), await ann.chat(id), await bob.chat(id)];
    const idle = await cat.hub();
    const send = { content: "only once", client_id: "once" };
    for (let n = 0; n < 5; n++) a.send(send);
    another.send(send);
    const acks = [await another.next("ack")];
    for (let n = 0; n < 5; n++) acks.push(await a.next("ack"));
    for (const ack of acks) expect(ack).toEqual({ ...acks[0] });
    const overHttp = await ann.post(`/api/chat/conversations/${id}/messages/`, send);
    expect([overHttp.status, overHttp.body.data.id]).toEqual([200, acks[0].id]);
    await b.settled();
    await idle.settled();
    expect([b.all("message").length, idle.all("activity").length]).toEqual([1, 1]);
    expect((await ann.get(`/api/chat/conversations/${id}/`)).body.data.message_count).toBe(1);
    for (const socket of [a, another, b, idle]) socket.close();
  });

  test("a message sent over HTTP first is not sent again over a socket", async () => {
    const id = await freshGroup();
    const b = await bob.chat(id);
    const first = await ann.send(id, "over HTTP", "http-first");
    expect((await b.next("message")).message).toEqual(first);
    const a = await ann.chat(id);
    a.send({ content: "over HTTP", client_id: "http-first" });
    expect((await a.next("ack")).id).toBe(first.id);
    await b.settled();
    expect(b.all("message")).toHaveLength(1);
    a.close();
    b.close();
  });

  test("a client_id is its sender's and its conversation's own", async () => {
    const [one, two] = [await freshGroup(), await freshGroup()];
    const sent = [await ann.send(one, "x", "mine"), await bob.send(one, "x", "mine"), await ann.send(two, "x", "mine")];
    expect(new Set(sent.map((message) => message.id)).size).toBe(3);
  });

  test("the same client_id with other content is an error and nothing else", async () => {
    const id = await freshGroup();
    const a = await ann.chat(id);
    a.send({ content: "first", client_id: "conflict" });
    await a.next("ack");
    a.send({ content: "second", client_id: "conflict", ref: "r" });
    expect(await a.next("error")).toMatchObject({
      code: "client_id_conflict",
      client_id: "conflict",
      ref: "r",
      conversation_id: id,
    });
    const overHttp = await ann.post(`/api/chat/conversations/${id}/messages/`, {
      content: "third",
      client_id: "conflict",
    });
    expect([overHttp.status, overHttp.body.code]).toEqual([409, "client_id_conflict"]);
    await a.settled();
    expect(a.all("message").map((frame) => frame.message.content)).toEqual(["first"]);
    a.close();
  });

  test("racing sends with one client_id and two contents give one message; the others learn of the conflict", async () => {
    const id = await freshGroup();
    const sockets = await Promise.all(range(1, 20).map(() => ann.chat(id)));
    for (const [i, socket] of sockets.entries()) socket.send({ content: `content ${i % 2}`, client_id: "race" });
    const answers = await Promise.all(
      sockets.map(async (socket) => {
        await socket.until((frames) => frames.some((frame) => frame.type === "ack" || frame.type === "error"));
        return socket.frames.find((frame) => frame.type === "ack" || frame.type === "error");
      }),
    );
    expect(answers.filter((answer) => answer.type === "ack")).toHaveLength(10);
    expect(answers.filter((answer) => answer.code === "client_id_conflict")).toHaveLength(10);
    for (const socket of sockets) {
      await socket.settled();
      expect(socket.all("message")).toHaveLength(1);
      socket.close();
    }
  });

  test("sends from many sockets at once: one order for all, dense seq, each socket's own order kept", async () => {
    const id = await freshGroup();
    const people = [ann, bob, cat, ann, bob, cat, ann, bob, cat, ann];
    const sockets = await Promise.all(people.map((person) => person.chat(id)));
    const each = 50;
    for (let n = 0; n < each; n++)
      for (const [i, socket] of sockets.entries()) socket.send({ content: `${i}:${n}`, client_id: `${i}:${n}` });
    const overHttp = range(1, 20).map((n) => bob.send(id, `http:${n}`));
    const total = sockets.length * each + overHttp.length;
    for (const socket of sockets) await socket.until(() => socket.all("message").length >= total, 30_000);
    await Promise.all(overHttp);

    const watcher = await ann.chat(id, 0);
    await reached(watcher, total);
    const order = watcher.all("message").map((frame) => frame.message);
    expect(order.map((message) => message.seq)).toEqual(range(1, total));
    expect(order.map((message) => message.version)).toEqual(range(1, total));
    for (const socket of sockets) {
      await socket.settled();
      expect(textsOf(socket, "message")).toEqual(textsOf(watcher, "message"));
      expect(socket.all("ack")).toHaveLength(each);
    }
    for (const i of sockets.keys()) {
      const own = order.map((message) => message.content).filter((content) => content.startsWith(`${i}:`));
      expect(own).toEqual(range(0, each - 1).map((n) => `${i}:${n}`));
    }
    for (const socket of [...sockets, watcher]) socket.close();
  });

  test("acks of one socket come in the order of its sends", async () => {
    const id = await freshGroup();
    const a = await ann.chat(id);
    const acks = await sendAll(
      a,
      range(1, 300).map((n) => `${n}`),
    );
    expect(acks.map((ack) => ack.seq)).toEqual(range(1, 300));
    a.close();
  });

  test("a message goes to its own conversation only", async () => {
    const [one, two] = [await freshGroup(), await freshGroup()];
    const [inOne, inTwo] = [await bob.chat(one), await bob.chat(two)];
    await ann.send(one, "for one");
    await inOne.next("message");
    await inTwo.settled();
    expect(inTwo.all("message")).toEqual([]);
    inOne.close();
    inTwo.close();
  });

  test("a ping is answered with its ref", async () => {
    const a = await ann.chat(conversationId);
    a.send({ type: "ping", ref: "here?" });
    expect(await a.next("pong")).toEqual({ type: "pong", conversation_id: conversationId, ref: "here?" });
    a.close();
  });
});
