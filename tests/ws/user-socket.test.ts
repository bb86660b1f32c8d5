import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { range, reached, sendAll, textsOf, versionsIn } from "./frames.ts";

setDefaultTimeout(60_000);

inEachMode("one socket for all conversations", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let cat: Client;

  beforeAll(async () => {
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    cat = await server.person("Cat");
  });

  const freshGroup = async () => {
    const { id } = await ann.conversation([bob, cat]);
    return { id, path: `/api/chat/conversations/${id}/` };
  };
  async function subscribe(hub: Socket, id: string, after_version?: number): Promise<Frame> {
    hub.send({ type: "subscribe", conversation_id: id, after_version });
    return hub.next("subscribed", (frame) => frame.conversation_id === id);
  }
  const about = (socket: Socket, type: string, id: string) =>
    socket.all(type).filter((frame) => frame.conversation_id === id);

  test("the greeting names no conversation, and nothing is subscribed", async () => {
    const { id } = await freshGroup();
    const hub = await bob.hub();
    const [greeting] = hub.frames;
    expect(greeting).toMatchObject({ type: "connection_established", message: "Connected to chat" });
    expect(greeting).not.toContainKeys(["conversation_id", "last_seq", "last_version"]);
    expect(greeting.reconnect_after_ms).toBeWithin(0, 60_000);
    await ann.send(id, "not for you yet");
    await hub.next("activity");
    expect(hub.all("message")).toEqual([]);
    hub.close();
  });

  test("subscribing answers the state of the conversation and its reader, and new frames follow", async () => {
    const { id } = await freshGroup();
    await ann.send(id, "one");
    const hub = await bob.hub();
    hub.send({ type: "subscribe", conversation_id: id, ref: "s" });
    const frame = { type: "subscribed", conversation_id: id, ref: "s", last_seq: 1, last_version: 1, read_seq: 0 };
    expect(await hub.next("subscribed")).toMatchObject(frame);
    await ann.send(id, "two");
    await reached(hub, 2);
    expect(versionsIn(hub.frames)).toEqual([2]);
    hub.close();
  });

  test("subscribing with after_version replays, dense and in order, also while messages rush in", async () => {
    const { id } = await freshGroup();
    const a = await ann.chat(id);
    await sendAll(a, range(1, 300).map(String));
    const sending = sendAll(a, range(301, 800).map(String));
    const hubs = await Promise.all(range(1, 10).map(() => bob.hub()));
    for (const [i, hub] of hubs.entries()) hub.send({ type: "subscribe", conversation_id: id, after_version: i * 30 });
    await sending;
    for (const [i, hub] of hubs.entries()) {
      await reached(hub, 800);
      expect(versionsIn(hub.frames)).toEqual(range(i * 30 + 1, 800));
      hub.close();
    }
    a.close();
  });

  test("subscribing beyond the newest is a reset, then live", async () => {
    const { id } = await freshGroup();
    const hub = await bob.hub();
    await subscribe(hub, id, 1);
    expect(await hub.next("reset")).toMatchObject({ conversation_id: id, last_version: 0, tag: null });
    await ann.send(id, "one");
    expect((await hub.next("message")).message.seq).toBe(1);
    hub.close();
  });

  test("several conversations at once, each frame with its own id", async () => {
    const groups = [await freshGroup(), await freshGroup(), await freshGroup()];
    const hub = await bob.hub();
    for (const { id } of groups) await subscribe(hub, id, 0);
    await Promise.all(groups.flatMap(({ id }) => range(1, 20).map((n) => ann.send(id, `${n}`))));
    for (const { id } of groups) {
      await hub.until(() => about(hub, "message", id).length === 20);
      expect(about(hub, "message", id).map((frame) => frame.message.seq)).toEqual(range(1, 20));
      expect(about(hub, "message", id).every((frame) => frame.message.conversation_id === id)).toBe(true);
    }
    hub.close();
  });

  test("it gets the same bytes as the chat's own socket: changes, typing and reading", async () => {
    const { id, path } = await freshGroup();
    const [chat, hub, a] = [await bob.chat(id), await bob.hub(), await ann.chat(id)];
    await subscribe(hub, id);
    const sent = await ann.send(id, "one 👍", "bytes");
    a.send({ type: "typing", is_typing: true });
    a.send({ type: "typing", is_typing: false });
    await cat.get(`${path}messages/`);
    a.send({ type: "edit", message_id: sent.id, content: "two" });
    a.send({ type: "delete", message_id: sent.id, ref: "done" });
    await a.next("ack");
    await ann.patch(path, { name: "Bytes" });
    const types = ["message", "message_changed", "participants", "typing", "read"];
    for (const socket of [chat, hub]) await socket.next("participants");
    expect(textsOf(hub, ...types)).toEqual(textsOf(chat, ...types));
    expect(textsOf(hub, ...types)).toHaveLength(7);
    for (const socket of [chat, hub, a]) socket.close();
  });

  test("it sends, edits, deletes, reads and asks for history in the conversation it names", async () => {
    const { id, path } = await freshGroup();
    const hub = await bob.hub();
    await ann.send(id, "one");
    await subscribe(hub, id);
    const to = { conversation_id: id };
    hub.send({ ...to, type: "message", content: "two", client_id: "c", ref: "r" });
    const { message } = await hub.next("message");
    const ack = { type: "ack", ...to, client_id: "c", ref: "r", id: message.id, seq: 2, version: 2 };
    expect(await hub.next("ack")).toEqual(ack);
    hub.send({ ...to, type: "edit", message_id: message.id, content: "edited", ref: "e" });
    expect(await hub.next("ack")).toMatchObject({ ...to, ref: "e" });
    hub.send({ ...to, type: "history", ref: "h" });
    const history = await hub.next("history");
    expect(history).toMatchObject({ ...to, ref: "h", total: 2 });
    expect(history.messages.map((found: Frame) => found.content)).toEqual(["one", "edited"]);
    await ann.send(id, "three");
    hub.send({ ...to, type: "read" });
    hub.send({ ...to, type: "delete", message_id: message.id, ref: "d" });
    expect(await hub.next("ack")).toMatchObject({ ...to, ref: "d" });
    expect((await bob.get(path)).body.data.unread_count).toBe(0);
    hub.send({ type: "ping", ref: "p" });
    expect(await hub.next("pong")).toEqual({ type: "pong", ref: "p" });
    hub.close();
  });

  test("unsubscribing ends the frames", async () => {
    const { id } = await freshGroup();
    const hub = await bob.hub();
    await subscribe(hub, id);
    hub.send({ type: "unsubscribe", conversation_id: id, ref: "u" });
    const answer = { type: "unsubscribed", conversation_id: id, ref: "u", code: "unsubscribed" };
    expect(await hub.next("unsubscribed")).toEqual(answer);
    await ann.send(id, "unheard");
    await hub.next("activity", (frame) => frame.conversation_id === id);
    expect(hub.all("message")).toEqual([]);
    hub.close();
  });

  test("activity comes from conversations that are not subscribed, and from no others", async () => {
    const { id, path } = await freshGroup();
    const other = await freshGroup();
    const hub = await bob.hub();
    const sent = await ann.send(id, "one");
    await ann.patch(`${path}messages/${sent.id}/`, { content: "changed" });
    await ann.patch(path, { name: "Renamed" });
    await hub.until(() => about(hub, "activity", id).length === 3);
    const frame = { type: "activity", conversation_id: id, last_seq: 1 };
    expect(about(hub, "activity", id)).toEqual(range(1, 3).map((last_version) => ({ ...frame, last_version })));

    await subscribe(hub, id);
    await ann.send(id, "two");
    await ann.send(other.id, "elsewhere");
    await hub.next("activity", (frame) => frame.conversation_id === other.id);
    await hub.next("message", (frame) => frame.conversation_id === id);
    expect(about(hub, "activity", id)).toHaveLength(3);

    hub.send({ type: "unsubscribe", conversation_id: id });
    await hub.next("unsubscribed");
    await ann.send(id, "three");
    await hub.until(() => about(hub, "activity", id).length === 4);
    hub.close();
  });

  test("nobody hears of a conversation that is not theirs", async () => {
    const eve = await server.person("Eve");
    const hub = await eve.hub();
    const { id } = await freshGroup();
    await ann.send(id, "between us");
    hub.send({ type: "subscribe", conversation_id: id });
    expect((await hub.next("error")).conversation_id).toBe(id);
    for (const frame of [{ content: "x" }, { type: "typing", is_typing: true }, { type: "history" }]) {
      hub.send({ ...frame, conversation_id: id, ref: "mine" });
      const error = await hub.next("error");
      expect([error.ref, error.conversation_id]).toEqual(["mine", id]);
    }
    await ann.send(id, "still between us");
    await hub.settled();
    expect(new Set(hub.frames.map((frame) => frame.type))).toEqual(
      new Set(["connection_established", "error", "pong"]),
    );
    expect((await ann.get(`/api/chat/conversations/${id}/`)).body.data.message_count).toBe(2);
    hub.close();
  });

  test("reading in somebody else's conversation is an error", async () => {
    const eve = await server.person("Eve");
    const hub = await eve.hub();
    const { id } = await freshGroup();
    hub.send({ type: "read", conversation_id: id, ref: "mine" });
    expect(await hub.next("error")).toMatchObject({ conversation_id: id, ref: "mine", code: "not_a_participant" });
    hub.close();
  });

  test("a new 1-on-1 and a new group are announced to each member, as each sees them", async () => {
    const [dan, eva] = [await server.person("Dan"), await server.person("Eva")];
    const hubs = [await dan.hub(), await eva.hub()] as const;
    const outsider = await bob.hub();
    const pair = await dan.conversation([eva]);
    const group = await eva.conversation([dan, cat], "Three of us");
    for (const [i, hub] of hubs.entries()) {
      const [one, two] = [await hub.next("conversation"), await hub.next("conversation")];
      expect([one.conversation_id, two.conversation_id]).toEqual([pair.id, group.id]);
      expect(one.conversation.display_name).toBe(i === 0 ? "Chat with Eva Tester" : "Chat with Dan Tester");
      expect(two.conversation).toEqual(group);
    }
    await outsider.settled();
    expect(outsider.all("conversation")).toEqual([]);

    await dan.send(pair.id, "hello");
    expect(await hubs[1].next("activity")).toMatchObject({ conversation_id: pair.id, last_seq: 1, last_version: 1 });
    for (const hub of [...hubs, outsider]) hub.close();
  });

  test("an existing 1-on-1 is not announced again", async () => {
    await ann.conversation([bob]);
    const hub = await bob.hub();
    await ann.conversation([bob]);
    await hub.settled();
    expect(hub.all("conversation")).toEqual([]);
    hub.close();
  });

  test("a person added to a group gets the conversation, and can subscribe to it", async () => {
    const { id, path } = await freshGroup();
    const dan = await server.person("Dan");
    const hub = await dan.hub();
    await bob.post(`${path}participants/`, { user_ids: [dan.id] });
    const { conversation } = await hub.next("conversation");
    expect(conversation).toMatchObject({ id, participant_count: 4, is_group: true });
    await ann.send(id, "welcome");
    expect(await hub.next("activity")).toMatchObject({ conversation_id: id, last_version: 2 });
    await subscribe(hub, id, 0);
    await reached(hub, 2);
    expect(versionsIn(hub.frames)).toEqual([1, 2]);
    hub.close();
  });

  test("a removed member gets the removal, after its frame where subscribed, and then nothing more", async () => {
    const { id, path } = await freshGroup();
    const [subscribed, idle] = [await bob.hub(), await bob.hub()];
    await subscribe(subscribed, id);
    await ann.delete(`${path}participants/${bob.id}/`);
    const told = { type: "unsubscribed", conversation_id: id, code: "removed" };
    for (const hub of [subscribed, idle]) expect(await hub.next("unsubscribed")).toEqual(told);
    expect(subscribed.frames.slice(-2).map((frame) => frame.type)).toEqual(["participants", "unsubscribed"]);
    await ann.send(id, "without Bob");
    for (const hub of [subscribed, idle]) {
      hub.send({ type: "subscribe", conversation_id: id });
      expect(await hub.next("error")).toMatchObject({ conversation_id: id, code: "not_a_participant" });
      const afterwards = hub.frames.slice(hub.frames.findIndex((frame) => frame.type === "unsubscribed") + 1);
      expect(afterwards.map((frame) => frame.type)).toEqual(["error"]);
      expect(about(hub, "unsubscribed", id)).toHaveLength(1);
    }
    await ann.post(`${path}participants/`, { user_ids: [bob.id] });
    for (const hub of [subscribed, idle]) {
      await hub.next("conversation", (frame) => frame.conversation_id === id);
      expect((await subscribe(hub, id)).last_version).toBe(3);
      hub.close();
    }
  });

  test("errors name the conversation, the client_id and the ref", async () => {
    const { id } = await freshGroup();
    const hub = await bob.hub();
    hub.send({ conversation_id: id, content: "", client_id: "c", ref: "r" });
    expect(await hub.next("error")).toMatchObject({
      message: "Message content cannot be empty",
      conversation_id: id,
      client_id: "c",
      ref: "r",
    });
    hub.send({ conversation_id: id, type: "nonsense" });
    expect(await hub.next("error")).toMatchObject({ message: "Unknown message type", conversation_id: id });
    hub.close();
  });

  test("a frame without a conversation, or with an unknown or invalid one, is refused", async () => {
    const hub = await bob.hub();
    for (const conversation_id of [undefined, "no id", 1, null, crypto.randomUUID()])
      for (const type of ["message", "subscribe", "history"]) {
        hub.send({ type, conversation_id, content: "x", ref: "r" });
        expect((await hub.next("error")).ref).toBe("r");
      }
    await hub.settled();
    hub.close();
  });

  test("typing needs a subscription, and ends with it", async () => {
    const { id } = await freshGroup();
    const [hub, b] = [await ann.hub(), await bob.chat(id)];
    hub.send({ type: "typing", conversation_id: id, is_typing: true });
    expect(await hub.next("error")).toMatchObject({ code: "not_subscribed", conversation_id: id });
    await subscribe(hub, id);
    hub.send({ type: "typing", conversation_id: id, is_typing: true });
    expect((await b.next("typing")).is_typing).toBe(true);
    hub.send({ type: "unsubscribe", conversation_id: id });
    expect((await b.next("typing")).is_typing).toBe(false);
    hub.close();
    b.close();
  });

  test("unsubscribing without a subscription is an error", async () => {
    const { id } = await freshGroup();
    const hub = await bob.hub();
    hub.send({ type: "unsubscribe", conversation_id: id, ref: "u" });
    expect(await hub.next("error")).toMatchObject({ code: "not_subscribed", conversation_id: id, ref: "u" });
    hub.close();
  });

  test("a second subscribe starts over, and nothing comes twice", async () => {
    const { id } = await freshGroup();
    await ann.send(id, "one");
    const hub = await bob.hub();
    await subscribe(hub, id);
    await subscribe(hub, id, 0);
    await ann.send(id, "two");
    await reached(hub, 2);
    await hub.settled();
    expect(versionsIn(hub.frames)).toEqual([1, 2]);
    expect(about(hub, "activity", id)).toEqual([]);
    hub.close();
  });
});
