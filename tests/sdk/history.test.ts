import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { type ConfabClient, memoryStorage } from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import { type Restorable, startRestorable } from "../support/restorable.ts";
import { clientOf, contents, isSettled, online, until } from "./people.ts";

// The server's database goes back in time: everything that clients know beyond that is lost.

setDefaultTimeout(120_000);

const nodes: Restorable[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});

const say = async (who: Client, id: string, ...texts: string[]) => {
  for (const text of texts) await who.send(id, text);
};

/** Ann's client has no connection while `isBlind`. */
function blindable(person: Client, storage = memoryStorage()) {
  let isBlind = false;
  class Blinded extends WebSocket {
    constructor(url: string, options?: Bun.WebSocketOptions) {
      super(isBlind ? "ws://127.0.0.1:1" : url, options);
    }
  }
  const client = clientOf(person, {
    storage,
    WebSocket: Blinded,
    fetch: (url, init) => (isBlind ? Promise.reject(new Error("no network")) : fetch(url, init)),
  });
  return {
    client,
    storage,
    blind: () => {
      isBlind = true;
    },
    see: () => {
      isBlind = false;
    },
  };
}

async function setting() {
  const node = await startRestorable();
  nodes.push(node);
  const [ann, bob, cat] = [
    await node.server.person("Ann"),
    await node.server.person("Bob"),
    await node.server.person("Cat"),
  ];
  const { id } = await ann.conversation([bob]);
  const aside = await ann.conversation([cat]);
  await say(bob, id, "one", "two", "three");
  await say(cat, aside.id, "aside one");
  await node.keepAside();
  await say(bob, id, "dead four", "dead five", "dead six");
  await say(cat, aside.id, "dead aside two", "dead aside three");
  return { node, ann, bob, cat, id, asideId: aside.id };
}

const isBack = (client: ConfabClient, id: string) =>
  online(client).then(() => until(() => client.open(id).state === "live"));

test("an open page shows the new history and nothing of the lost one", async () => {
  const { node, ann, bob, cat, id, asideId } = await setting();
  const { client, blind, see } = blindable(ann);
  const chat = (await online(client)).open(id);
  await until(() => chat.state === "live" && client.conversations.items.length === 2);
  chat.markRead();
  expect(contents(chat.messages)).toEqual(["one", "two", "three", "dead four", "dead five", "dead six"]);
  await until(() => client.conversations.items.find((one) => one.id === asideId)?.unread === 3);
  blind();
  await node.putBack();
  await until(() => client.state === "offline");
  chat.send("unsent");
  await say(bob, id, "new four", "new five", "new six", "new seven", "new eight", "new nine");
  await say(cat, asideId, "new aside two");
  see();
  await isBack(client, id);
  await until(() => isSettled(chat) && chat.messages.length === 10);
  expect(contents(chat.messages)).toEqual([
    ...["one", "two", "three", "new four", "new five", "new six", "new seven", "new eight", "new nine"],
    "unsent",
  ]);
  // The unsent text was sent once.
  await Bun.sleep(300);
  const { messages } = (await bob.get(`/api/chat/conversations/${id}/messages/`)).body.data;
  expect(messages.map(({ content }: { content: string }) => content)).toEqual(contents(chat.messages));
  const aside = client.conversations.items.find((one) => one.id === asideId);
  await until(() => aside?.lastMessage?.content === "new aside two");
  await until(() => aside?.unread === 2);
  await client.close();
});

test("a page that was closed meanwhile shows nothing stored of the lost history", async () => {
  const { node, ann, bob, id, asideId, cat } = await setting();
  const other = await ann.conversation([bob, cat], "a group that will never have been");
  await say(bob, other.id, "dead");
  const { client, storage } = blindable(ann);
  const chat = (await online(client)).open(id);
  await until(() => chat.state === "live" && client.conversations.items.length === 3);
  await until(() => client.conversations.items.every(({ lastMessage }) => lastMessage?.content.startsWith("dead")));
  chat.markRead();
  await client.close();
  await node.putBack();
  await say(bob, id, "new four");
  const again = blindable(ann, storage).client;
  const told: string[] = [];
  again.on("message", ({ content }) => void told.push(content));
  const reopened = (await online(again)).open(id);
  await until(() => reopened.state === "live" && again.conversations.items.length === 2);
  expect(contents(reopened.messages)).toEqual(["one", "two", "three", "new four"]);
  const aside = again.conversations.items.find((one) => one.id === asideId);
  await until(() => aside?.lastMessage?.content === "aside one" && aside.unread === 1);
  await until(() => reopened.unread === 4);
  await say(bob, id, "new five");
  await until(() => reopened.messages.length === 5);
  expect([told, reopened.unread]).toEqual([["new five"], 5]);
  await again.close();
  const kept = await Promise.all((await storage.keys("")).map((key) => storage.get(key)));
  // Ids may have the letters too.
  expect(kept.join()).not.toContain('"content":"dead');
});

test("the client shows data that an earlier client stored without tags, and does not resume from it", async () => {
  const { node, ann, bob, id } = await setting();
  const { client, storage } = blindable(ann);
  const chat = (await online(client)).open(id);
  await until(() => chat.state === "live");
  await client.close();
  for (const key of (await storage.keys("")).filter((name) => name.includes("cache/"))) {
    const { tag: _, epoch: __, ...kept } = JSON.parse((await storage.get(key)) ?? "");
    await storage.set(key, JSON.stringify(kept));
  }
  await node.putBack();
  await say(bob, id, "new four", "new five", "new six", "new seven");
  const { client: again, blind, see } = blindable(ann, storage);
  blind();
  await again.ready;
  const reopened = again.open(id);
  expect(contents(reopened.messages).at(-1)).toBe("dead six");
  see();
  await isBack(again, id);
  await until(() => reopened.messages.at(-1)?.content === "new seven");
  expect(contents(reopened.messages)).toEqual(["one", "two", "three", "new four", "new five", "new six", "new seven"]);
  await again.close();
});

/** A page has a lost edit, but its cursor is of before: as after a cut in the middle of a replay. */
async function editedAheadOfCursor() {
  const node = await startRestorable();
  nodes.push(node);
  const [ann, bob] = [await node.server.person("Ann"), await node.server.person("Bob")];
  const { id } = await ann.conversation([bob]);
  await say(bob, id, "one");
  const two = await bob.send(id, "two");
  await node.keepAside();
  await bob.patch(`/api/chat/conversations/${id}/messages/${two.id}/`, { content: "a lost edit" });
  const { client, storage } = blindable(ann);
  const chat = (await online(client)).open(id);
  await until(() => chat.state === "live" && client.conversations.items.length === 1);
  expect(contents(chat.messages)).toEqual(["one", "a lost edit"]);
  await client.close();
  const [key = ""] = (await storage.keys("")).filter((name) => name.includes("cache/"));
  const kept = JSON.parse((await storage.get(key)) ?? "{}");
  await storage.set(key, JSON.stringify({ ...kept, version: two.version, tag: two.id }));
  await node.putBack();
  return { ann, bob, id, storage };
}

test("a lost edit that was shown ahead of the cursor disappears with its history", async () => {
  const { ann, id, storage } = await editedAheadOfCursor();
  const { client } = blindable(ann, storage);
  const chat = (await online(client)).open(id);
  await until(() => chat.state === "live");
  await until(() => contents(chat.messages).join() === "one,two");
  await client.close();
});

test("a lost edit disappears when the list is read before the subscription is confirmed", async () => {
  const { ann, bob, id, storage } = await editedAheadOfCursor();
  await say(bob, id, "three");
  let held: (() => void)[] | undefined = [];
  class LateSubscribed extends WebSocket {
    override set onmessage(listener: ((event: MessageEvent) => void) | null) {
      super.onmessage =
        listener &&
        ((event) => {
          const isLate = held && (held.length > 0 || String(event.data).includes('"type":"subscribed"'));
          if (isLate) held?.push(() => listener(event));
          else listener(event);
        });
    }
  }
  const client = clientOf(ann, { storage, WebSocket: LateSubscribed });
  const chat = client.open(id);
  await online(client);
  // Only the list has told it so far.
  await until(() => chat.lastMessage?.content === "three" && held && held.length > 0);
  for (const go of held ?? []) go();
  held = undefined;
  await until(() => chat.state === "live");
  await until(() => contents(chat.messages).join() === "one,two,three");
  await client.close();
});

test("personal settings that the database lost are taken back, and those that it had come again", async () => {
  const { node, ann, bob, id, asideId } = await setting();
  const { client } = blindable(ann);
  await online(client);
  const preferencesOf = (of: string) =>
    [...client.conversations.items, ...client.conversations.archived.items].find((one) => one.id === of)?.preferences;
  await until(() => client.conversations.isLoaded);
  const update = async (of: string, body: unknown) =>
    expect((await ann.patch(`/api/chat/conversations/${of}/me/`, body)).status).toBe(200);
  await update(asideId, { level: "nothing" });
  await node.keepAside();
  await online(client);
  await update(id, { archived: true, unread: true });
  await update(asideId, { level: "all" });
  await until(() => preferencesOf(id)?.archived && preferencesOf(asideId)?.level === "all");
  await node.putBack();
  await until(() => preferencesOf(id)?.archived === false && preferencesOf(asideId)?.level === "nothing");
  expect(preferencesOf(id)?.markedUnread).toBe(false);
  // The numbers are used again, for other changes.
  await online(client);
  await update(asideId, { level: "all" });
  await until(() => preferencesOf(asideId)?.level === "all");
  await say(bob, id, "on");
});
