import { afterAll, beforeAll, expect, setDefaultTimeout, spyOn, test } from "bun:test";
import {
  type ConfabClient,
  ConfabError,
  type ConversationChange,
  connect,
  memoryStorage,
} from "../../src/sdk/index.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";
import { range } from "../ws/frames.ts";
import { clientOf, contents, isSettled, online, seqsOf, sharedServer, until } from "./people.ts";

setDefaultTimeout(60_000);

let server: TestServer;
let ann: ConfabClient;
let bob: ConfabClient;
let people: { ann: Client; bob: Client; cat: Client };

beforeAll(async () => {
  server = await sharedServer();
  people = { ann: await server.person("Ann"), bob: await server.person("Bob"), cat: await server.person("Cat") };
  ann = await online(clientOf(people.ann));
  bob = await online(clientOf(people.bob));
});
afterAll(async () => {
  await ann.close();
  await bob.close();
});

const group = async () => {
  const { id } = await people.ann.conversation([people.bob, people.cat]);
  return { id, a: ann.open(id), b: bob.open(id) };
};

test("an account can register, sign in, read its profile, list and end sessions, and sign out", async () => {
  const client = connect(server.url);
  await client.ready;
  expect(client.state).toBe("signed-out");
  const person = { email: "dora@example.com", first_name: "Dora", last_name: "Tester", password: PASSWORD };
  await client.register(person);
  await expect(client.register(person)).rejects.toMatchObject({
    code: "validation_failed",
    errors: { email: ["A user with this email already exists."] },
  });
  await expect(client.signIn(person.email, "wrong")).rejects.toMatchObject({ code: "invalid_credentials" });
  await client.signIn(person.email, PASSWORD);
  await online(client);
  expect(client.me).toMatchObject({ full_name: "Dora Tester" });
  await client.updateProfile({ first_name: "Dorothea" });
  expect(client.me?.full_name).toBe("Dorothea Tester");
  expect((await client.people(people.bob.user?.email)).users).toMatchObject([{ first_name: "Bob" }]);
  await client.changePassword(PASSWORD, "AnotherPass123");
  expect((await client.sessions()).map(({ current }) => current)).toEqual([true]);
  const { token } = client;
  await client.signOut();
  expect(client.state).toBe("signed-out");
  expect([client.me, client.token]).toEqual([undefined, undefined]);
  // The session is over on the server too.
  const again = connect({ url: server.url, ...(token === undefined ? {} : { token }) });
  await until(() => again.state === "signed-out");
  await Promise.all([client.close(), again.close()]);
});

test("a refused sign-in at the start leaves the earlier user signed in, or nobody", async () => {
  const person = await server.person("Dan");
  const email = person.user?.email ?? "";
  const known = clientOf(person);
  await expect(known.signIn(email, "wrong")).rejects.toMatchObject({ code: "invalid_credentials" });
  await online(known);
  expect(known.me?.id).toBe(person.id);
  await known.close();
  const ended = clientOf(person, { token: "ended" });
  await expect(ended.signIn(email, "wrong")).rejects.toMatchObject({ code: "invalid_credentials" });
  await until(() => ended.state === "signed-out");
  await ended.close();
});

test("a text shows at once, is sent, and is the same for all members", async () => {
  const { a, b } = await group();
  await until(() => a.state === "live" && b.state === "live");
  const told: [string, string][] = [];
  const off = bob.on("message", (message, { id }) => void told.push([message.content, id]));
  const { key, done } = a.send("  hello  ");
  expect(a.messages.at(-1)).toMatchObject({ key, state: "pending", content: "hello", sender_name: "Ann Tester" });
  expect(a.lastMessage).toMatchObject({ key });
  expect(await done).toMatchObject({ seq: 1 });
  await until(() => isSettled(a) && b.messages.length === 1);
  expect(a.messages).toMatchObject([{ key, state: "sent", seq: 1 }]);
  expect(b.messages).toMatchObject([{ key, state: "sent", content: "hello" }]);
  expect(told).toEqual([["hello", a.id]]);
  off();
  expect(() => a.send(" \n ")).toThrow(ConfabError);
});

/** A WebSocket whose messages come a moment late: after the acks to their senders. */
class LateMessages extends WebSocket {
  override set onmessage(handler: ((event: MessageEvent) => void) | null) {
    super.onmessage = (event: MessageEvent) => {
      if (String(event.data).startsWith('{"type":"message",')) setTimeout(() => handler?.(event), 100);
      else handler?.(event);
    };
  }
}

test("a text that the server trims differently stays one message", async () => {
  const { id } = await people.ann.conversation([people.bob, people.cat]);
  const client = await online(clientOf(people.ann, { WebSocket: LateMessages }));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  await chat.send("\u0085hello\u0085").done;
  await until(() => chat.messages.some(({ seq }) => seq === 1));
  expect(contents(chat.messages)).toEqual(["hello"]);
  await client.close();
});

test("a conversation that is opened before the user is known opens for that user", async () => {
  const { id } = await people.ann.conversation([people.bob, people.cat]);
  await people.ann.send(id, "early");
  const client = clientOf(people.cat);
  const chat = client.open(id);
  await until(() => chat.state === "live");
  expect(contents(chat.messages)).toEqual(["early"]);
  await client.close();
});

test("a message that is sent before the first page stays shown until the page includes it", async () => {
  const sender = await online(clientOf(people.ann));
  const seen: string[][] = [];
  for (let round = 0; round < 5; round++) {
    const chat = await sender.create([people.bob.id, people.cat.id], `new ${round}`);
    chat.on("change", () => void seen.push(chat.messages.map(({ content, state }) => `${content} ${state}`)));
    await chat.send("one").done;
    expect(contents(chat.messages)).toEqual(["one"]);
    await until(() => isSettled(chat));
    // The conversation is closed, and its page may never come.
    const left = await sender.create([people.bob.id, people.cat.id], `left ${round}`);
    const { done } = left.send("two");
    left.close();
    await done;
    expect(left.lastMessage?.content).toBe("two");
    await until(() => left.lastMessage?.state === "sent");
  }
  const from = seen.findIndex((shown) => shown.length > 0);
  expect(seen.slice(from).filter((shown) => shown.length > 1)).toEqual([]);
  expect(seen.filter((shown) => shown.length === 0).length).toBeLessThanOrEqual(from + 4);
  await sender.close();
});

test("many messages at once keep their order", async () => {
  const { a, b } = await group();
  const texts = range(1, 60).map(String);
  for (const text of texts) a.send(text);
  await until(() => isSettled(a) && b.messages.length === texts.length);
  expect(contents(a.messages)).toEqual(texts);
  expect(contents(b.messages)).toEqual(texts);
});

test("an edit and a deletion show at once, with a pending change", async () => {
  const { a, b } = await group();
  for (const text of ["one", "two"]) a.send(text);
  await until(() => isSettled(a) && b.messages.length === 2);
  const [one = "", two = ""] = a.messages.map(({ key }) => key);
  const editing = a.edit(one, "uno");
  const deleting = a.delete(two);
  expect(a.messages).toMatchObject([
    { content: "uno", change: { kind: "edit", state: "pending" } },
    { content: "two", change: { kind: "delete", state: "pending" } },
  ]);
  await Promise.all([editing.done, deleting.done]);
  await until(() => b.messages[1]?.content === "");
  for (const { messages } of [a, b]) {
    expect(messages).toMatchObject([{ content: "uno" }, { content: "", deleted_at: expect.any(String) }]);
    expect(messages.map((message) => "change" in message && message.change)).toEqual([false, false]);
  }
  expect(() => b.delete("no such message")).toThrow(ConfabError);
  const foreign = b.edit(b.messages[0]?.key ?? "", "mine now");
  await expect(foreign.done).rejects.toMatchObject({ code: "not_the_sender" });
  expect(b.messages[0]).toMatchObject({
    content: "uno",
    change: { state: "failed", error: { code: "not_the_sender" } },
  });
  b.discard(b.messages[0]?.key ?? "");
  expect(b.messages[0]).not.toHaveProperty("change");
});

test("a confirmed message can be edited and deleted at once, whatever is loaded", async () => {
  const { id, b } = await group();
  await until(() => b.state === "live");
  const early = clientOf(people.ann);
  await early.ready;
  const chat = early.open(id);
  // The messages have not come yet.
  const first = chat.send("frist");
  await first.done;
  await chat.edit(first.key, "first").done;
  await early.close();
  // The conversation is not open, so only the newest message is known.
  const unopened = (await online(clientOf(people.ann))).conversations;
  await until(() => unopened.items.some((one) => one.id === id));
  const closed = unopened.items.find((one) => one.id === id);
  const second = closed?.send("second");
  await second?.done;
  await closed?.edit(second?.key ?? "", "last").done;
  await until(() => b.messages.length === 2 && b.messages[1]?.content === "last");
  expect(contents(b.messages)).toEqual(["first", "last"]);
  expect(closed?.lastMessage).toMatchObject({ content: "last", state: "sent" });
  await closed?.delete(second?.key ?? "").done;
  await until(() => b.messages[1]?.content === "");
});

test("an own message has an event, also when it overtakes the request for its conversation", async () => {
  const { id } = await people.ann.conversation([people.bob, people.cat]);
  const client = await online(clientOf(people.ann));
  const told: string[] = [];
  client.on("message", ({ content }) => told.push(content));
  // More frames than may go out at once: requests wait from now on, and messages do not.
  for (let n = 1; n <= 70; n++) client.watch([n]);
  const chat = client.open(id);
  const { seq } = await chat.send("first").done;
  expect(chat.state).not.toBe("live");
  await chat.send("second").done;
  await until(() => told.length === 2);
  expect(told).toEqual(["first", "second"]);
  expect(seqsOf(chat).slice(-2)).toEqual([seq, seq + 1]);
  await people.bob.send(id, "third");
  await until(() => told.length === 3);
  expect(told[2]).toBe("third");
});

test("a burst of frames goes out at once, also when the clock has just begun", async () => {
  const { ann } = people;
  const frames: string[] = [];
  class Heard extends WebSocket {
    override send(frame: string) {
      frames.push(frame);
      super.send(frame);
    }
  }
  const begun = spyOn(performance, "now");
  const start = Date.now();
  begun.mockImplementation(() => Date.now() - start);
  try {
    const client = await online(clientOf(ann, { WebSocket: Heard }));
    for (let n = 1; n <= 30; n++) client.watch([n]);
    await Bun.sleep(0);
    expect(frames.filter((frame) => frame.includes('"watch"')).length).toBe(30);
    await client.close();
  } finally {
    begun.mockRestore();
  }
});

test("a message that is refused for good stays as failed, and the next one is sent", async () => {
  const { a, b } = await group();
  const tooLong = a.send("x".repeat(5001));
  const invalid = a.send("a\0b");
  await a.send("fine").done;
  await expect(tooLong.done).rejects.toMatchObject({ code: "validation_failed" });
  await expect(invalid.done).rejects.toMatchObject({ code: "validation_failed" });
  // The ack comes a moment before the message itself.
  await until(() => a.messages.every(({ state }) => state !== "pending") && b.messages.length === 1);
  expect(a.messages.map(({ state }) => state)).toEqual(["sent", "failed", "failed"]);
  expect(a.messages[2]).toMatchObject({
    content: "a\0b",
    error: { message: "Message content contains invalid characters" },
  });
  a.discard(tooLong.key);
  a.edit(invalid.key, "ab");
  await until(() => isSettled(a) && b.messages.length === 2);
  expect(contents(a.messages)).toEqual(["fine", "ab"]);
});

test("the list has order, unread counts, newest messages and names, and stays live by itself", async () => {
  const first = await group();
  const second = await group();
  await people.ann.send(first.id, "one");
  await people.ann.send(second.id, "two");
  await people.ann.send(first.id, "three");
  bob.open(second.id).close();
  first.b.close();
  second.b.close();
  const top = () => bob.conversations.items.slice(0, 2);
  await until(() => top()[0]?.lastMessage?.content === "three" && top()[1]?.lastMessage?.content === "two");
  expect(top().map(({ id, unread }) => [id, unread])).toEqual([
    [first.id, 2],
    [second.id, 1],
  ]);
  first.b.markRead();
  expect(first.b.unread).toBe(0);
  await until(() => first.a.readPositions.get(people.bob.id) === 2);
  await first.a.rename("Friends");
  await until(() => first.b.title === "Friends");
  second.a.send("four");
  expect(ann.conversations.items[0]?.id).toBe(second.id);
});

test("a list without any conversation says that it has loaded", async () => {
  const client = clientOf(await server.person("Nobody"));
  const seen: boolean[] = [];
  client.on("conversations", () => seen.push(client.conversations.isLoaded));
  await until(() => seen.includes(true));
  const { archived } = client.conversations;
  const archive: boolean[] = [];
  client.on("conversations", () => archive.push(archived.isLoaded));
  await archived.loadMore();
  await until(() => archive.includes(true));
  await client.close();
});

test("the list becomes complete, also when the stored conversations are not the most recent ones", async () => {
  const [owner, reader] = [await server.person("Owner"), await server.person("Reader")];
  const groups = (count: number) =>
    Promise.all(range(1, count).map(async (n) => (await owner.conversation([reader, people.cat], `Group ${n}`)).id));
  const ids = [...(await groups(60)), ...(await groups(50))];
  const storage = memoryStorage();
  const first = await online(clientOf(reader, { storage }));
  await until(() => first.conversations.isLoaded);
  // A conversation that is not in the list yet, and gets a message while it is open.
  const isOnList = (id: string) => first.conversations.items.some((conversation) => conversation.id === id);
  const unlisted = ids.find((id) => !isOnList(id)) ?? "";
  const chat = first.open(unlisted);
  await until(() => chat.state === "live");
  await owner.send(unlisted, "still here");
  await until(() => first.conversations.items[0]?.id === unlisted);
  await first.close();
  await Promise.all(ids.slice(0, 60).map((id) => owner.send(id, "meanwhile")));
  const second = await online(clientOf(reader, { storage }));
  await until(() => second.conversations.hasMore);
  for (let pages = 0; second.conversations.hasMore && pages < 10; pages++) await second.conversations.loadMore();
  expect(second.conversations.hasMore).toBe(false);
  expect(second.conversations.items.map(({ id }) => id).sort()).toEqual(ids.sort());
  await second.close();
});

test("messages that are read on another device are read here, open or not", async () => {
  const { id, a } = await group();
  const [phone, laptop] = [await online(clientOf(people.bob)), await online(clientOf(people.bob))];
  a.send("one");
  a.send("two");
  const onPhone = phone.open(id);
  const onLaptop = () => laptop.conversations.items.find((conversation) => conversation.id === id);
  await until(() => onPhone.unread === 2 && onLaptop()?.unread === 2);
  onPhone.markRead(1);
  await until(() => onLaptop()?.unread === 1);
  onPhone.markRead();
  await until(() => onLaptop()?.unread === 0);
  await Promise.all([phone.close(), laptop.close()]);
});

test("sending marks earlier messages as read, also for the other members", async () => {
  const { id, a } = await group();
  await until(() => a.state === "live");
  await a.send("one").done;
  await people.bob.send(id, "two");
  await until(() => a.messages.length === 2);
  expect(a.readPositions.get(people.bob.id)).toBe(2);
});

test("an older page goes in front and says its size, and a change meanwhile is not lost", async () => {
  const { a, b } = await group();
  for (const n of range(1, 130)) a.send(String(n));
  await until(() => isSettled(a) && a.messages.length === 130);
  b.close();
  const reader = await online(clientOf(people.cat));
  const c = reader.open(a.id);
  await until(() => c.state === "live");
  expect(contents(c.messages)).toEqual(range(81, 130).map(String));
  const changes: ConversationChange[] = [];
  c.on("change", (change) => void changes.push(change));
  const [taken] = await Promise.all([c.loadOlder(), a.edit(a.messages[70]?.key ?? "", "changed").done]);
  expect(taken).toBe(50);
  expect(changes.find(({ prepended }) => prepended)).toEqual({
    messages: true,
    prepended: 50,
    reset: false,
    pruned: 0,
  });
  expect([await c.loadOlder(100), await c.loadOlder(), c.hasOlder]).toEqual([30, 0, false]);
  await until(() => c.messages[70]?.content === "changed");
  expect(seqsOf(c)).toEqual(range(1, 130));
  expect(c.indexOf(71)).toBe(70);
  await reader.close();
});

test("typists show until their message comes", async () => {
  const { a, b } = await group();
  await until(() => a.state === "live" && b.state === "live");
  b.typing();
  await until(() => a.typists.size === 1);
  expect([...a.typists]).toEqual([[people.bob.id, "Bob Tester"]]);
  b.send("done");
  await until(() => a.messages.length === 1 && a.typists.size === 0);
});

test("a watched user is offline, then online, and unknown after unwatch", async () => {
  await group();
  ann.watch([people.cat.id]);
  await until(() => ann.presence(people.cat.id)?.online === false);
  const cat = await online(clientOf(people.cat));
  await until(() => ann.presence(people.cat.id)?.online);
  ann.unwatch([people.cat.id]);
  expect(ann.presence(people.cat.id)).toBeUndefined();
  await cat.close();
});

test("a removed member has an event, and sees everything after coming back", async () => {
  const { id, a, b } = await group();
  a.send("one");
  await until(() => b.messages.length === 1);
  const removed: string[] = [];
  bob.on("removed", (conversation) => void removed.push(conversation.id));
  await a.removeParticipant(people.bob.id);
  await until(() => b.state === "gone" && a.info?.participant_count === 2);
  expect([removed, b.goneReason]).toEqual([[id], "removed"]);
  expect(bob.conversations.items.map((conversation) => conversation.id)).not.toContain(id);
  expect(() => b.send("into the void")).toThrow(ConfabError);
  await a.send("two").done;
  await a.addParticipants([people.bob.id]);
  await until(() => isSettled(b) && b.messages.length === 2);
  expect((await a.participants()).users.map(({ first_name }) => first_name).sort()).toEqual(["Ann", "Bob", "Cat"]);
  await b.leave();
  expect(b.state).toBe("gone");
});

test("an id in capitals opens the same conversation", async () => {
  const { id, a } = await group();
  const b = bob.open(id.toUpperCase());
  a.send("hello");
  await until(() => isSettled(b) && b.messages.length === 1);
  expect(b.id).toBe(id);
});

test("a conversation of other people is gone at once", async () => {
  const { id } = await people.ann.conversation([people.cat]);
  const foreign = bob.open(id);
  const unknown = bob.open("no-uuid");
  await until(() => foreign.state === "gone" && unknown.state === "gone");
  expect([foreign.goneReason, unknown.goneReason]).toEqual(["not_found", "not_found"]);
});

test("invalid frames and listeners that throw do no harm", async () => {
  const odd = ["no json", "[]", "null", '{"type":5}', '{"type":"message"}', '{"type":"news","conversation_id":"x"}'];
  class Garbage extends WebSocket {
    override set onmessage(listener: (event: MessageEvent) => void) {
      super.onmessage = (event: MessageEvent) => {
        for (const data of odd) listener({ data } as MessageEvent);
        listener(event);
      };
    }
  }
  const client = clientOf(people.cat, { WebSocket: Garbage });
  const errors: string[] = [];
  client.on("error", ({ message }) => {
    errors.push(message);
    throw new Error("never heard");
  });
  client.on("message", () => {
    throw new Error("a listener's fault");
  });
  client.on("message", async () => {
    throw new Error("a late fault");
  });
  await online(client);
  const { id, a } = await group();
  const c = client.open(id);
  await until(() => c.state === "live");
  a.send("still here");
  await until(() => c.messages.length === 1 && errors.includes("a late fault"));
  expect(errors).toContain("a listener's fault");
  await client.close();
});

test("the client emits its own first message once, right after it makes the conversation", async () => {
  const people = { ann: await server.person("Ann"), bob: await server.person("Bob") };
  const ann = await online(clientOf(people.ann));
  const told: string[] = [];
  ann.on("message", ({ content }) => void told.push(content));
  const chat = await ann.create([people.bob.id]);
  const alone: string[] = [];
  chat.on("message", ({ content }) => void alone.push(content));
  await chat.send("Hello, Bob!").done;
  await chat.send("How are you?").done;
  await until(() => isSettled(chat) && chat.messages.length === 2);
  await ann.close();
  expect([told, alone]).toEqual([
    ["Hello, Bob!", "How are you?"],
    ["Hello, Bob!", "How are you?"],
  ]);
});
