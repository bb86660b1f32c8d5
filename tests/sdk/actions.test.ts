import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { act } from "../../src/sdk/features/actions.ts";
import { type Action, type ChatMessage, type Conversation, memoryStorage } from "../../src/sdk/index.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, contents, online, sharedServer, until } from "./people.ts";

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
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  const relay = startRelay(server.url);
  relays.push(relay);
  const storage = memoryStorage();
  const client = await online(clientOf(people.ann, { url: relay.url, storage }));
  const errors: Error[] = [];
  client.on("error", (error) => void errors.push(error));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  const sent = () =>
    relay.sent.filter(({ type }) => type === "edit" || type === "message").map(({ content }) => content);
  return { people, id, relay, client, chat, storage, errors, sent };
}

/** An edit, as an action: it sets the text of a message, and shows as a reaction. */
const set = (chat: Conversation, message: ChatMessage | string, content: string, more: Partial<Action> = {}) =>
  act(chat, {
    kind: "set",
    message,
    frame: { type: "edit", content },
    apply: () => ({ reactions: [{ emoji: content, count: 1, user_ids: [] }] }),
    ...more,
  });

class NoNetwork extends WebSocket {
  constructor() {
    super("ws://127.0.0.1:1");
  }
}

const marks = (messages: readonly ChatMessage[]) =>
  messages.map(({ reactions }) => (reactions ?? []).map(({ emoji }) => emoji).join());

const theOnly = ({ messages }: Conversation): ChatMessage => {
  const [message] = messages;
  if (!message || messages.length > 1) throw new Error(`${messages.length} messages`);
  return message;
};

test("an action shows at once, goes out, and gives way to the state of the server", async () => {
  const { chat, errors, sent } = await setting();
  await chat.send("one").done;
  await until(() => theOnly(chat).state === "sent");
  const { done } = set(chat, theOnly(chat), "uno");
  expect(marks(chat.messages)).toEqual(["uno"]);
  expect(await done).toMatchObject({ type: "ack" });
  await until(() => theOnly(chat).content === "uno");
  expect([marks(chat.messages), errors, sent()]).toEqual([[""], [], ["one", "uno"]]);
});

test("a refused action is taken back, and its error is told", async () => {
  const { people, id, chat, errors } = await setting();
  await people.bob.send(id, "his");
  await until(() => chat.messages.length === 1);
  const { done } = set(chat, theOnly(chat), "mine");
  expect(marks(chat.messages)).toEqual(["mine"]);
  await expect(done).rejects.toMatchObject({ code: "not_the_sender" });
  expect([marks(chat.messages), errors]).toMatchObject([[""], [{ code: "not_the_sender" }]]);
});

test("an action on an unsent message waits for it, and one behind it keeps its place", async () => {
  const { chat, relay, client, sent } = await setting();
  const down = until(() => client.state !== "online");
  relay.cut();
  await down;
  chat.send("one");
  const { done } = set(chat, theOnly(chat), "uno");
  chat.send("two");
  expect([contents(chat.messages), marks(chat.messages)]).toEqual([
    ["one", "two"],
    ["uno", ""],
  ]);
  await done;
  await until(() => chat.messages.every(({ state }) => state === "sent"));
  await until(() => chat.messages[0]?.content === "uno");
  expect(sent()).toEqual(["one", "uno", "two"]);
});

test("on, off and on again while offline are one request", async () => {
  const { chat, relay, client, sent } = await setting();
  await chat.send("one").done;
  await until(() => theOnly(chat).state === "sent");
  const down = until(() => client.state !== "online");
  relay.cut();
  await down;
  const all = ["on", "off", "on"].map((content) => set(chat, theOnly(chat), content).done);
  expect(marks(chat.messages)).toEqual(["on"]);
  await Promise.all(all);
  await until(() => theOnly(chat).content === "on");
  expect(sent()).toEqual(["one", "on"]);
});

test("an action survives a reload: it shows, goes out once, and is then forgotten", async () => {
  const { people, id, chat, relay, client, storage, sent } = await setting();
  await chat.send("one").done;
  await until(() => theOnly(chat).state === "sent");
  relay.rewrite = () => [];
  set(chat, theOnly(chat), "uno");
  await until(() => sent().length === 2);
  await client.close();
  const fetch = () => Promise.reject(new Error("no network"));
  const offline = clientOf(people.ann, { url: relay.url, storage, fetch, WebSocket: NoNetwork });
  await offline.ready;
  expect(marks(offline.open(id).messages)).toEqual(["uno"]);
  await offline.close();
  relay.rewrite = (frame) => [frame];
  const again = await online(clientOf(people.ann, { url: relay.url, storage }));
  const shown = again.open(id);
  await until(() => shown.state === "live" && theOnly(shown).content === "uno" && marks(shown.messages)[0] === "");
  await again.close();
  expect(await again.unsentOf(people.ann.id)).toBe(0);
  expect(sent()).toEqual(["one", "uno", "uno"]);
});

test("an action goes out behind the messages that were there before it", async () => {
  const { chat, relay, client, sent } = await setting();
  await chat.send("one").done;
  await until(() => theOnly(chat).state === "sent");
  const down = until(() => client.state !== "online");
  relay.cut();
  await down;
  const [first] = chat.messages;
  chat.send("two");
  if (first) await set(chat, first, "uno").done;
  expect(sent()).toEqual(["one", "two", "uno"]);
});

test("calls are made one after the other, also when a newer one replaces one that is on its way", async () => {
  const { people, id, relay } = await setting();
  let [running, most] = [0, 0];
  const slowly = async (url: string, init?: RequestInit) => {
    const isPin = url.endsWith("/pin/");
    running += Number(isPin);
    most = Math.max(most, running);
    if (isPin) await Bun.sleep(30);
    return fetch(url, init).finally(() => {
      running -= Number(isPin);
    });
  };
  const client = await online(clientOf(people.ann, { url: relay.url, fetch: slowly }));
  const chat = client.open(id);
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  const path = `chat/conversations/${id}/messages/{message_id}/pin/`;
  const setPin = async (on: boolean) => {
    const request = { method: on ? "PUT" : "DELETE", path };
    const { done } = act(chat, { kind: "pinned", message: messageId, request });
    await Bun.sleep(10);
    return done;
  };
  await Promise.all([setPin(true), setPin(false), setPin(true), setPin(false)]);
  const pinned = await people.bob.get(`/api/chat/conversations/${id}/pins/`);
  expect([pinned.body.data, most]).toEqual([[], 1]);
});

test("a send is refused when somebody has written meanwhile, and goes out after a look", async () => {
  const { people, id, chat } = await setting();
  await people.bob.send(id, "his");
  await until(() => chat.messages.length === 1);
  const { key, done } = chat.send("mine", { if_seq: 0 });
  await expect(done).rejects.toMatchObject({ code: "newer" });
  expect(chat.messages[1]).toMatchObject({ state: "failed", error: { code: "newer" }, options: { if_seq: 0 } });
  chat.retry(key);
  await until(() => chat.messages[1]?.state === "sent");
  expect(contents(chat.messages)).toEqual(["his", "mine"]);
});

test("the options of a message wait with it, over a reload too", async () => {
  const { people, id, chat, relay, client, storage } = await setting();
  const { id: first } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  const down = until(() => client.state !== "online");
  relay.cut();
  await down;
  chat.send("two", { reply_to: first });
  expect(chat.messages[1]).toMatchObject({ state: "pending", options: { reply_to: first } });
  await client.close();
  const again = (await online(clientOf(people.ann, { url: relay.url, storage }))).open(id);
  await until(() => again.messages[1]?.state === "sent");
  expect(again.messages[1]?.reply_to).toMatchObject({ id: first, seq: 1, excerpt: "one" });
});
