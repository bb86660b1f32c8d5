import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { pin, pins } from "../../src/sdk/features/pins.ts";
import { myVotes, sendPoll, vote } from "../../src/sdk/features/polls.ts";
import {
  type ChangedMessage,
  type ChatMessage,
  type ConfabClient,
  type Conversation,
  memoryStorage,
} from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import type { TestServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { clientOf, online, sharedServer, until } from "./people.ts";

// Changes that only alter how a message looks: their fields, events, ranges and optimistic states.

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
  const client = await online(clientOf(people.ann, { url: relay.url, storage: memoryStorage() }));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  const subscribes = () => relay.sent.filter(({ type }) => type === "subscribe");
  return { people, id, relay, client, chat, subscribes };
}

const newest = ({ messages }: Conversation): ChatMessage => {
  const message = messages.at(-1);
  if (!message) throw new Error("there is no message");
  return message;
};

const pinAs = (person: Client, id: string, messageId: string, on = true) =>
  person.call(on ? "PUT" : "DELETE", `/api/chat/conversations/${id}/messages/${messageId}/pin/`);

/** Collects the events about pins of the client, then those of the conversation. */
function listen(client: ConfabClient, chat: Conversation) {
  const heard: [string[], string[]] = [[], []];
  const hear =
    (into: string[]) =>
    ({ conversation, message, change }: ChangedMessage<"pin">) => {
      expect(conversation).toBe(chat);
      into.push(`${message.content} ${change.user_id} ${change.on} ${message.pinned !== undefined}`);
    };
  client.on("pin", hear(heard[0]));
  chat.on("pin", hear(heard[1]));
  return heard;
}

test("a pin of somebody else shows, and has an event of the client and of the conversation", async () => {
  const { people, id, client, chat, subscribes } = await setting();
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  const heard = listen(client, chat);
  await pinAs(people.bob, id, messageId);
  await until(() => newest(chat).pinned);
  await pinAs(people.bob, id, messageId, false);
  await until(() => !newest(chat).pinned);
  const events = [`one ${people.bob.id} true true`, `one ${people.bob.id} false false`];
  expect(heard).toEqual([events, events]);
  expect(subscribes()).toHaveLength(1);
});

test("changes that were missed have their events after a reconnect, each once and in order", async () => {
  const { people, id, relay, client, chat } = await setting();
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  const heard = listen(client, chat);
  const down = until(() => client.state !== "online");
  relay.cut();
  await down;
  for (const on of [true, false, true]) await pinAs(people.bob, id, messageId, on);
  await until(() => newest(chat).pinned && heard[1].length === 3);
  await Bun.sleep(100);
  const ons = heard[0].map((event) => event.split(" ")[2]);
  expect([heard[0], ons]).toEqual([heard[1], ["true", "false", "true"]]);
});

test("fields and kinds of changes that the client does not know stay, and do no harm", async () => {
  const { people, id, relay, client, chat } = await setting();
  const errors: Error[] = [];
  client.on("error", (error) => void errors.push(error));
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  relay.rewrite = (frame: Frame) =>
    frame.type === "message_changed"
      ? [
          {
            ...frame,
            change: { kind: "weather", degrees: 21 },
            message: { ...frame.message, weather: { degrees: 21 } },
          },
        ]
      : [frame];
  await pinAs(people.bob, id, messageId);
  await until(() => newest(chat).pinned);
  expect(newest(chat)).toMatchObject({ weather: { degrees: 21 } });
  expect(errors).toEqual([]);
});

/** Joins `count` changes of messages into one frame, as a server does for sockets that accept ranges. The first `lost` are lost. */
function joinChanges(relay: Relay, count: number, lost = 0) {
  const changes: unknown[] = [];
  let from = 0;
  relay.rewrite = (frame: Frame) => {
    if (frame.type !== "message_changed" || changes.length >= count) return [frame];
    if (lost-- > 0) return [];
    // The server may have joined some of them already.
    from ||= frame.from ?? frame.version;
    changes.push(...(frame.changes ?? [frame.change]));
    return changes.length < count ? [] : [{ ...frame, from, change: undefined, changes }];
  };
}

test("a frame of several changes moves the cursor to its end, and each change has its event", async () => {
  const { people, id, relay, client, chat, subscribes } = await setting();
  expect(relay.paths.at(-1)).toContain("accepts=ranges");
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  const heard = listen(client, chat);
  joinChanges(relay, 4);
  for (const on of [true, false, true, false]) await pinAs(people.bob, id, messageId, on);
  await until(() => heard[1].length === 4);
  await people.bob.send(id, "two");
  await until(() => chat.messages.length === 2);
  expect(heard[0].map((event) => event.split(" ")[2])).toEqual(["true", "false", "true", "false"]);
  expect([subscribes().length, chat.state]).toEqual([1, "live"]);
});

test("a client resumes when changes are missing before a frame of several, and hears each change once", async () => {
  const { people, id, relay, client, chat, subscribes } = await setting();
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  const heard = listen(client, chat);
  joinChanges(relay, 2, 1);
  for (const on of [true, false, true]) await pinAs(people.bob, id, messageId, on);
  await until(() => heard[1].length === 3 && chat.state === "live");
  await Bun.sleep(100);
  expect(heard[0].map((event) => event.split(" ")[2])).toEqual(["true", "false", "true"]);
  expect(subscribes().slice(1)).toMatchObject([{ after_version: 1 }]);
});

test("a frame of several changes that begins with known ones has events for the others only", async () => {
  const { people, id, relay, client, chat } = await setting();
  const { id: messageId } = await people.bob.send(id, "one");
  await until(() => chat.messages.length === 1);
  const heard = listen(client, chat);
  const pinned = await pinAs(people.bob, id, messageId);
  await until(() => heard[1].length === 1);
  const change = (on: boolean) => ({ kind: "pin", user_id: people.bob.id, on });
  const range = { type: "message_changed", conversation_id: id, from: 2, version: 3, message: pinned.body.data };
  relay.inject({ ...range, tag: crypto.randomUUID(), changes: [change(true), change(false)] });
  await until(() => heard[1].length === 2);
  expect(heard[0].map((event) => event.split(" ")[2])).toEqual(["true", "false"]);
});

test("an own pin shows at once, and pins of others with it", async () => {
  const { people, id, client, chat } = await setting();
  for (const text of ["one", "two"]) await people.bob.send(id, text);
  await until(() => chat.messages.length === 2);
  const { done } = pin(chat, newest(chat));
  expect(newest(chat).pinned?.user_id).toBe(people.ann.id);
  await done;
  expect(await pins(chat)).toMatchObject([{ content: "two", pinned: { user_id: people.ann.id } }]);
  const taken = pin(chat, newest(chat), false);
  expect(newest(chat).pinned).toBeUndefined();
  await taken.done;
  expect(await pins(chat)).toEqual([]);
  await client.close();
});

test("a poll is sent, and a vote shows at once, is replaced, and is taken back", async () => {
  const { people, id, chat } = await setting();
  await sendPoll(chat, { question: "Where?", options: ["Canteen", "Park"] }).done;
  await until(() => newest(chat).poll);
  expect(newest(chat).content).toBe("Where?");
  const result = () => [newest(chat).poll?.votes, newest(chat).poll?.voters, newest(chat).poll?.user_ids];
  const own = people.ann.id;
  const first = vote(chat, newest(chat), [0]);
  expect(result()).toEqual([[1, 0], 1, [[own], []]]);
  await first.done;
  const second = vote(chat, newest(chat), [1]);
  expect(result()).toEqual([[0, 1], 1, [[], [own]]]);
  await second.done;
  await until(async () => (await myVotes(chat))[0]?.options[0] === 1);
  const none = vote(chat, newest(chat), []);
  expect(result()).toEqual([[0, 0], 0, [[], []]]);
  await none.done;
  await people.bob.call("PUT", `/api/chat/conversations/${id}/messages/${newest(chat).id}/vote/`, { options: [0] });
  await until(() => newest(chat).poll?.voters === 1);
  expect(result()).toEqual([[1, 0], 1, [[people.bob.id], []]]);
});

test("a vote in an anonymous poll counts from the vote before", async () => {
  const { chat } = await setting();
  await sendPoll(chat, { question: "Who?", options: ["A", "B", "C"], anonymous: true, multiple: true }).done;
  await until(() => newest(chat).poll);
  await vote(chat, newest(chat), [0, 1]).done;
  await until(() => newest(chat).poll?.voters === 1);
  vote(chat, newest(chat), [1, 2], [0, 1]);
  expect([newest(chat).poll?.votes, newest(chat).poll?.voters]).toEqual([[0, 1, 1], 1]);
  await until(async () => (await myVotes(chat))[0]?.options.join() === "1,2");
});

test("a refused vote is taken back", async () => {
  const { chat } = await setting();
  await sendPoll(chat, { question: "Where?", options: ["Canteen", "Park"] }).done;
  await until(() => newest(chat).poll);
  const { done } = vote(chat, newest(chat), [0, 1]);
  expect(newest(chat).poll?.votes).toEqual([1, 1]);
  await expect(done).rejects.toMatchObject({ code: "validation_failed" });
  expect(newest(chat).poll?.votes).toEqual([0, 0]);
});
