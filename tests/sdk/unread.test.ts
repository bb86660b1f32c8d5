import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, online, sharedServer, until } from "./people.ts";

setDefaultTimeout(120_000);

/** More conversations than the first page of the list has. */
const CONVERSATIONS = 71;

let server: TestServer;
let ann: Client;
let bob: Client;
let ids: string[];
beforeAll(async () => {
  server = await sharedServer();
  [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const cat = await server.person("Cat");
  ids = [];
  for (let n = 0; n < CONVERSATIONS; n++) ids.push((await ann.conversation([bob, cat], `Group ${n}`)).id);
  // In the conversations that are not on the first page.
  await bob.send(ids[0] ?? "", "old news");
  await bob.send(ids[1] ?? "", "older news");
  for (const id of ids.slice(2)) await ann.send(id, "so that it is more recent");
});

test("unread messages in conversations that are not loaded count, and stay up to date", async () => {
  const [oldest = "", second = "", third = ""] = ids;
  const client = await online(clientOf(ann));
  const { conversations } = client;
  await until(() => conversations.isLoaded);
  expect([conversations.items.length, conversations.hasMore]).toEqual([50, true]);
  expect(conversations.items.map(({ unread }) => unread)).not.toContain(1);
  expect(conversations.unread).toBe(2);
  // A conversation that is not loaded gets a message, and comes into the list.
  await bob.send(third, "and more");
  await until(() => conversations.unread === 3);
  await Bun.sleep(1_500);
  expect(conversations.unread).toBe(3);
  // A conversation that is not loaded is read on another device.
  await ann.get(`/api/chat/conversations/${oldest}/messages/`);
  await until(() => conversations.unread === 2);
  // A loaded conversation is read here.
  const chat = client.open(third);
  await until(() => chat.state === "live");
  chat.markRead();
  expect(conversations.unread).toBe(1);
  // A conversation that is not in the list is opened by its id, and read here.
  const opened = client.open(second);
  await until(() => opened.state === "live" && opened.unread === 1);
  opened.markRead();
  await until(() => conversations.unread === 0);
  await bob.send(second, "newest");
  await until(() => conversations.unread === 1);
  await conversations.loadMore();
  expect(conversations.unread).toBe(1);
  await ann.get(`/api/chat/conversations/${second}/messages/`);
  await until(() => conversations.unread === 0);
  await Bun.sleep(1_500);
  expect(conversations.unread).toBe(0);
  await client.close();
});
