import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { threadIdOf } from "../../src/sdk/base/thread-id.ts";
import { follow, openThread, reply, threadsOf } from "../../src/sdk/features/threads.ts";
import { type ConfabClient, memoryStorage, type SentMessage } from "../../src/sdk/index.ts";
import { threadIdOf as idOnTheServer } from "../../src/server/features/threads/id.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, contents, crash, online, sharedServer, until } from "./people.ts";

setDefaultTimeout(60_000);

let server: TestServer;
const relays: Relay[] = [];
beforeAll(async () => {
  server = await sharedServer();
});
afterAll(async () => {
  for (const relay of relays) await relay.stop();
});

class NoNetwork extends WebSocket {
  constructor() {
    super("ws://127.0.0.1:1");
  }
}

/** A conversation with one message of Ann, and Bob's client on it. */
async function setting() {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob"), eve: await server.person("Eve") };
  const { id } = await people.ann.conversation([people.bob, people.eve], "Lunch");
  const root = await people.ann.send(id, "Where?");
  const relay = startRelay(server.url);
  relays.push(relay);
  const storage = memoryStorage();
  const client = await online(clientOf(people.bob, { url: relay.url, storage, threads: true }));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  const message = chat.messages[0] as SentMessage;
  return { people, id, root, relay, client, chat, storage, message };
}

const listed = (client: ConfabClient) => client.conversations.items.map((one) => one.id);
const inbox = (client: ConfabClient) => threadsOf(client).items.map((one) => [one.id, one.unread]);

test("the client makes the same ids as the server", () => {
  for (let i = 0; i < 50; i++) {
    const [conversation, message] = [crypto.randomUUID(), Bun.randomUUIDv7()];
    expect(threadIdOf(conversation, message)).toBe(idOnTheServer(conversation, message));
  }
});

test("a thread opens, takes replies, and stands in the list of threads alone", async () => {
  const { people, id, client, chat, message } = await setting();
  const thread = await openThread(chat, message);
  await until(() => thread.state === "live");
  expect([thread.title, thread.info?.parent_id, thread.unread]).toEqual(["Lunch", id, 0]);
  await reply(chat, message, "At the sea.").done;
  await people.ann.send(thread.id, "Good.");
  await until(() => thread.messages.length === 2);
  await until(() => inbox(client).length === 1);
  await until(() => inbox(client)[0]?.[1] === 1);
  expect([listed(client), threadsOf(client).unread]).toEqual([[id], 1]);
  // Reading the conversation does not read the thread, nor the other way.
  chat.markRead();
  expect(thread.unread).toBe(1);
  thread.markRead();
  await people.ann.send(id, "Later.");
  await until(() => chat.unread === 1);
  expect(thread.unread).toBe(0);
  expect(client.conversations.unread).toBe(1);
});

test("a second device and a reload have the same list, with exact unread", async () => {
  const { people, id, client, chat, message } = await setting();
  const second = await online(clientOf(people.bob, { threads: true }));
  await until(() => threadsOf(second).isLoaded);
  await reply(chat, message, "mine").done;
  const threadId = threadIdOf(id, message.id);
  await until(() => inbox(second).length === 1);
  for (const content of ["one", "two"]) await people.ann.send(threadId, content);
  await until(() => inbox(second)[0]?.[1] === 2);
  const third = await online(clientOf(people.bob));
  await until(() => inbox(third)[0]?.[1] === 2);
  const thread = await openThread(chat, message);
  await until(() => thread.state === "live");
  thread.markRead();
  for (const other of [second, third, client]) await until(() => inbox(other)[0]?.[1] === 0);
  await follow(thread, false);
  for (const other of [second, third, client]) await until(() => inbox(other).length === 0);
  await follow(thread);
  for (const other of [second, third, client]) await until(() => inbox(other).length === 1);
});

test("a first reply that was written offline starts the thread, once, also after a restart of the client", async () => {
  const { people, id, client, storage, message, relay } = await setting();
  await client.close();
  const fetch = () => Promise.reject(new Error("no network"));
  const offline = clientOf(people.bob, { url: relay.url, storage, threads: true, WebSocket: NoNetwork, fetch });
  const chat = offline.open(id);
  await until(() => offline.me !== undefined && chat.messages.length === 1);
  const thread = await openThread(chat, message);
  void reply(chat, message, "offline one").done.catch(() => {});
  void reply(chat, message, "offline two", { also_in_parent: true }).done.catch(() => {});
  expect(contents(thread.messages)).toEqual(["offline one", "offline two"]);
  await Bun.sleep(300);
  crash(offline);
  const again = await online(clientOf(people.bob, { url: relay.url, storage, threads: true }));
  const messages = async () => {
    const answer = await people.ann.get(`/api/chat/conversations/${threadIdOf(id, message.id)}/messages/`);
    return answer.status === 200 ? answer.body.data.messages.map((one: SentMessage) => one.content) : [];
  };
  await until(async () => (await messages()).length === 2);
  expect(await messages()).toEqual(["offline one", "offline two"]);
  const copies = await people.ann.get(`/api/chat/conversations/${id}/messages/`);
  expect(copies.body.data.messages.map((one: SentMessage) => one.content)).toEqual(["Where?", "offline two"]);
  expect(again.state).toBe("online");
});

test("a removal from the conversation takes its threads out of the list", async () => {
  const { people, id, client, chat, message } = await setting();
  await reply(chat, message, "mine").done;
  await until(() => inbox(client).length === 1);
  await people.ann.delete(`/api/chat/conversations/${id}/participants/${people.bob.id}/`);
  await until(() => chat.state === "gone");
  await until(() => inbox(client).length === 0);
  expect(threadsOf(client).unread).toBe(0);
});

test("a client that knows nothing of threads meets them without a loop or a loss", async () => {
  const { people, id, root } = await setting();
  const relay = startRelay(server.url);
  relays.push(relay);
  const plain = await online(clientOf(people.ann, { url: relay.url }));
  const chat = plain.open(id);
  await until(() => chat.state === "live");
  const start = await people.bob.post(`/api/chat/conversations/${id}/messages/${root.id}/thread/`);
  const threadId = start.body.data.id;
  for (let i = 0; i < 5; i++) {
    await people.bob.send(threadId, `reply ${i}`);
    await people.bob.post(`/api/chat/conversations/${threadId}/messages/`, {
      content: `both ${i}`,
      also_in_parent: true,
    });
  }
  await until(() => contents(chat.messages).includes("both 4"));
  await until(() => chat.messages[0]?.thread?.replies === 10);
  expect(contents(chat.messages)).toEqual(["Where?", ...[0, 1, 2, 3, 4].map((i) => `both ${i}`)]);
  expect(listed(plain)).toEqual([id]);
  expect(relay.sent.filter(({ type }) => type === "subscribe").length).toBeLessThan(4);
});
