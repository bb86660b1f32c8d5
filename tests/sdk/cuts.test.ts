import { afterAll, beforeAll, expect, setDefaultTimeout, setSystemTime, test } from "bun:test";
import { join } from "node:path";
import { type ConfabClient, memoryStorage } from "../../src/sdk/index.ts";
import { afterAllFiles } from "../support/cleanup.ts";
import type { Client } from "../support/client.ts";
import { makePlace } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { spawnServer } from "../support/process.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { range } from "../ws/frames.ts";
import { clientOf, contents, isSettled, online, seqsOf, sharedServer, until } from "./people.ts";

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
const behindProxy = () => ({ url: `http://127.0.0.1:${proxy.port}` });

/** A jump of the clock that counts as sleep. */
const SLEEP_MS = 12_000;

/** Ann's network can be made bad. Bob sees what the server has. */
async function pair() {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  const [ann, bob] = [await online(clientOf(people.ann, behindProxy())), await online(clientOf(people.bob))];
  const [a, b] = [ann.open(id), bob.open(id)];
  await until(() => a.state === "live" && b.state === "live");
  const close = () => Promise.all([ann.close(), bob.close()]);
  return { people, id, ann, bob, a, b, close };
}

test("texts arrive once and in order when the connection is cut, also when acks are lost", async () => {
  const { a, b, close } = await pair();
  const texts = range(1, 40).map(String);
  for (const [i, text] of texts.entries()) {
    a.send(text);
    if (i % 10 === 5) proxy.cut();
    await Bun.sleep(5);
  }
  await until(() => isSettled(a) && b.messages.length >= texts.length);
  for (const text of ["x", "y", "z"]) {
    texts.push(text);
    // The server has the message, and its ack is lost.
    proxy.loseAnswers = { left: 1 };
    a.send(text);
    await until(() => isSettled(a) && proxy.loseAnswers?.left === 0);
  }
  await until(() => b.messages.length >= texts.length);
  expect(contents(b.messages)).toEqual(texts);
  expect(contents(a.messages)).toEqual(texts);
  await close();
});

test("missed messages and edits come once, and a dead connection without a close is noticed", async () => {
  const { ann, a, b, close } = await pair();
  b.send("before");
  await until(() => a.messages.length === 1);
  proxy.state = "freeze";
  for (const n of range(1, 70)) b.send(String(n));
  b.edit(b.messages[0]?.key ?? "", "edited");
  await until(() => isSettled(b) && b.messages.length === 71);
  await until(() => ann.state !== "online");
  expect(a.state).toBe("stale");
  expect(contents(a.messages)).toEqual(["before"]);
  a.send("from the dark");
  proxy.state = "pass";
  proxy.cut();
  await until(() => isSettled(a) && a.messages.length === 72);
  expect(seqsOf(a)).toEqual(range(1, 72));
  expect(contents(a.messages)).toEqual(["edited", ...range(1, 70).map(String), "from the dark"]);
  await close();
});

/** A socket with hooks: a frame that `onSend` or `onReceive` takes goes on only when the hook says so. */
function meddling(how: {
  onSend?: (text: string, go: () => void) => void;
  onReceive?: (data: string, go: () => void) => void;
}) {
  return class extends WebSocket {
    override set onmessage(listener: ((event: MessageEvent) => void) | null) {
      super.onmessage = listener && ((event) => go(how.onReceive, String(event.data), () => listener(event)));
    }
    override send(text: string) {
      go(how.onSend, text, () => super.send(text));
    }
  };
  function go(meddle: ((text: string, go: () => void) => void) | undefined, text: string, on: () => void) {
    if (meddle) meddle(text, on);
    else on();
  }
}

test("a missed message has an event, also when the list has it first", async () => {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob"), cat: await server.person("Cat") };
  const [one, other] = [await people.ann.conversation([people.bob]), await people.ann.conversation([people.cat])];
  await people.cat.send(other.id, "early");
  // Frames are slower than HTTP, as after a sleep, when the client must first notice that the connection is dead.
  let slowMs = 0;
  const slow = meddling({ onReceive: (_, go) => void (slowMs ? setTimeout(go, slowMs) : go()) });
  const ann = await online(clientOf(people.ann, { WebSocket: slow, ...behindProxy() }));
  const told: string[] = [];
  ann.on("message", ({ content }) => void told.push(content));
  const chat = ann.open(one.id);
  await until(() => chat.state === "live" && ann.conversations.items.length === 2);
  proxy.state = "refuse";
  proxy.cut();
  await until(() => ann.state === "offline");
  slowMs = 300;
  for (const text of ["one", "two"]) await people.bob.send(one.id, text);
  for (const text of ["three", "four"]) await people.cat.send(other.id, text);
  proxy.state = "pass";
  await until(() => told.length >= 3);
  await Bun.sleep(400);
  // A conversation that is not open has one event, for the newest message.
  expect(told.sort()).toEqual(["four", "one", "two"]);
  expect(ann.conversations.unread).toBe(5);
  await ann.close();
});

test("a new message has an event, also when the first page has it before its frame comes", async () => {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  const held: (() => void)[] = [];
  const slow = meddling({ onReceive: (data, go) => void (data.includes('"type":"message"') ? held.push(go) : go()) });
  const ann = await online(clientOf(people.ann, { WebSocket: slow }));
  const told: string[] = [];
  ann.on("message", ({ content }) => void told.push(content));
  await until(() => ann.conversations.isLoaded);
  await Bun.sleep(50);
  await people.bob.send(id, "new");
  await until(() => held.length > 0);
  const chat = ann.open(id);
  await until(() => chat.messages.length === 1);
  for (const go of held) go();
  await until(() => told.length > 0);
  expect([told, contents(chat.messages)]).toEqual([["new"], ["new"]]);
  await ann.close();
});

/** Ann has three conversations. Her client subscribes to the most recent one, and to one more for a while. */
async function edge() {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const others = [people.bob, await server.person("Cat"), await server.person("Dan")];
  const conversations = await Promise.all(others.map((other) => people.ann.conversation([other])));
  const say = (index: number, text: string) => others[index]?.send(conversations[index]?.id ?? "", text);
  const net = { recent: 1, ...behindProxy() };
  const first = (ann: ConfabClient) => ann.conversations.items.find(({ id }) => id === conversations[0]?.id);
  return { people, say, net, first };
}

test("a message that overtakes the unsubscribe frame has an event", async () => {
  const { people, say, net, first } = await edge();
  const held: (() => void)[] = [];
  let isHeld = false;
  const slow = meddling({
    onSend: (text, go) => {
      isHeld ||= JSON.parse(text).type === "unsubscribe" && held.length === 0;
      if (isHeld) held.push(go);
      else go();
    },
    onReceive: (data, go) => {
      go();
      if (!data.includes("late")) return;
      isHeld = false;
      for (const send of held) send();
    },
  });
  await say(0, "one");
  const ann = await online(clientOf(people.ann, { ...net, WebSocket: slow }));
  const told: string[] = [];
  ann.on("message", ({ content }) => void told.push(content));
  await until(() => ann.conversations.items.length === 3);
  await say(1, "two");
  await until(() => told.includes("two"));
  await say(2, "three");
  await until(() => isHeld);
  await say(0, "late");
  await until(() => told.includes("late"));
  expect(told).toEqual(["two", "three", "late"]);
  expect(first(ann)).toMatchObject({ lastMessage: { content: "late" }, unread: 2 });
  await ann.close();
});

test("a text shows as sent after a reconnect, though its own frame was lost and its conversation has no subscription", async () => {
  const { people, say, net, first } = await edge();
  let isDeaf = false;
  const deaf = meddling({ onReceive: (data, go) => void (isDeaf && JSON.parse(data).type === "message" ? 0 : go()) });
  await say(0, "one");
  const ann = await online(clientOf(people.ann, { ...net, WebSocket: deaf }));
  await until(() => first(ann)?.lastMessage?.content === "one");
  await say(1, "two");
  await until(() => ann.conversations.items[0]?.lastMessage?.content === "two");
  isDeaf = true;
  await first(ann)?.send("mine").done;
  proxy.state = "refuse";
  proxy.cut();
  await until(() => ann.state === "offline");
  isDeaf = false;
  await say(1, "newer");
  proxy.state = "pass";
  await until(() => first(ann)?.lastMessage?.state === "sent" && first(ann)?.lastMessage?.content === "mine");
  expect(ann.conversations.items[0]?.lastMessage?.content).toBe("newer");
  await ann.close();
});

test("an own text shows once when a page has it before its ack comes", async () => {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  // As after a crash: the server has the message, and its sender does not know.
  await people.ann.send(id, "hello", "mine");
  const key = `${people.ann.id}:mine`;
  const entry = { id: "mine", kind: "message", key, conversation_id: id, content: "hello", created_at: "", order: 1 };
  const storage = memoryStorage();
  await storage.set(`confab1 ${server.url}/ outbox/${people.ann.id}/dead/mine`, JSON.stringify(entry));
  const held: (() => void)[] = [];
  const hold = (text: string, go: () => void) => (JSON.parse(text).type === "message" ? void held.push(go) : go());
  const ann = clientOf(people.ann, { storage, WebSocket: meddling({ onSend: hold }) });
  const shown: string[][] = [];
  const chat = ann.open(id);
  chat.on("change", () => void shown.push(chat.messages.map(({ content, state }) => `${content} ${state}`)));
  await until(() => isSettled(chat) && chat.messages.length === 1);
  expect(shown.filter((texts) => texts.length > 1)).toEqual([]);
  for (const go of held) go();
  chat.send("and on");
  await until(() => held.length > 1);
  for (const go of held) go();
  await until(() => isSettled(chat) && chat.messages.length === 2);
  expect(contents(chat.messages)).toEqual(["hello", "and on"]);
  await ann.close();
});

test("a text that was refused because its id is taken is not mistaken for the other text", async () => {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  await people.ann.send(id, "hello", "mine");
  const key = `${people.ann.id}:mine`;
  const entry = { id: "mine", kind: "message", key, conversation_id: id, content: "mended", created_at: "", order: 1 };
  const storage = memoryStorage();
  await storage.set(`confab1 ${server.url}/ outbox/${people.ann.id}/dead/mine`, JSON.stringify(entry));
  const first = clientOf(people.ann, { storage });
  await until(() => first.open(id).messages.some(({ state }) => state === "failed"));
  await first.close();
  const second = clientOf(people.ann, { storage });
  const chat = second.open(id);
  await until(() => chat.state === "live");
  expect(chat.messages).toMatchObject([
    { content: "hello", state: "sent" },
    { content: "mended", state: "failed", error: { code: "client_id_conflict" } },
  ]);
  chat.retry(key);
  await until(() => isSettled(chat) && chat.messages.length === 2);
  expect(contents(chat.messages)).toEqual(["hello", "mended"]);
  await second.close();
});

test("an edit whose answer comes late does not hide a newer one", async () => {
  const { people, id, b, close } = await pair();
  let isHeld = false;
  const held: (() => void)[] = [];
  const hold = (text: string, go: () => void) => (isHeld && JSON.parse(text).type === "ack" ? held.push(go) : go());
  const laptop = await online(clientOf(people.ann, { WebSocket: meddling({ onReceive: hold }) }));
  const chat = laptop.open(id);
  await chat.send("first").done;
  await until(() => isSettled(chat) && b.messages.length === 1);
  isHeld = true;
  const { done } = chat.edit(chat.messages[0]?.key ?? "", "laptop");
  await until(() => b.messages[0]?.content === "laptop" && held.length > 0);
  const { body } = await people.ann.get(`/api/chat/conversations/${id}/messages/`);
  const path = `/api/chat/conversations/${id}/messages/${body.data.messages[0].id}/`;
  await people.ann.patch(path, { content: "phone" });
  await until(() => b.messages[0]?.content === "phone");
  await Bun.sleep(50);
  for (const go of held) go();
  await done;
  expect(contents(chat.messages)).toEqual(["phone"]);
  await laptop.close();
  await close();
});

test("a page in the background with rare timers notices a dead connection", async () => {
  const { ann, close } = await pair();
  const [...old] = proxy.links;
  proxy.deaf = (link) => old.includes(link);
  // As much time passes between two timers as if the machine had slept.
  const passing = setInterval(() => setSystemTime(Date.now() + SLEEP_MS), 50);
  try {
    await until(() => ann.state !== "online");
  } finally {
    clearInterval(passing);
    setSystemTime();
  }
  await online(ann);
  proxy.deaf = undefined;
  await close();
});

test("nothing goes out after a sign-out until the same person is back", async () => {
  const { people, ann, a, b, close } = await pair();
  proxy.state = "refuse";
  proxy.cut();
  await until(() => ann.state === "offline");
  a.send("unsent");
  await ann.signOut();
  expect([ann.state, ann.conversations.items.length]).toEqual(["signed-out", 0]);
  expect(() => a.send("by nobody")).toThrow();
  proxy.state = "pass";
  const cat = await server.person("Cat");
  const signIn = (who: { user: { email: string } | undefined }) => ann.signIn(who.user?.email ?? "", "SecurePass123");
  await signIn(cat);
  await online(ann);
  await ann.create([people.bob.id]).then((chat) => chat.send("I am Cat").done);
  expect(contents(b.messages)).toEqual([]);
  await signIn(people.ann);
  await until(() => b.messages.length === 1);
  expect(b.messages).toMatchObject([{ content: "unsent", sender_id: people.ann.id }]);
  await close();
});

test("a session that ends elsewhere ends here", async () => {
  const { ann, bob, people, close } = await pair();
  const other = await online(
    clientOf(people.ann, { token: (await server.visitor().logIn(people.ann.user?.email ?? "")).cookie ?? "" }),
  );
  const session = (await other.sessions()).find(({ current }) => !current);
  await other.endSession(session?.id ?? "");
  await until(() => ann.state === "signed-out");
  expect([ann.me, ann.conversations.items.length, bob.state]).toEqual([undefined, 0, "online"]);
  await other.close();
  await close();
});

test("a conversation is gone when the user was removed while offline", async () => {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob"), cat: await server.person("Cat") };
  const { id } = await people.ann.conversation([people.bob, people.cat]);
  const bob = await online(clientOf(people.bob, behindProxy()));
  const chat = bob.open(id);
  await until(() => chat.state === "live");
  proxy.state = "refuse";
  proxy.cut();
  await until(() => bob.state === "offline");
  const { done, key } = chat.send("too late");
  await people.ann.delete(`/api/chat/conversations/${id}/participants/${people.bob.id}/`);
  proxy.state = "pass";
  await expect(done).rejects.toMatchObject({ code: "not_a_participant" });
  expect(chat.state).toBe("gone");
  expect(chat.messages).toMatchObject([{ key, state: "failed", content: "too late" }]);
  await bob.close();
});

test("a client that is too fast waits, and loses or reorders nothing", async () => {
  const limits = { RATE_LIMIT_SENDS: "5/1s", RATE_LIMIT_FRAMES: "12/1s", RATE_LIMIT_USER: "20/1s" };
  const strict = await startTestServer("embedded", limits);
  const people = { ann: await strict.person("Ann"), bob: await strict.person("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  const [ann, bob] = [await online(clientOf(people.ann)), await online(clientOf(people.bob))];
  const [a, b] = [ann.open(id), bob.open(id)];
  const texts = range(1, 8).map(String);
  for (const text of texts) a.send(text);
  for (const n of range(1, 30)) a.markRead(n);
  await until(() => isSettled(a) && isSettled(b) && b.messages.length === 8);
  expect(contents(b.messages)).toEqual(texts);
  await Promise.all([ann.close(), bob.close()]);
  await strict.stop();
});

test("a client goes on when the server is killed and restarts", async () => {
  const place = await makePlace("embedded");
  const PORT = String(await freePort());
  let node = await spawnServer({ ...place.environment, PORT });
  const people = { ann: await node.visitor().signUp("Ann"), bob: await node.visitor().signUp("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  const [ann, bob] = [await online(clientOf(people.ann)), await online(clientOf(people.bob))];
  const [a, b] = [ann.open(id), bob.open(id)];
  await until(() => a.state === "live" && b.state === "live");
  const texts: string[] = [];
  const sending = async (count: number) => {
    for (let i = 0; i < count; i++) {
      texts.push(`a ${texts.length}`);
      a.send(texts.at(-1) ?? "");
      await Bun.sleep(5);
    }
  };
  const restart = async (signal: "SIGKILL" | "SIGTERM") => {
    await sending(5);
    node.kill(signal);
    const sent = sending(10);
    await node.exited;
    node = await spawnServer({ ...place.environment, PORT });
    await sent;
    await until(() => isSettled(a) && isSettled(b) && b.messages.length === texts.length);
  };
  await restart("SIGKILL");
  const reasons: (string | undefined)[] = [];
  ann.on("state", () => void reasons.push(ann.reason));
  await restart("SIGTERM");
  expect(reasons).toContain("The server restarts");
  for (const { messages } of [a, b]) expect(contents(messages)).toEqual(texts);
  await Promise.all([ann.close(), bob.close()]);
  node.kill("SIGTERM");
  await node.exited;
  place.remove();
});

test("a machine that wakes up notices its dead connection at once, and misses nothing", async () => {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const { id } = await people.ann.conversation([people.bob]);
  // The check for silence alone would be much too late.
  const timing = { pingAfter: 600_000, answerWithin: 500, backoff: 50, backoffMax: 200 };
  const options = { ...behindProxy(), token: people.ann.cookie, timing };
  const program = `
    import { connect } from ${JSON.stringify(join(import.meta.dir, "../../src/sdk/index.ts"))};
    const chat = connect(${JSON.stringify(options)}).open(${JSON.stringify(id)});
    chat.on("change", () => console.log(JSON.stringify([chat.state, ...chat.messages.map(({ content }) => content)])));
    setInterval(() => {}, 1_000);`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "ignore" });
  afterAllFiles(() => child.kill("SIGKILL"));
  let shown = "";
  void (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) shown = (shown + decoder.decode(bytes)).split("\n").slice(-2).join("\n");
  })();
  const shows = (...texts: string[]) => until(() => shown.trim() === JSON.stringify(["live", ...texts]));
  await people.bob.send(id, "before");
  await shows("before");
  child.kill("SIGSTOP");
  // While it sleeps, the network drops the connection without a close.
  const [...old] = proxy.links;
  proxy.deaf = (link) => old.includes(link);
  for (const text of ["one", "two"]) await people.bob.send(id, text);
  await Bun.sleep(SLEEP_MS);
  child.kill("SIGCONT");
  await shows("before", "one", "two");
  child.kill("SIGKILL");
  await child.exited;
  proxy.deaf = undefined;
});

test("a change of the members makes each client of a group ask once, at different moments", async () => {
  const everybody: Client[] = [];
  for (const n of range(1, 20)) everybody.push(await server.person(`Person${"abcdefghijklmnopqrstuvwxyz"[n]}`));
  const [owner, ...others] = everybody;
  if (!owner) throw new Error("there is nobody");
  const { id } = await owner.conversation(others);
  const askedAt: number[] = [];
  const watching = (url: string, init?: RequestInit) => {
    if (url.endsWith(`/conversations/${id}/`)) askedAt.push(performance.now());
    return fetch(url, init);
  };
  const chats = others.slice(0, 10).map((person) => clientOf(person, { fetch: watching }).open(id));
  await until(() => chats.every(({ state, info }) => state === "live" && info));
  await until(() => askedAt.length >= chats.length);
  await Bun.sleep(200);
  askedAt.length = 0;
  const names = range(1, 10).map((n) => `Name ${n}`);
  const rename = (name: string) => owner.patch(`/api/chat/conversations/${id}/`, { name });
  // All at once: on a slow machine each alone takes as long as a client waits.
  await Promise.all(names.map(rename));
  await rename("Last name");
  await until(() => chats.every(({ title }) => title === "Last name"));
  await until(() => askedAt.length >= chats.length);
  await Bun.sleep(400);
  // A client that asks before the last change asks again. On a slow machine that happens more often, but not each time.
  expect(askedAt.length).toBeLessThan(0.8 * names.length * chats.length);
  // Ten clients wait at random up to 200 ms, so they don't all wait equally long.
  expect((askedAt.at(-1) ?? 0) - (askedAt[0] ?? 0)).toBeGreaterThan(40);
});
