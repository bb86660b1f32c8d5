import { beforeAll, expect, test } from "bun:test";
import { dataOf, expectError } from "../http/expectations.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { range, reached, versionsIn } from "./frames.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const tagOf = (frame: Frame): string => (frame.type === "message" ? frame.message.id : frame.tag);

inEachMode("a cursor that names its history", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let id: string;
  let path: string;
  /** Every kind of change, each with its frame as it came. */
  let changes: Frame[];
  let live: Socket;

  beforeAll(async () => {
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    const eve = await server.person("Eve");
    id = (await ann.conversation([bob, await server.person("Cat")])).id;
    path = `/api/chat/conversations/${id}/`;
    live = await bob.chat(id);
    const sent = [await ann.send(id, "1"), await ann.send(id, "2"), await ann.send(id, "3")];
    await ann.patch(`${path}messages/${sent[1]?.id}/`, { content: "edited" });
    await ann.delete(`${path}messages/${sent[2]?.id}/`);
    await ann.patch(path, { name: "Named" });
    await ann.post(`${path}participants/`, { user_ids: [eve.id] });
    await ann.send(id, "8");
    await ann.delete(`${path}participants/${eve.id}/`);
    await reached(live, 9);
    changes = live.frames.filter(({ version }) => version !== undefined);
  });

  /** Both kinds of socket, resumed at a cursor. */
  const resumes: Record<string, (version: number, tag: unknown) => Promise<Socket>> = {
    "/ws/chat/{id}/": (version, tag) => bob.chat(id, version, String(tag)),
    "/ws/": async (after_version, tag) => {
      const socket = await bob.hub();
      socket.send({ type: "subscribe", conversation_id: id, after_version, tag });
      return socket;
    },
  };

  test("each change has a version and a tag, and no other frame has a version of its own", async () => {
    expect(changes.map(({ version }) => version)).toEqual(range(1, 9));
    for (const frame of changes) expect(tagOf(frame)).toMatch(UUID);
    expect(new Set(changes.map(tagOf)).size).toBe(9);
    const [hub, a] = [await bob.hub(), await ann.chat(id)];
    hub.send({ type: "subscribe", conversation_id: id });
    for (const socket of [hub, live]) {
      socket.send({ type: "history", conversation_id: id, ref: "h" });
      await socket.next("history");
    }
    a.send({ type: "typing", is_typing: true });
    live.send({ type: "read" });
    await live.next("typing");
    await a.next("read");
    await hub.next("read_position");
    for (const { type, version } of [...hub.frames, ...live.frames, ...a.frames])
      expect([type, version !== undefined]).toEqual([
        type,
        ["message", "message_changed", "participants"].includes(type),
      ]);
    for (const socket of [hub, a]) socket.close();
  });

  test("the version stands before the message", () => {
    const [text = ""] = live.texts.filter((_, i) => live.frames[i].type === "message");
    expect(Object.keys(JSON.parse(text))).toEqual(["type", "conversation_id", "version", "message"]);
  });

  test("every cursor comes with its tag, the retention limit and the epoch", async () => {
    const at = { last_version: 9, tag: tagOf(changes[8]), pruned_seq: 0 };
    const { epoch, ...page } = dataOf(await bob.get(`${path}messages/`));
    expect(page).toMatchObject(at);
    expect(epoch).toMatch(UUID);
    const list = (await bob.get("/api/chat/conversations/")).body;
    expect(list.meta.epoch).toBe(epoch);
    expect(list.data[0].pruned_seq).toBe(0);
    expect(dataOf(await bob.get(path)).pruned_seq).toBe(0);
    const [chat, hub] = [await bob.chat(id), await bob.hub()];
    expect(chat.frames[0]).toMatchObject({ ...at, epoch });
    expect(hub.frames[0].epoch).toBe(epoch);
    hub.send({ type: "subscribe", conversation_id: id, after_version: 100 });
    expect(await hub.next("subscribed")).toMatchObject({ ...at, epoch });
    expect(await hub.next("reset")).toMatchObject({ ...at, epoch });
    chat.send({ type: "history" });
    expect(await chat.next("history")).toMatchObject({ ...at, epoch });
    for (const socket of [chat, hub]) socket.close();
  });

  test.each(Object.keys(resumes))("on %s a cursor with its tag is replayed from, at every change", async (kind) => {
    for (const frame of changes.slice(0, -1)) {
      const socket = await resumes[kind]?.(frame.version, tagOf(frame).toUpperCase());
      if (!socket) continue;
      await reached(socket, 9);
      expect(versionsIn(socket.frames)).toEqual(range(frame.version + 1, 9));
      socket.close();
    }
  });

  test.each(Object.keys(resumes))("on %s a cursor with another tag is reset, at every change", async (kind) => {
    for (const version of range(0, 9)) {
      const socket = await resumes[kind]?.(version, crypto.randomUUID());
      if (!socket) continue;
      expect(await socket.next("reset")).toMatchObject({ last_version: 9, tag: tagOf(changes[8]) });
      await socket.settled();
      expect(versionsIn(socket.frames)).toEqual([]);
      socket.close();
    }
  });

  test("an invalid tag is refused on both kinds of socket", async () => {
    for (const tag of ["", "x", "1", `${crypto.randomUUID()}0`]) {
      const answer = await bob.get(`/ws/chat/${id}/?after_version=1&tag=${tag}`);
      expectError(answer, 400, { code: "validation_failed" });
      expect(answer.body.errors).toEqual({ tag: ["Must be a valid UUID."] });
    }
    const hub = await bob.hub();
    for (const tag of ["", "x", 1, {}]) {
      hub.send({ type: "subscribe", conversation_id: id, after_version: 1, tag });
      expect(await hub.next("error")).toMatchObject({
        code: "validation_failed",
        message: "tag: Must be a valid UUID.",
      });
    }
    hub.send({ type: "subscribe", conversation_id: id, after_version: 8, tag: null });
    await reached(hub, 9);
    hub.close();
  });
});
