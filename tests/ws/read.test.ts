import { beforeAll, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { range, sendAll } from "./frames.ts";

inEachMode("reading", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let cat: Client;

  beforeAll(async () => {
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    cat = await server.person("Cat");
  });

  /** A conversation with `count` messages of Ann's. */
  async function conversationOf(count: number) {
    const { id } = await ann.conversation([bob, cat]);
    for (let n = 1; n <= count; n++) await ann.send(id, `message ${n}`);
    return id;
  }
  const unread = async (person: Client, id: string) =>
    (await person.get(`/api/chat/conversations/${id}/`)).body.data.unread_count;
  const positionOf = async (person: Client, id: string) =>
    (await ann.get(`/api/chat/conversations/${id}/`)).body.data.read_positions.find(
      (position: Frame) => position.user_id === person.id,
    ).seq;

  test("a read position moves forward, never back, and unread follows it exactly", async () => {
    const id = await conversationOf(5);
    const b = await bob.chat(id);
    expect(await unread(bob, id)).toBe(5);
    for (const [seq, left] of [
      [2, 3],
      [4, 1],
      [1, 1],
      [0, 1],
      [5, 0],
      [3, 0],
    ]) {
      b.send({ type: "read", seq });
      await b.settled();
      expect([seq, await unread(bob, id)]).toEqual([seq, left]);
    }
    b.close();
  });

  test("without a seq it moves to the newest", async () => {
    const id = await conversationOf(3);
    const b = await bob.chat(id);
    b.send({ type: "read" });
    await b.settled();
    expect([await unread(bob, id), await positionOf(bob, id)]).toEqual([0, 3]);
    b.close();
  });

  test("a seq beyond the newest reads no message that is still to come", async () => {
    const id = await conversationOf(2);
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    b.send({ type: "read", seq: 1_000_000 });
    expect((await a.next("read")).seq).toBe(2);
    await ann.send(id, "after that");
    expect(await unread(bob, id)).toBe(1);
    a.close();
    b.close();
  });

  test("each step is sent once to the others, and not to the reader's own sockets", async () => {
    const id = await conversationOf(3);
    const [a, b, bobs] = [await ann.chat(id), await bob.chat(id), await bob.chat(id)];
    for (const seq of [2, 2, 1, 3]) b.send({ type: "read", seq });
    await b.settled();
    await a.settled();
    const frame = { type: "read", conversation_id: id, user_id: bob.id, user_name: "Bob Tester" };
    expect(a.all("read")).toEqual([
      { ...frame, seq: 2 },
      { ...frame, seq: 3 },
    ]);
    await bobs.settled();
    expect([...b.all("read"), ...bobs.all("read")]).toEqual([]);
    for (const socket of [a, b, bobs]) socket.close();
  });

  test("a read position reaches the person's own devices, subscribed or not, and nobody else in a large group", async () => {
    const crowd: Client[] = [];
    // Eleven at a time: a slow machine refuses more passwords at once than it can check in time.
    for (let n = 0; n < 9; n++) crowd.push(...(await Promise.all(range(1, 11).map(() => server.person("Crowd")))));
    const { id } = await ann.conversation([bob, ...crowd]);
    await sendAll(await ann.chat(id), ["one", "two", "three"]);
    const [chat, asked, idle, a] = [await bob.chat(id), await bob.hub(), await bob.hub(), await ann.hub()];
    for (const hub of [asked, a]) {
      hub.send({ type: "subscribe", conversation_id: id });
      await hub.next("subscribed");
    }
    for (const seq of [2, 1, 2]) asked.send({ type: "read", conversation_id: id, seq });
    await asked.settled();
    await bob.get(`/api/chat/conversations/${id}/messages/`);
    for (const socket of [chat, asked, idle, a]) await socket.settled();
    const told = [2, 3].map((seq) => ({ type: "read_position", conversation_id: id, seq }));
    for (const hub of [asked, idle]) expect(hub.all("read_position")).toEqual(told);
    for (const socket of [chat, a]) expect(socket.all("read_position")).toEqual([]);
    for (const socket of [chat, asked, idle, a]) socket.close();
  });

  test("a send moves the sender's read position and nobody else's", async () => {
    const id = await conversationOf(3);
    const b = await bob.chat(id);
    await sendAll(b, ["I answer"]);
    expect([await unread(ann, id), await unread(bob, id), await unread(cat, id)]).toEqual([1, 0, 4]);
    b.close();
    expect((await bob.chat(id)).frames[0].read_seq).toBe(4);
  });

  test("the newest page over HTTP marks as read and informs the others, and with mark_read=false does neither", async () => {
    const id = await conversationOf(3);
    const a = await ann.chat(id);
    const path = `/api/chat/conversations/${id}/messages/`;
    await bob.get(`${path}?mark_read=false`);
    await bob.get(`${path}?offset=1`);
    await a.settled();
    expect([await unread(bob, id), a.all("read").length]).toEqual([3, 0]);
    await bob.get(path);
    expect(await a.next("read")).toMatchObject({ user_id: bob.id, seq: 3 });
    expect(await unread(bob, id)).toBe(0);
    a.close();
  });

  test("history over a socket does not read", async () => {
    const id = await conversationOf(2);
    const b = await bob.chat(id);
    b.send({ type: "history" });
    await b.next("history");
    expect(await unread(bob, id)).toBe(2);
    b.close();
  });

  test("unread is exact after many sends and reads at once", async () => {
    const id = await conversationOf(0);
    const [a, b, c] = [await ann.chat(id), await bob.chat(id), await cat.chat(id)];
    const contents = range(1, 200).map((n) => `${n}`);
    const sending = Promise.all([sendAll(a, contents), sendAll(b, contents)]);
    for (const seq of range(1, 150)) c.send({ type: "read", seq });
    const [, ofBob] = await sending;
    await c.settled();
    const position = await positionOf(cat, id);
    expect(await unread(cat, id)).toBe(400 - position);
    const bobsLast = ofBob.at(-1).seq;
    expect(await unread(bob, id)).toBe(400 - bobsLast);
    c.send({ type: "read", seq: 399 });
    await c.settled();
    expect(await unread(cat, id)).toBe(1);
    for (const socket of [a, b, c]) socket.close();
  });
});
