import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { search } from "../../src/sdk/features/search.ts";
import { openThread, reply } from "../../src/sdk/features/threads.ts";
import {
  type ChatMessage,
  type ConfabClient,
  memoryStorage,
  type SearchHit,
  type SearchOptions,
} from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, online, sharedServer, until } from "./people.ts";

setDefaultTimeout(120_000);

let server: TestServer;
beforeAll(async () => {
  server = await sharedServer();
});

/** Ann in a group with Bob, whose name is a word that no other test has. */
async function group() {
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const { id } = await ann.conversation([bob, await server.person("Cid")], "Release");
  return { ann, bob, id };
}

async function all(client: ConfabClient, query: string, options: SearchOptions = {}): Promise<SearchHit[]> {
  const hits: SearchHit[] = [];
  for await (const hit of search(client, query, options)) hits.push(hit);
  return hits;
}
const texts = (hits: readonly SearchHit[]) => hits.map(({ message }) => message.content);
const marked = ({ excerpt: { text, matches } }: SearchHit) => matches.map(([start, end]) => text.slice(start, end));

test("a search finds messages of all conversations, the newest first, page by page", async () => {
  const { ann, bob, id } = await group();
  const { id: other } = await ann.conversation([bob]);
  for (let i = 0; i < 7; i++) await bob.send(i % 2 ? id : other, `**deploy** number ${i}`);
  await bob.send(id, "something else");
  const client = await online(clientOf(ann));
  const found = search(client, "deplo", { limit: 3 });
  const first = await found.page();
  expect(texts(first.hits)).toEqual(["**deploy** number 6", "**deploy** number 5", "**deploy** number 4"]);
  expect(first).toMatchObject({ hasMore: true, isExact: true, indexing: [], isOffline: false });
  expect(first.hits[0]).toMatchObject({
    excerpt: { text: "deploy number 6" },
    conversation: { id: other, kind: "direct", name: "Bob Tester", parent_id: null },
  });
  expect(first.hits.map(marked)).toEqual([["deploy"], ["deploy"], ["deploy"]]);
  const rest = await all(client, "deplo", { limit: 3, sort: "oldest" });
  expect(texts(rest)).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `**deploy** number ${i}`));
  expect(texts(await all(client, "deplo", { conversation: id }))).toHaveLength(3);
  expect(texts(await all(client, `deploy in:${other}`))).toHaveLength(4);
  expect(texts(await all(client, "deploy in:releas"))).toHaveLength(3);
  expect(texts(await all(client, `deploy from:${ann.user?.email}`))).toEqual([]);
  expect(texts(await all(client, "deplo", { from: bob.id, before: "2001-01-01" }))).toEqual([]);
});

test("two pages that are asked for at once are two pages", async () => {
  const { ann, bob, id } = await group();
  for (let i = 0; i < 4; i++) await bob.send(id, `twin ${i}`);
  const client = await online(clientOf(ann));
  const found = search(client, "twin", { limit: 2 });
  const pages = await Promise.all([found.page(), found.page(), found.page()]);
  expect(pages.map(({ hits }) => texts(hits))).toEqual([["twin 3", "twin 2"], ["twin 1", "twin 0"], []]);
});

test("a reply in a thread is found, with the message that it answers", async () => {
  const { ann, bob, id } = await group();
  await bob.send(id, "root");
  const client = await online(clientOf(ann, { threads: true }));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  const [root] = chat.messages;
  if (root?.state !== "sent") throw new Error("no root");
  await reply(chat, root, "an answer about zebras").done;
  const thread = await openThread(chat, root);
  const [hit] = await all(client, "zebra");
  expect(hit?.conversation).toEqual({ id: thread.id, kind: "thread", name: "Release", parent_id: id, root_seq: 1 });
});

const isDeleted = (message: ChatMessage | undefined) => message?.state === "sent" && message.deleted_at !== undefined;

/** A client whose server has indexed only the messages up to `seq`. */
function behind(person: Client, id: string, seq: number, options = {}) {
  return clientOf(person, {
    ...options,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (!url.includes("/chat/search/")) return response;
      const answer: { data: { results: SearchHit[] } } = JSON.parse(await response.text());
      const results = answer.data.results.filter(({ message }) => message.conversation_id !== id || message.seq <= seq);
      return Response.json({ ...answer, data: { ...answer.data, results, indexed: { [id]: seq } } });
    },
  });
}

test("the client searches messages that the index does not have, loaded or not, and gives each once", async () => {
  const { ann, bob, id } = await group();
  for (let i = 0; i < 6; i++) await bob.send(id, `parcel ${i}`);
  const { id: other } = await ann.conversation([bob]);
  await bob.send(other, "parcel elsewhere");
  const unopened = await online(behind(ann, id, 2));
  const expected = ["parcel elsewhere", ...[5, 4, 3, 2, 1, 0].map((i) => `parcel ${i}`)];
  expect(texts(await all(unopened, "parcel", { limit: 2 }))).toEqual(expected);
  expect(texts(await all(unopened, "parcel", { limit: 2, sort: "oldest" }))).toEqual(expected.toReversed());
  // A new message has come to an open conversation, and one was deleted.
  const chat = unopened.open(id);
  await until(() => chat.state === "live");
  await bob.send(id, "PARCEL just now");
  await bob.delete(`/api/chat/conversations/${id}/messages/${chat.messages[5]?.id}/`);
  await until(() => chat.messages.length === 7 && isDeleted(chat.messages[5]));
  const found = await all(unopened, "parcel");
  expect(texts(found).slice(0, 3)).toEqual(["PARCEL just now", "parcel elsewhere", "parcel 4"]);
  expect(found.flatMap(marked)).toContain("PARCEL");
  // The options hold for those too.
  expect(texts(await all(unopened, "parcel", { from: ann.id }))).toEqual([]);
  expect(texts(await all(unopened, "-just parcel has:link"))).toEqual([]);
});

test("a search names the conversations whose newest messages nobody has searched", async () => {
  const { ann, bob, id } = await group();
  for (let i = 0; i < 101; i++) await bob.send(id, `many ${i}`);
  const client = await online(behind(ann, id, 0));
  expect(await search(client, "many").page()).toMatchObject({ indexing: [id] });
});

test("without a connection a search finds what is stored, and says so", async () => {
  const { ann, bob, id } = await group();
  await bob.send(id, "lantern one");
  await bob.send(id, "lantern two");
  const storage = memoryStorage();
  const client = await online(clientOf(ann, { storage, threads: true }));
  const chat = client.open(id);
  await until(() => chat.messages.length === 2);
  await client.close();
  const away = clientOf(ann, {
    storage,
    fetch: () => Promise.reject(new Error("away")),
    WebSocket: class {
      onmessage = null;
      onclose = null;
      onerror = null;
      send() {}
      close() {}
    },
  });
  const page = await search(away, "lantern").page();
  expect(texts(page.hits)).toEqual(["lantern two", "lantern one"]);
  expect(page).toMatchObject({ isOffline: true, hasMore: false });
  expect(page.hits[0]?.conversation).toMatchObject({ id, name: "Release" });
  expect(texts(await all(away, "lantern", { sort: "oldest" }))).toEqual(["lantern one", "lantern two"]);
  expect(texts(await all(away, "lantern", { conversation: crypto.randomUUID() }))).toEqual([]);
  await away.close();
});

test("a refused query rejects with the server's words, and an ended search as canceled", async () => {
  const { ann, id, bob } = await group();
  await bob.send(id, "word");
  const client = await online(clientOf(ann));
  await expect(search(client, "word", { after: "yesterday" }).page()).rejects.toMatchObject({
    code: "validation_failed",
  });
  await expect(search(client, "word", { conversation: crypto.randomUUID() }).page()).rejects.toMatchObject({
    code: "not_found",
  });
  const ending = new AbortController();
  const found = search(client, "word", { signal: ending.signal });
  expect((await found.page()).hits).toHaveLength(1);
  ending.abort();
  await expect(found.page()).rejects.toMatchObject({ code: "canceled" });
});

test("an edit and a deletion of a live conversation are told, also of messages that are not loaded", async () => {
  const { ann, bob, id } = await group();
  for (let i = 0; i < 70; i++) await bob.send(id, `line ${i}`);
  const [oldest] = (await bob.get(`/api/chat/conversations/${id}/messages/?after_seq=0&limit=1`)).body.data.messages;
  const client = await online(clientOf(ann));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  expect(chat.indexOf(1)).toBe(-1);
  const told: string[] = [];
  client.on("amended", ({ content, deleted_at }, { id: where }) => told.push(deleted_at ? `${where} gone` : content));
  const path = `/api/chat/conversations/${id}/messages/${oldest.id}/`;
  await bob.patch(path, { content: "changed" });
  await until(() => told.length === 1);
  await bob.delete(path);
  await until(() => told.length === 2);
  expect(told).toEqual(["changed", `${id} gone`]);
});
