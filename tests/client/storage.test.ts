import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type ConfabClient, type KeyValueStorage, memoryStorage } from "../../src/client/index.ts";
import { PASSWORD } from "../support/client.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import type { TestServer } from "../support/server.ts";
import { range } from "../ws/frames.ts";
import { clientOf, contents, isSettled, online, sharedServer, until } from "./people.ts";

setDefaultTimeout(30_000);

let server: TestServer;
let proxy: TcpProxy;
beforeAll(async () => {
  server = await sharedServer();
  proxy = await startProxy(Number(new URL(server.url).port));
});
afterAll(async () => {
  await proxy.stop();
});

/** Ann's page, which can be opened again and again with the same storage, also without a network. */
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

test("a reload without a network shows what was loaded, and sends what was not sent", async () => {
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

test("what a tab has left that ended without a word is sent once, by those that live", async () => {
  const { id, storage, tab, b } = await setting();
  // A tab that dies writes nothing any more, from one moment to the next.
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
  void dying.close();
  reconnect();
  await until(() => b.messages.length >= 20);
  await until(() => others.every((page) => page.open(id).state === "live"));
  expect(contents(b.messages)).toEqual(texts);
  await until(async () => (await storage.keys("confab1")).every((key) => !key.includes("outbox/")));
  expect((await storage.keys("")).filter((key) => key.includes("outbox/"))).toEqual([]);
});

test("what can't be read of it is left where it is and said, and keeps nothing else from being sent", async () => {
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
  // It is looked for again and again, and said once.
  await Bun.sleep(400);
  expect(errors.map((text) => text.split("/").at(-1)).sort()).toEqual(["odd", "torn"]);
  expect((await storage.keys(folder)).map((key) => key.slice(folder.length)).sort()).toEqual(["odd", "torn"]);
});

test("two tabs that live each send their own", async () => {
  const { id, tab, b } = await setting();
  const pages = [await online(tab()), await online(tab())];
  await cutOff(...pages);
  for (const [i, page] of pages.entries()) for (const n of range(1, 10)) page.open(id).send(`${i} ${n}`);
  // Longer than the lease: neither takes the other for dead.
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

test("what failed is still there after a reload, until it is discarded", async () => {
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

test("signing out leaves nothing but what was not sent", async () => {
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
  // The session that could not be ended then is ended now.
  expect((await storage.keys("")).map((key) => key.split(" ").at(-1)?.split("/")[0])).toEqual(["outbox"]);
});

test("a storage that fails is said once, and all goes on", async () => {
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

test("what was kept can't be gone on from: it is put anew", async () => {
  const { people, id, storage, tab } = await setting();
  let page = await online(tab());
  await page.open(id).send("one").done;
  await until(() => isSettled(page.open(id)));
  await page.close();
  // As after the server was put back to an older state: it does not know so high a version.
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

test("who signs out without a network is signed out in the other tabs too", async () => {
  const { id, storage, tab } = await setting();
  const pages = [await online(tab()), await online(tab())];
  const [left, right] = pages;
  if (!left || !right) throw new Error("there are no tabs");
  await cutOff(left, right);
  right.open(id).send("unsent");
  await left.signOut();
  await until(() => right.state === "signed-out");
  expect([right.me, right.conversations.items.length]).toEqual([undefined, 0]);
  // The session has still to be ended, with the next start.
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

test("a tab that hears of a signing out ends nobody's session, neither that one nor the next", async () => {
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
