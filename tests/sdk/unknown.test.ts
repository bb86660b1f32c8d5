import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { memoryStorage } from "../../src/sdk/index.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import type { TestServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { clientOf, contents, online, sharedServer, until } from "./people.ts";

// A client of this release and a server of a later one.

setDefaultTimeout(60_000);

/** A faulty client subscribes 20 to 30 times a second. */
const LONG_ENOUGH_MS = 700;

let server: TestServer;
const relays: Relay[] = [];
beforeAll(async () => {
  server = await sharedServer();
});
afterAll(async () => {
  for (const relay of relays) await relay.stop();
});

async function setting() {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  const relay = startRelay(server.url);
  relays.push(relay);
  const storage = memoryStorage();
  const client = await online(clientOf(people.ann, { url: relay.url, storage }));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  const subscribes = () => relay.sent.filter((frame) => frame.type === "subscribe");
  return { people, id, relay, client, chat, subscribes, storage };
}

/** Sends edits as changes of a type that no client knows. */
const renameEdits = (relay: Relay) => {
  relay.rewrite = (frame: Frame) =>
    frame.type === "message_changed" ? [{ ...frame, type: "reaction", message: undefined, emoji: "+1" }] : [frame];
};

test("a change of an unknown type moves the cursor, and the next message shows", async () => {
  const { people, id, relay, chat, subscribes } = await setting();
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  renameEdits(relay);
  const edited = await people.bob.patch(`/api/chat/conversations/${id}/messages/${messageId}/`, { content: "uno" });
  expect(edited.status).toBe(200);
  await people.bob.send(id, "two");
  await until(() => chat.messages.length === 2);
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(subscribes()).toHaveLength(1);
  expect([chat.state, contents(chat.messages)]).toEqual(["live", ["one", "two"]]);
});

test("a client resumes after a change of an unknown type when its connection is cut", async () => {
  const { people, id, relay, client, chat, subscribes } = await setting();
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  renameEdits(relay);
  await people.bob.patch(`/api/chat/conversations/${id}/messages/${messageId}/`, { content: "uno" });
  await Bun.sleep(50);
  const before = subscribes().length;
  // The client reconnects.
  relay.rewrite = (frame: Frame) => [frame];
  const down = until(() => client.state !== "online");
  relay.cut();
  await down;
  await until(() => chat.state === "live" && subscribes().length > before);
  await people.bob.send(id, "two");
  await until(() => chat.messages.length === 2);
  expect(subscribes().slice(before)).toMatchObject([{ after_version: 2 }]);
});

test("one frame of an unknown type that stands for a range of changes moves the cursor to its end", async () => {
  const { people, id, relay, chat, subscribes } = await setting();
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  const edits = 3;
  let from = 0;
  let count = 0;
  relay.rewrite = (frame: Frame) => {
    if (frame.type !== "message_changed") return [frame];
    from ||= frame.version;
    return ++count < edits ? [] : [{ ...frame, type: "reactions", message: undefined, from }];
  };
  for (let n = 1; n <= edits; n++)
    await people.bob.patch(`/api/chat/conversations/${id}/messages/${messageId}/`, { content: `edit ${n}` });
  await people.bob.send(id, "two");
  await until(() => chat.messages.length === 2);
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(subscribes()).toHaveLength(1);
  expect(chat.state).toBe("live");
});

test("a frame of an unknown type without a version is ignored, with a conversation or without", async () => {
  const { people, id, relay, client, chat, subscribes } = await setting();
  const errors: Error[] = [];
  client.on("error", (error) => void errors.push(error));
  for (const frame of [
    { type: "weather", conversation_id: id, degrees: 21 },
    { type: "weather", conversation_id: crypto.randomUUID(), version: 7 },
    { type: "weather", conversation_id: id, version: "1" },
    { type: "weather", me_version: 3 },
  ])
    relay.inject(frame);
  await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  await Bun.sleep(LONG_ENOUGH_MS);
  expect([subscribes().length, errors, chat.state]).toEqual([1, [], "live"]);
});

test("an ack is no change, though it has a version", async () => {
  const { relay, chat, subscribes } = await setting();
  await chat.send("one").done;
  await until(() => chat.messages[0]?.state === "sent");
  relay.inject({ type: "ack", conversation_id: chat.id, id: crypto.randomUUID(), seq: 9, version: 9 });
  await chat.send("two").done;
  await until(() => chat.messages.length === 2 && chat.messages[1]?.state === "sent");
  await Bun.sleep(LONG_ENOUGH_MS);
  expect([subscribes().length, chat.state]).toEqual([1, "live"]);
});

test("the client stops asking for a change that never comes", async () => {
  const { people, id, relay, chat, subscribes } = await setting();
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  relay.rewrite = (frame: Frame) => (frame.type === "message_changed" ? [] : [frame]);
  await people.bob.patch(`/api/chat/conversations/${id}/messages/${messageId}/`, { content: "uno" });
  await people.bob.send(id, "two");
  await until(() => chat.messages.length === 2 && chat.state === "live");
  await people.bob.send(id, "three");
  await until(() => chat.messages.length === 3);
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(contents(chat.messages)).toEqual(["uno", "two", "three"]);
  expect(subscribes().length).toBeLessThanOrEqual(3);
});
