import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { myReactions, react, reactedBy } from "../../src/sdk/features/reactions.ts";
import { type ChatMessage, type Conversation, memoryStorage } from "../../src/sdk/index.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, online, sharedServer, until } from "./people.ts";

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
  const bob = await online(clientOf(people.bob));
  const chat = client.open(id);
  const bobs = bob.open(id);
  await until(() => chat.state === "live" && bobs.state === "live");
  const sent = () => relay.sent.filter(({ type }) => type === "react").map(({ emoji, on }) => `${emoji} ${on}`);
  return { people, id, relay, client, chat, bobs, storage, sent };
}

const newest = ({ messages }: Conversation): ChatMessage => {
  const message = messages.at(-1);
  if (!message) throw new Error("there is no message");
  return message;
};

const shown = (chat: Conversation) =>
  (newest(chat).reactions ?? []).map(({ emoji, count, user_ids }) => `${emoji} ${count} ${user_ids}`);

test("a reaction shows at once, reaches the others as an event, and is taken back", async () => {
  const { people, chat, bobs } = await setting();
  const { ann, bob } = people;
  await chat.send("one").done;
  await until(() => newest(bobs).state === "sent" && newest(chat).state === "sent");
  const heard: string[] = [];
  bobs.on("reaction", ({ message, change: { user_id, emoji, on } }) => {
    heard.push(`${user_id} ${emoji} ${on} ${message.reactions?.length ?? 0}`);
  });
  const first = react(chat, newest(chat), "👍");
  expect(shown(chat)).toEqual([`👍 1 ${ann.id}`]);
  await first.done;
  await until(() => shown(bobs).length === 1);
  const second = react(bobs, newest(bobs), "👍");
  expect(shown(bobs)).toEqual([`👍 2 ${ann.id},${bob.id}`]);
  await second.done;
  await until(() => shown(chat)[0]?.startsWith("👍 2"));
  react(chat, newest(chat), "👍", false);
  expect(shown(chat)).toEqual([`👍 1 ${bob.id}`]);
  await until(() => heard.length === 3);
  expect(shown(bobs)).toEqual([`👍 1 ${bob.id}`]);
  expect(heard).toEqual([`${ann.id} 👍 true 1`, `${bob.id} 👍 true 1`, `${ann.id} 👍 false 1`]);
});

test("an emoji has one form, before and after the server has it", async () => {
  const { people, chat } = await setting();
  await chat.send("one").done;
  await until(() => newest(chat).state === "sent");
  // A heart without U+FE0F is the same heart.
  const { done } = react(chat, newest(chat), "\u2764");
  expect(shown(chat)).toEqual([`\u2764\ufe0f 1 ${people.ann.id}`]);
  await done;
  await until(async () => (await myReactions(chat)).length === 1);
  expect(shown(chat)).toEqual([`\u2764\ufe0f 1 ${people.ann.id}`]);
});

test("a reaction that is no emoji is taken back", async () => {
  const { chat } = await setting();
  await chat.send("one").done;
  await until(() => newest(chat).state === "sent");
  const { done } = react(chat, newest(chat), "nonsense");
  expect(shown(chat)).toHaveLength(1);
  await expect(done).rejects.toMatchObject({ code: "not_an_emoji" });
  expect(shown(chat)).toEqual([]);
});

test("a reaction to an unsent message goes out behind it, once, also over a reload while offline", async () => {
  const { people, id, relay, client, storage, bobs, sent } = await setting();
  const chat = client.open(id);
  const down = until(() => client.state !== "online");
  relay.cut();
  await down;
  chat.send("one");
  for (const on of [true, false, true]) react(chat, newest(chat), "🎉", on);
  await client.close();
  expect(sent()).toEqual([]);
  const again = await online(clientOf(people.ann, { url: relay.url, storage }));
  const shownAgain = again.open(id);
  await until(() => bobs.messages.length === 1 && shown(bobs).length === 1);
  await until(() => newest(shownAgain).state === "sent");
  expect([shown(bobs), sent()]).toEqual([[`🎉 1 ${people.ann.id}`], ["🎉 true"]]);
  await until(async () => (await again.unsentOf(people.ann.id)) === 0);
});

test("own reactions and those of others can be read", async () => {
  const { people, chat, bobs } = await setting();
  for (const text of ["one", "two"]) await chat.send(text).done;
  await until(() => bobs.messages.length === 2);
  await react(chat, newest(chat), "👍").done;
  await react(bobs, newest(bobs), "👍").done;
  await react(bobs, newest(bobs), "🎉").done;
  const { id = "" } = newest(chat);
  expect(await myReactions(chat)).toEqual([{ message_id: id, seq: 2, emoji: ["👍"] }]);
  expect(await myReactions(chat, { after_seq: 2 })).toEqual([]);
  expect(await myReactions(bobs, { before_seq: 2 })).toEqual([]);
  const { people: found } = await reactedBy(chat, id, { emoji: "👍" });
  expect(found.map(({ user_id }) => user_id)).toEqual([people.ann.id, people.bob.id]);
  const first = await reactedBy(chat, id, { limit: 2 });
  expect(first.next_after).not.toBeNull();
  const rest = await reactedBy(chat, id, { after: first.next_after ?? "" });
  const all = [...first.people, ...rest.people].map(({ emoji, user_id }) => `${emoji} ${user_id}`);
  expect(all.sort()).toEqual([`🎉 ${people.bob.id}`, `👍 ${people.ann.id}`, `👍 ${people.bob.id}`].sort());
});

test("reactions that come too fast wait as long as the server says, messages go on, and none is lost", async () => {
  const { chat, relay, sent } = await setting();
  for (const text of ["one", "two"]) await chat.send(text).done;
  await until(() => newest(chat).seq === 2 && newest(chat).state === "sent");
  let refusals = 2;
  // The server's answer to the first ones says that they came too fast.
  relay.rewrite = (frame) => {
    const asked = relay.sent.find(({ ref }) => ref !== undefined && ref === frame.ref);
    if (frame.type !== "ack" || asked?.type !== "react" || refusals-- <= 0) return [frame];
    const { ref, conversation_id } = frame;
    return [{ type: "error", code: "throttled", message: "Too fast", retry_after: 1, ref, conversation_id }];
  };
  const actions = ["👍", "🎉"].map((emoji) => react(chat, newest(chat), emoji).done);
  const started = performance.now();
  await chat.send("three").done;
  const message = performance.now() - started;
  await Promise.all(actions);
  expect(performance.now() - started).toBeGreaterThan(990);
  expect(message).toBeLessThan(990);
  expect(sent().sort()).toEqual(["🎉 true", "🎉 true", "👍 true", "👍 true"]);
  expect((await myReactions(chat))[0]?.emoji.sort()).toEqual(["🎉", "👍"]);
});

test("a reaction beyond the people who are named is taken back too", async () => {
  const { chat, relay, people } = await setting();
  await chat.send("one").done;
  await until(() => newest(chat).state === "sent");
  // As of a message with more people than the server names.
  relay.rewrite = (frame) => {
    const [reaction] = frame.message?.reactions ?? [];
    if (frame.type !== "message_changed" || !reaction) return [frame];
    const reactions = [{ emoji: reaction.emoji, count: 70 + reaction.count, user_ids: [people.bob.id] }];
    return [{ ...frame, message: { ...frame.message, reactions } }];
  };
  await react(chat, newest(chat), "👍").done;
  await until(() => shown(chat)[0] === `👍 71 ${people.bob.id}`);
  react(chat, newest(chat), "👍", false);
  expect(shown(chat)).toEqual([`👍 70 ${people.bob.id}`]);
});
