import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { memoryStorage } from "../../src/sdk/index.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import type { TestServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { clientOf, contents, online, sharedServer, until } from "./people.ts";

// On a slow line each wait for an answer before the next question is a round trip more.

setDefaultTimeout(60_000);

let server: TestServer;
const relays: Relay[] = [];
beforeAll(async () => {
  server = await sharedServer();
});
afterAll(async () => {
  for (const relay of relays) await relay.stop();
});

async function setting() {
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const { id } = await ann.conversation([bob]);
  await bob.send(id, "one");
  const relay = startRelay(server.url);
  relays.push(relay);
  // It is not among the recent ones, so nothing but opening it subscribes to it.
  const client = await online(clientOf(ann, { url: relay.url, storage: memoryStorage(), recent: 0 }));
  const pages = () => relay.sent.filter(({ type, conversation_id }) => type === "history" && conversation_id === id);
  return { ann, bob, id, relay, client, pages };
}

/** Holds back the answers to subscriptions. */
function holdSubscribed(relay: Relay): Frame[] {
  const held: Frame[] = [];
  relay.rewrite = (frame) => {
    if (frame.type !== "subscribed") return [frame];
    held.push(frame);
    return [];
  };
  return held;
}

test("a conversation that opens asks for its page before the subscription is answered", async () => {
  const { id, relay, client, pages } = await setting();
  const held = holdSubscribed(relay);
  client.open(id);
  await until(() => held.length === 1 && pages().length === 1);
});

test("a conversation that opens asks for its page once", async () => {
  const { bob, id, client, pages } = await setting();
  const chat = client.open(id);
  await until(() => chat.state === "live" && chat.messages.length === 1);
  await bob.send(id, "two");
  await until(() => chat.messages.length === 2);
  expect(contents(chat.messages)).toEqual(["one", "two"]);
  expect(pages()).toHaveLength(1);
});

test("a conversation that opens before the first greeting asks for its page once", async () => {
  const { ann, id, relay, pages } = await setting();
  const chat = clientOf(ann, { url: relay.url, storage: memoryStorage(), recent: 0 }).open(id);
  await until(() => chat.state === "live" && chat.messages.length === 1);
  expect(pages()).toHaveLength(1);
});

test("a page that overtakes its subscription is asked for again, because nothing says from where to go on", async () => {
  const { bob, id, relay, client, pages } = await setting();
  const held = holdSubscribed(relay);
  const answered: Frame[] = [];
  const { rewrite } = relay;
  relay.rewrite = (frame) => {
    if (frame.type === "history") answered.push(frame);
    return rewrite(frame);
  };
  const chat = client.open(id);
  await until(() => held.length === 1 && answered.length === 1);
  await Bun.sleep(50);
  expect(contents(chat.messages)).toEqual([]);
  for (const frame of held) relay.inject(frame);
  await until(() => chat.state === "live" && chat.messages.length === 1);
  await bob.send(id, "two");
  await until(() => chat.messages.length === 2);
  expect(contents(chat.messages)).toEqual(["one", "two"]);
  expect(pages()).toHaveLength(2);
});
