import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { withServer } from "../support/server.ts";
import { changesIn, closeOf, range, reached, sendAll, textsOf, versionsIn } from "./frames.ts";

setDefaultTimeout(60_000);

inEachMode("a conversation changes", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let cat: Client;

  beforeAll(async () => {
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    cat = await server.person("Cat");
  });

  /** A group of three that is Ann's. */
  const freshGroup = async () => {
    const { id } = await ann.conversation([bob, cat]);
    const path = `/api/chat/conversations/${id}/`;
    return { id, path, message: (messageId: string) => `${path}messages/${messageId}/` };
  };
  const handshake = async (person: Client, id: string) => {
    const { socket, answer } = await RawSocket.knock(person, `/ws/chat/${id}/`);
    socket.terminate();
    return answer.status;
  };

  test("an edit reaches everybody, with a version of its own and the message's numbers kept", async () => {
    const { id } = await freshGroup();
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    const sent = await ann.send(id, "frist");
    a.send({ type: "edit", message_id: sent.id, content: "  first ", ref: "e" });
    const changed = await b.next("message_changed");
    const { edited_at, ...message } = changed.message;
    expect(message).toEqual({ ...sent, content: "first" });
    expect(edited_at >= sent.created_at).toBe(true);
    expect([changed.version, changed.conversation_id]).toEqual([2, id]);
    expect(await a.next("ack")).toMatchObject({ ref: "e", id: sent.id, seq: 1, conversation_id: id });
    expect(await a.next("message_changed")).toEqual(changed);
    a.close();
    b.close();
  });

  test("a deletion leaves a tombstone with empty content, here and in every page", async () => {
    const { id, path } = await freshGroup();
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    const sent = await ann.send(id, "a secret");
    a.send({ type: "delete", message_id: sent.id, ref: "d" });
    const { version, message } = await b.next("message_changed");
    expect(version).toBe(2);
    expect(message).toEqual({ ...sent, content: "", deleted_at: message.deleted_at });
    expect(message.deleted_at).toMatch(/Z$/);
    expect(await a.next("ack")).toMatchObject({ ref: "d", id: sent.id });
    expect((await bob.get(`${path}messages/`)).body.data.messages).toEqual([message]);
    b.send({ type: "history" });
    expect((await b.next("history")).messages).toEqual([message]);
    a.close();
    b.close();
  });

  test("an edit or a deletion without a ref is not acked", async () => {
    const { id } = await freshGroup();
    const a = await ann.chat(id);
    const sent = await ann.send(id, "x");
    a.send({ type: "edit", message_id: sent.id, content: "y" });
    a.send({ type: "delete", message_id: sent.id });
    await a.settled();
    expect(a.all("message_changed")).toHaveLength(2);
    expect(a.all("ack")).toEqual([]);
    a.close();
  });

  test("a change over HTTP reaches the sockets like any other", async () => {
    const { id, message } = await freshGroup();
    const b = await bob.chat(id);
    const sent = await ann.send(id, "x");
    const edited = await ann.patch(message(sent.id), { content: "y" });
    const deleted = await ann.delete(message(sent.id));
    expect((await b.next("message_changed")).message).toEqual(edited.body.data);
    expect((await b.next("message_changed")).message).toEqual(deleted.body.data);
    b.close();
  });

  test("a repeated change makes no frame and no version", async () => {
    const { id } = await freshGroup();
    const a = await ann.chat(id);
    const sent = await ann.send(id, "x");
    for (let n = 0; n < 3; n++) a.send({ type: "edit", message_id: sent.id, content: "y" });
    for (let n = 0; n < 3; n++) a.send({ type: "delete", message_id: sent.id });
    await ann.send(id, "next");
    await reached(a, 4);
    expect(versionsIn(a.frames)).toEqual([1, 2, 3, 4]);
    expect(a.all("error")).toEqual([]);
    a.close();
  });

  test("a resend finds its message after an edit and after a deletion", async () => {
    const { id } = await freshGroup();
    const a = await ann.chat(id);
    const sent = await ann.send(id, "original", "again");
    a.send({ type: "edit", message_id: sent.id, content: "edited" });
    a.send({ content: "original", client_id: "again", ref: "after the edit" });
    a.send({ type: "delete", message_id: sent.id });
    a.send({ content: "original", client_id: "again", ref: "after the deletion" });
    for (const ref of ["after the edit", "after the deletion"])
      expect(await a.next("ack", (ack) => ack.ref === ref)).toMatchObject({ id: sent.id, seq: 1 });
    await a.settled();
    expect(a.all("message")).toHaveLength(1);
    a.close();
  });

  test("a new name and new members come as participants frames", async () => {
    const { id, path } = await freshGroup();
    const dan = await server.person("Dan");
    const b = await bob.chat(id);
    await cat.patch(path, { name: "Ours" });
    await cat.post(`${path}participants/`, { user_ids: [dan.id] });
    await ann.delete(`${path}participants/${dan.id}/`);
    await bob.patch(path, { name: null });
    const frame = { type: "participants", conversation_id: id, tag: expect.any(String) };
    const joined = (await ann.get("/api/users/list/")).body.data.find((user: { id: number }) => user.id === dan.id);
    await reached(b, 4);
    expect(b.all("participants")).toMatchObject([
      { ...frame, version: 1, added: [], removed: [], name: "Ours" },
      { ...frame, version: 2, added: [joined], removed: [], name: "Ours" },
      { ...frame, version: 3, added: [], removed: [dan.id], name: "Ours" },
      { ...frame, version: 4, added: [], removed: [], name: null },
    ]);
    b.close();
  });

  test("versions are dense over all kinds of change at once, and the same for all", async () => {
    const { id, path, message } = await freshGroup();
    const [a, b, c] = [await ann.chat(id), await bob.chat(id), await cat.chat(id)];
    const people = await Promise.all(range(1, 3).map(() => server.person()));
    const owned = await Promise.all(range(1, 10).map((n) => ann.send(id, `${n}`)));
    await Promise.all([
      sendAll(
        a,
        range(1, 100).map((n) => `a${n}`),
      ),
      sendAll(
        b,
        range(1, 100).map((n) => `b${n}`),
      ),
      ...owned.map((sent) => ann.patch(message(sent.id), { content: `${sent.content} edited` })),
      ...people.map((person) => bob.post(`${path}participants/`, { user_ids: [person.id] })),
      ...range(1, 5).map((n) => cat.patch(path, { name: `Name ${n}` })),
    ]);
    const total = 10 + 200 + 10 + 3 + 5;
    for (const socket of [a, b, c]) {
      await reached(socket, total);
      await socket.settled();
      expect(versionsIn(socket.frames)).toEqual(range(1, total));
      expect(socket.all("message").map((frame) => frame.message.seq)).toEqual(range(1, 210));
      const kinds = ["message", "message_changed", "participants"];
      expect(textsOf(socket, ...kinds)).toEqual(textsOf(a, ...kinds));
      socket.close();
    }
  });

  test("a removed member gets the removal, then 4403, and can't connect again", async () => {
    const { id, path } = await freshGroup();
    const [a, b, another] = [await ann.chat(id), await bob.chat(id), await bob.chat(id)];
    await ann.delete(`${path}participants/${bob.id}/`);
    for (const socket of [b, another]) {
      expect((await closeOf(socket)).code).toBe(4403);
      expect(socket.frames.at(-1)).toMatchObject({ type: "participants", version: 1, removed: [bob.id] });
    }
    expect(await a.next("participants")).toMatchObject({ removed: [bob.id], added: [] });
    expect(await handshake(bob, id)).toBe(403);
    a.close();
  });

  test("a member who leaves gets their removal, then 4403", async () => {
    const { id, path } = await freshGroup();
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    await bob.delete(`${path}participants/${bob.id}/`);
    expect((await closeOf(b)).code).toBe(4403);
    expect(b.frames.at(-1)).toMatchObject({ type: "participants", removed: [bob.id] });
    expect(await a.next("participants")).toMatchObject({ removed: [bob.id] });
    a.close();
  });

  test("a member removed while messages rush in gets all up to the removal and nothing after it; the others get no hole", async () => {
    for (let round = 0; round < 15; round++) {
      const { id, path } = await freshGroup();
      const [b, c] = [await bob.chat(id), await cat.chat(id)];
      for (const n of range(1, 300)) c.send({ content: `${n}` });
      await Bun.sleep(round);
      await ann.delete(`${path}participants/${bob.id}/`);
      expect((await closeOf(b)).code).toBe(4403);
      const got = changesIn(b.frames);
      expect(versionsIn(got)).toEqual(range(1, got.length));
      expect(b.frames.at(-1)).toMatchObject({ type: "participants", removed: [bob.id] });
      await reached(c, 301);
      expect(versionsIn(c.frames)).toEqual(range(1, 301));
      c.close();
    }
  });

  test("a send under way at the removal is refused", async () => {
    const { id, path } = await freshGroup();
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    await ann.delete(`${path}participants/${bob.id}/`);
    b.send({ content: "too late" });
    expect((await bob.post(`${path}messages/`, { content: "too late" })).status).toBe(403);
    await closeOf(b);
    await ann.send(id, "last");
    await a.next("message", (frame) => frame.message.content === "last");
    expect(a.all("message")).toHaveLength(1);
    a.close();
  });

  test("an added member can connect at once, sees the history and has nothing unread", async () => {
    const { id, path } = await freshGroup();
    const dan = await server.person("Dan");
    await ann.send(id, "before");
    expect(await handshake(dan, id)).toBe(403);
    await bob.post(`${path}participants/`, { user_ids: [dan.id] });
    const d = await dan.chat(id, 0);
    expect(d.frames[0]).toMatchObject({ last_seq: 1, read_seq: 1, last_version: 2 });
    await reached(d, 2);
    expect(versionsIn(d.frames)).toEqual([1, 2]);
    expect((await dan.get(path)).body.data.unread_count).toBe(0);
    await ann.send(id, "after");
    expect((await d.next("message", (frame) => frame.message.seq === 2)).message.content).toBe("after");
    d.close();
  });

  test("a member can be removed and added again many times", async () => {
    const { id, path } = await freshGroup();
    for (let n = 0; n < 5; n++) {
      const b = await bob.chat(id);
      await ann.delete(`${path}participants/${bob.id}/`);
      expect((await closeOf(b)).code).toBe(4403);
      expect(await handshake(bob, id)).toBe(403);
      await ann.post(`${path}participants/`, { user_ids: [bob.id] });
    }
    const b = await bob.chat(id, 0);
    await reached(b, 10);
    expect(versionsIn(b.frames)).toEqual(range(1, 10));
    b.close();
  });
});
