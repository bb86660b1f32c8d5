import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import pino from "pino";
import { type ConfabClient, connect, type KeyValueStorage, memoryStorage } from "../../src/sdk/index.ts";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { Database } from "../../src/server/platform/postgres/database.ts";
import { PASSWORD } from "../support/client.ts";
import { makePlace } from "../support/modes.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { range } from "../ws/frames.ts";
import { clientOf, contents, crash, isSettled, online, sharedServer, until } from "./people.ts";

setDefaultTimeout(60_000);

let server: TestServer;
let proxy: TcpProxy;
beforeAll(async () => {
  server = await sharedServer();
  proxy = await startProxy(Number(new URL(server.url).port));
});
afterAll(async () => {
  await proxy.stop();
});

/** Ann's page. It can be opened again with the same storage, also without a network. */
async function setting() {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  const storage = memoryStorage();
  const tab = (own: KeyValueStorage = storage) =>
    clientOf(people.ann, { url: `http://127.0.0.1:${proxy.port}`, storage: own });
  const bob = await online(clientOf(people.bob));
  const b = bob.open(id);
  await until(() => b.state === "live");
  return { people, id, storage, tab, bob, b };
}

const cutOff = async (...clients: ConfabClient[]) => {
  proxy.state = "refuse";
  proxy.cut();
  await until(() => clients.every(({ state }) => state === "offline"));
};
const reconnect = () => {
  proxy.state = "pass";
};

test("a reload without a network shows loaded messages, and sends unsent texts later", async () => {
  const { people, id, tab, b } = await setting();
  let page = await online(tab());
  let chat = page.open(id);
  for (const text of ["one", "two"]) chat.send(text);
  await until(() => isSettled(chat) && chat.messages.length === 2);
  await cutOff(page);
  for (const text of ["three", "four"]) chat.send(text);
  chat.edit(chat.messages[0]?.key ?? "", "uno");
  await page.close();
  page = tab();
  await page.ready;
  expect([page.me?.id, page.conversations.items.length]).toEqual([people.ann.id, 1]);
  expect(page.conversations.items[0]).toMatchObject({ id, title: "Chat with Bob Tester" });
  chat = page.open(id);
  expect(chat.state).toBe("stale");
  expect(contents(chat.messages)).toEqual(["uno", "two", "three", "four"]);
  expect(chat.messages.map(({ state }) => state)).toEqual(["sent", "sent", "pending", "pending"]);
  await people.bob.send(id, "meanwhile");
  chat.send("five");
  reconnect();
  await until(() => isSettled(chat) && chat.messages.length === 6 && b.messages[0]?.content === "uno");
  const all = ["uno", "two", "meanwhile", "three", "four", "five"];
  expect(contents(chat.messages)).toEqual(all);
  await until(() => b.messages.length === 6);
  expect(contents(b.messages)).toEqual(all);
});

test("a read position is sent, also by a page that closes at once, and by the next page after an offline one", async () => {
  const { people, id, tab, b } = await setting();
  let page = await online(tab());
  let chat = page.open(id);
  const unread = async () => (await people.ann.get(`/api/chat/conversations/${id}/`)).body.data.unread_count;
  b.send("one");
  await until(() => isSettled(b) && chat.unread === 1);
  chat.markRead();
  await Promise.all([page.close(), page.close()]);
  expect(page.state).toBe("stopped");
  await until(async () => (await unread()) === 0);
  page = await online(tab());
  chat = page.open(id);
  b.send("two");
  await until(() => isSettled(b) && chat.unread === 1);
  await cutOff(page);
  chat.markRead();
  await page.close();
  expect(await unread()).toBe(1);
  reconnect();
  page = await online(tab());
  await until(async () => (await unread()) === 0);
  await page.close();
});

test("the unsent texts of a dead tab are sent once, by a tab that lives", async () => {
  const { id, storage, tab, b } = await setting();
  // A tab that dies writes nothing from this moment on.
  let isDead = false;
  const write = <T>(work: () => Promise<T>) => (isDead ? new Promise<T>(() => {}) : work());
  const mortal: KeyValueStorage = {
    ...storage,
    set: (key, value) => write(() => storage.set(key, value)),
    delete: (key) => write(() => storage.delete(key)),
  };
  const others = [await online(tab()), await online(tab())];
  const dying = await online(tab(mortal));
  await cutOff(dying, ...others);
  const texts = range(1, 20).map(String);
  for (const text of texts) dying.open(id).send(text);
  await Bun.sleep(20);
  isDead = true;
  crash(dying);
  reconnect();
  await until(() => b.messages.length >= 20);
  await until(() => others.every((page) => page.open(id).state === "live"));
  expect(contents(b.messages)).toEqual(texts);
  await until(async () => (await storage.keys("confab1")).every((key) => !key.includes("outbox/")));
  expect((await storage.keys("")).filter((key) => key.includes("outbox/"))).toEqual([]);
});

test("an unreadable unsent text stays in the storage, is reported, and holds up no other text", async () => {
  const { people, id, storage, tab, b } = await setting();
  const folder = `confab1 http://127.0.0.1:${proxy.port}/ outbox/${people.ann.id}/dead/`;
  const entry = { kind: "message", conversation_id: id, created_at: new Date().toISOString() };
  const put = (name: string, order: number) =>
    storage.set(
      folder + name,
      JSON.stringify({ ...entry, id: name, key: `${people.ann.id}:${name}`, content: name, order }),
    );
  await put("first", 1);
  await storage.set(`${folder}torn`, '{"id":"torn","kind":"mess');
  await storage.set(`${folder}odd`, "{}");
  await put("second", 2);
  const errors: string[] = [];
  const page = tab();
  page.on("error", ({ message }) => void errors.push(message));
  await online(page);
  await until(() => b.messages.length === 2);
  expect(contents(b.messages)).toEqual(["first", "second"]);
  // The client reads it again and again, and reports it once.
  await Bun.sleep(400);
  expect(errors.map((text) => text.split("/").at(-1)).sort()).toEqual(["odd", "torn"]);
  expect((await storage.keys(folder)).map((key) => key.slice(folder.length)).sort()).toEqual(["odd", "torn"]);
});

test("two tabs that live each send their own texts", async () => {
  const { id, tab, b } = await setting();
  const pages = [await online(tab()), await online(tab())];
  await cutOff(...pages);
  for (const [i, page] of pages.entries()) for (const n of range(1, 10)) page.open(id).send(`${i} ${n}`);
  // Longer than the lease: neither tab takes the other one for dead.
  await Bun.sleep(600);
  const chats = pages.map((page) => page.open(id));
  expect(chats.map(({ messages }) => messages.length)).toEqual([10, 10]);
  reconnect();
  await until(() => b.messages.length === 20 && chats.every(isSettled));
  for (const i of [0, 1])
    expect(contents(b.messages).filter((text) => text.startsWith(`${i}`))).toEqual(
      range(1, 10).map((n) => `${i} ${n}`),
    );
  for (const { messages } of chats) expect(contents(messages)).toEqual(contents(b.messages));
});

test("a failed text is still there after a reload, until it is discarded", async () => {
  const { id, tab } = await setting();
  let page = await online(tab());
  const { key } = page.open(id).send("x".repeat(5001));
  await page.close();
  page = tab();
  await page.ready;
  const chat = page.open(id);
  expect(chat.messages).toMatchObject([{ key, state: "failed", error: { code: "validation_failed" } }]);
  chat.discard(key);
  await page.close();
  page = tab();
  await page.ready;
  expect(page.open(id).messages).toEqual([]);
});

test("a sign-out leaves only unsent texts in the storage", async () => {
  const { id, storage, tab } = await setting();
  const page = await online(tab());
  page.open(id).send("secret");
  await until(() => isSettled(page.open(id)) && page.open(id).messages.length === 1);
  await cutOff(page);
  page.open(id).send("unsent");
  await page.signOut();
  reconnect();
  const left = (await storage.keys("")).map((key) => key.split(" ").at(-1)?.split("/")[0]);
  expect(new Set(left)).toEqual(new Set(["outbox", "signing-out", "token"]));
  const again = tab();
  await until(() => again.state === "signed-out");
  await again.close();
  // The server could not be reached then. The session ends now.
  expect((await storage.keys("")).map((key) => key.split(" ").at(-1)?.split("/")[0])).toEqual(["outbox"]);
});

test("a storage that fails is reported once, and the client goes on", async () => {
  const { id, tab, b } = await setting();
  const storage = memoryStorage();
  const full = () => Promise.reject(new Error("quota exceeded"));
  const page = await online(tab({ ...storage, set: full }));
  const errors: string[] = [];
  page.on("error", ({ message }) => void errors.push(message));
  const chat = page.open(id);
  for (const text of ["one", "two"]) await chat.send(text).done;
  await until(() => b.messages.length === 2);
  expect(errors.length).toBeLessThanOrEqual(1);
  const broken = await online(tab({ get: full, set: full, delete: full, keys: full }));
  await broken.open(id).send("three").done;
  await until(() => b.messages.length === 3);
});

test("stored messages are replaced when the server can't resume from their version", async () => {
  const { people, id, storage, tab } = await setting();
  let page = await online(tab());
  await page.open(id).send("one").done;
  await until(() => isSettled(page.open(id)));
  await page.close();
  // As after the server went back to an older state: it has no version as high as this.
  const [key = ""] = (await storage.keys("")).filter((name) => name.endsWith(id));
  const kept = JSON.parse((await storage.get(key)) ?? "{}");
  await storage.set(key, JSON.stringify({ ...kept, version: 5_000 }));
  await people.bob.send(id, "two");
  page = tab();
  const resets: boolean[] = [];
  await page.ready;
  const chat = page.open(id);
  chat.on("change", ({ reset }) => void (reset && resets.push(reset)));
  await until(() => chat.state === "live");
  expect(contents(chat.messages)).toEqual(["one", "two"]);
  expect(resets.length).toBe(1);
  await people.bob.send(id, "three");
  await until(() => chat.messages.length === 3);
});

test("new messages of a server that went back to an older state are new and unread", async () => {
  const { people, id, storage, tab, b } = await setting();
  let page = await online(tab());
  let chat = page.open(id);
  for (const text of ["one", "two"]) await people.bob.send(id, text);
  await until(() => isSettled(chat) && chat.messages.length === 2);
  chat.markRead();
  await until(() => b.readPositions.get(people.ann.id) === 2);
  await page.close();
  // The server has lost three messages that were read here.
  const [key = ""] = (await storage.keys("")).filter((name) => name.endsWith(id));
  const kept = JSON.parse((await storage.get(key)) ?? "{}");
  const lost = [3, 4, 5].map((seq) => ({ ...kept.messages[1], id: `lost ${seq}`, seq, version: seq + 1 }));
  const before = { ...kept, version: 6, head: 5, seq: 5, messages: [...kept.messages, ...lost] };
  await storage.set(key, JSON.stringify(before));
  page = tab();
  const told: string[] = [];
  page.on("message", ({ content }) => void told.push(content));
  chat = page.open(id);
  await until(() => chat.state === "live");
  expect([contents(chat.messages), chat.lastMessage?.content, chat.unread]).toEqual([["one", "two"], "two", 0]);
  await people.bob.send(id, "three");
  await until(() => chat.messages.length === 3);
  expect([told, chat.unread]).toEqual([["three"], 1]);
  await page.close();
});

test("a message that retention has removed does not count as unread", async () => {
  const place = await makePlace("embedded");
  const first = await startTestServer("embedded", place.environment);
  const people = { ann: await first.person("Ann"), bob: await first.person("Bob"), cat: await first.person("Cat") };
  const conversations = [[people.bob], [people.bob, people.cat]].map((others) => people.ann.conversation(others));
  const ids = (await Promise.all(conversations)).map((conversation) => conversation.id);
  for (const id of ids) for (const text of ["one", "two"]) await people.bob.send(id, text);
  await first.stop();
  const driver = await openDriver(readConfig(place.environment), pino({ level: "silent" }));
  await storesOn(new Database(driver)).log.prune(0);
  await driver.close();
  const second = await startTestServer("embedded", place.environment);
  const ann = await online(clientOf(people.ann.at(second.url)));
  // One conversation that is open, and one that is only live.
  const opened = ann.open(ids[0] ?? "");
  await until(() => opened.state === "live" && ann.conversations.items.length === 2);
  await until(() => ann.conversations.unread === 0);
  await people.bob.at(second.url).send(ids[1] ?? "", "three");
  await until(() => ann.conversations.unread === 1);
  await ann.close();
  await second.stop();
  place.remove();
});

test("a clock that was set back holds up no text, and dead clients leave nothing", async () => {
  const { people, id, storage, tab, b } = await setting();
  const server = `confab1 http://127.0.0.1:${proxy.port}/`;
  const key = `${people.ann.id}:first`;
  const entry = { kind: "message", conversation_id: id, id: "first", key, content: "first", created_at: "", order: 1 };
  await storage.set(`${server} outbox/${people.ann.id}/dead/first`, JSON.stringify(entry));
  await storage.set(`${server} lease/dead`, String(Date.now() + 3_600_000));
  await storage.set(`${server} lease/long-dead`, String(Date.now() - 3_600_000));
  const page = await online(tab());
  await until(() => b.messages.length === 1);
  const left = async () => (await storage.keys("")).filter((name) => /lease|outbox/.test(name));
  // Only the lease of this client.
  await until(async () => (await left()).length === 1);
  await page.close();
  expect(await left()).toEqual([]);
});

test("an ended session leaves the newer session of another client with this storage alone", async () => {
  const { storage, tab } = await setting();
  const [left, right] = [await online(tab()), await online(tab())];
  await left.changePassword(PASSWORD, "AnotherPass123");
  proxy.cut();
  await until(() => right.state === "signed-out");
  await online(left);
  const [key = ""] = (await storage.keys("")).filter((name) => name.endsWith(" token"));
  expect(await storage.get(key)).toBe(JSON.stringify(left.token));
  await Promise.all([left.close(), right.close()]);
});

test("a sign-out without a network signs the other tabs out", async () => {
  const { id, storage, tab } = await setting();
  const pages = [await online(tab()), await online(tab())];
  const [left, right] = pages;
  if (!left || !right) throw new Error("there are no tabs");
  await cutOff(left, right);
  right.open(id).send("unsent");
  await left.signOut();
  await until(() => right.state === "signed-out");
  expect([right.me, right.conversations.items.length]).toEqual([undefined, 0]);
  // The next start ends the session on the server.
  const kinds = async () => new Set((await storage.keys("")).map((key) => key.split(" ").at(-1)?.split("/")[0]));
  await until(async () => (await kinds()).has("token"));
  expect(await kinds()).toEqual(new Set(["outbox", "signing-out", "token"]));
  await Promise.all([left.close(), right.close()]);
  reconnect();
  const again = tab();
  await until(() => again.state === "signed-out");
  await again.close();
  expect(await kinds()).toEqual(new Set(["outbox"]));
});

test("a tab that notices a sign-out elsewhere ends no session on the server", async () => {
  const { people, storage, tab } = await setting();
  let isCut = false;
  const left = await online(
    clientOf(people.ann, {
      url: `http://127.0.0.1:${proxy.port}`,
      storage,
      fetch: (input, init) => (isCut ? Promise.reject(new Error("no network")) : fetch(input, init)),
    }),
  );
  const right = await online(tab());
  isCut = true;
  await left.signOut();
  await until(() => right.state === "signed-out");
  expect((await people.ann.get("/api/users/profile/")).status).toBe(200);
  isCut = false;
  await left.signIn(people.ann.user?.email ?? "", PASSWORD);
  await online(left);
  expect(right.token).toBeUndefined();
  const [key = ""] = (await storage.keys("")).filter((name) => name.endsWith(" token"));
  expect(await storage.get(key)).toBe(JSON.stringify(left.token));
  expect((await storage.keys("")).some((name) => name.endsWith(" signing-out"))).toBe(false);
  await Promise.all([left.close(), right.close()]);
});

test("a text that is far too long fails before it is sent, and the connection lives", async () => {
  const { id, tab, b } = await setting();
  const page = await online(tab());
  const chat = page.open(id);
  await cutOff(page);
  // Larger than a frame may be: the server would close the connection over it, again and again.
  const FAR_TOO_LONG = "x".repeat(70_000);
  const edited = chat.edit(chat.send("short").key, FAR_TOO_LONG);
  const again = chat.send(FAR_TOO_LONG);
  chat.retry(again.key);
  chat.send("fine");
  reconnect();
  await until(() => b.messages.length > 0);
  expect(contents(b.messages)).toEqual(["fine"]);
  await expect(edited.done).rejects.toMatchObject({ code: "validation_failed" });
  await until(() => chat.messages[0]?.state === "sent");
  expect(chat.messages.map(({ state }) => state)).toEqual(["sent", "failed", "failed"]);
  chat.edit(edited.key, "mended");
  await until(() => b.messages.length === 2);
  expect(contents(b.messages)).toEqual(["fine", "mended"]);
});

test("a full storage still takes what fits", async () => {
  const { id, storage, tab, b } = await setting();
  const full: KeyValueStorage = {
    ...storage,
    set: (key, value) => (value.length > 3_000 ? Promise.reject(new Error("quota exceeded")) : storage.set(key, value)),
  };
  const page = await online(tab(full));
  const errors: string[] = [];
  page.on("error", ({ message }) => void errors.push(message));
  const chat = page.open(id);
  await chat.send("x".repeat(4_000)).done;
  await until(() => errors.length > 0);
  await cutOff(page);
  chat.send("unsent");
  await Bun.sleep(20);
  crash(page);
  reconnect();
  await online(tab());
  await until(() => b.messages.length === 2);
  expect(b.messages[1]).toMatchObject({ content: "unsent" });
  expect(errors).toEqual(["quota exceeded"]);
});

test("an answer to a request from before the sign-out is ignored", async () => {
  const { people } = await setting();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let asked = 0;
  const client = clientOf(people.ann, {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (url.includes("/chat/conversations/?") && ++asked) await answered;
      return response;
    },
  });
  await online(client);
  await until(() => asked > 0);
  await client.signOut();
  answer();
  await Bun.sleep(50);
  expect(client.conversations.items.map(({ title }) => title)).toEqual([]);
  const cat = await server.person("Cat");
  await client.signIn(cat.user?.email ?? "", PASSWORD);
  await online(client);
  await until(() => client.conversations.isLoaded);
  expect(client.conversations.items.map(({ title }) => title)).toEqual([]);
});

/** IndexedDB of a faulty browser: opening has no answer before `answer` is called. */
function silentIndexedDb() {
  const values = new Map<string, string>();
  const store = {
    get: (key: string) => ({ result: values.get(key) }),
    put: (value: string, key: string) => ({ result: values.set(key, value) }),
    delete: (key: string) => ({ result: values.delete(key) }),
    getAllKeys: () => ({ result: [...values.keys()] }),
  };
  const database = {
    transaction() {
      const transaction = { objectStore: () => store, oncomplete: () => {} };
      queueMicrotask(() => transaction.oncomplete());
      return transaction;
    },
  };
  const asked: { result: typeof database; onsuccess(): void }[] = [];
  const open = () => {
    const request = { result: database, onsuccess: () => {} };
    asked.push(request);
    return request;
  };
  const answer = () => {
    for (const request of asked) request.onsuccess();
  };
  return { indexedDB: { open }, values, asked, answer };
}

test("a client does not wait for a browser's database that never opens, and uses it if it opens later", async () => {
  const { people, id, b } = await setting();
  const { indexedDB, values, asked, answer } = silentIndexedDb();
  Object.assign(globalThis, { indexedDB });
  const page = connect({ url: server.url, token: people.ann.cookie ?? "" });
  const errors: string[] = [];
  page.on("error", ({ message }) => void errors.push(message));
  await page.ready;
  Reflect.deleteProperty(globalThis, "indexedDB");
  await online(page);
  const chat = page.open(id);
  await chat.send("one").done;
  await until(() => b.messages.length === 1);
  expect([errors, asked.length, values.size]).toEqual([["IndexedDB does not open"], 1, 0]);
  answer();
  await page.changePassword(PASSWORD, "AnotherPass123");
  await until(() => [...values.keys()].some((key) => key.endsWith(" token")));
  await page.close();
  expect(errors.length).toBe(1);
});
