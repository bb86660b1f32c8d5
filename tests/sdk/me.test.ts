import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { previewSettings, showPreviews } from "../../src/sdk/features/previews.ts";
import { type ConfabClient, type Conversation, memoryStorage } from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, crash, online, sharedServer, until } from "./people.ts";

setDefaultTimeout(60_000);

let server: TestServer;
let proxy: TcpProxy;
beforeAll(async () => {
  server = await sharedServer();
  proxy = await startProxy(Number(new URL(server.url).port));
});
afterAll(() => proxy.stop());
const behindProxy = () => ({ url: `http://127.0.0.1:${proxy.port}` });

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const setOf = async (person: Client, id: string) => (await person.get(`/api/chat/conversations/${id}/`)).body.data.me;
const set = (person: Client, id: string, body: unknown) => person.patch(`/api/chat/conversations/${id}/me/`, body);
const find = ({ conversations }: ConfabClient, id: string) => {
  const found = [...conversations.items, ...conversations.archived.items].find((one) => one.id === id);
  if (!found) throw new Error("the conversation is in no list");
  return found;
};
const listsOf = ({ conversations: { items, archived } }: ConfabClient) => [
  items.map(({ id }) => id),
  archived.items.map(({ id }) => id),
];

const NOTHING_SET = { archived: false, mutedUntil: null, level: "all", markedUnread: false, isMuted: false } as const;

/** Two devices of Ann, whose phone can lose its network, and Bob. */
async function devices() {
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const { id } = await ann.conversation([bob]);
  await bob.send(id, "one");
  const storage = memoryStorage();
  const phone = await online(clientOf(ann, { ...behindProxy(), storage }));
  const laptop = await online(clientOf(ann));
  for (const device of [phone, laptop]) await until(() => device.conversations.isLoaded);
  const [onPhone, onLaptop] = [find(phone, id), find(laptop, id)];
  const agree = (value: Partial<Conversation["preferences"]>) =>
    until(
      () => [onPhone, onLaptop].every((one) => Bun.deepMatch(value, one.preferences)),
      () => JSON.stringify([value, onPhone.preferences, onLaptop.preferences]),
    );
  return { ann, bob, id, storage, phone, laptop, onPhone, onLaptop, agree };
}

async function cutOff(device: ConfabClient) {
  proxy.state = "refuse";
  proxy.cut();
  await until(() => device.state !== "online");
}

test("a device shows its change at once, and the other devices follow", async () => {
  const { ann, id, phone, laptop, onPhone, onLaptop, agree } = await devices();
  expect(onPhone.preferences).toEqual(NOTHING_SET);
  const mutedUntil = inMs(60_000);
  const done = onPhone.update({ archived: true, mutedUntil });
  expect(onPhone.preferences).toMatchObject({ archived: true, mutedUntil, isMuted: true });
  expect(listsOf(phone)).toEqual([[], [id]]);
  await done;
  await agree({ archived: true, mutedUntil, level: "all", isMuted: true });
  expect(listsOf(laptop)).toEqual([[], [id]]);
  await onLaptop.update({ archived: false, level: "nothing", markedUnread: true, mutedUntil: null });
  await agree({ archived: false, mutedUntil: null, level: "nothing", markedUnread: true, isMuted: true });
  expect(listsOf(phone)).toEqual([[id], []]);
  expect(await setOf(ann, id)).toMatchObject({ archived: false, level: "nothing", unread: true });
});

test("a message brings an archived conversation back at once, unless it is muted", async () => {
  const { bob, id, phone, laptop, onPhone, agree } = await devices();
  await onPhone.update({ archived: true });
  await agree({ archived: true });
  await bob.send(id, "two");
  await agree({ archived: false });
  expect([listsOf(phone), listsOf(laptop)]).toEqual([
    [[id], []],
    [[id], []],
  ]);
  await onPhone.update({ archived: true, mutedUntil: inMs(1_500) });
  await bob.send(id, "three");
  await until(() => onPhone.unread === 3);
  await agree({ archived: true, isMuted: true });
  await agree({ archived: true, isMuted: false, mutedUntil: null });
  await bob.send(id, "four");
  await agree({ archived: false });
});

test("the mark as unread ends when the user reads on, on any device, or takes it away", async () => {
  const { bob, id, phone, onPhone, onLaptop, agree } = await devices();
  await onPhone.update({ markedUnread: true });
  await agree({ markedUnread: true });
  onLaptop.markRead();
  await agree({ markedUnread: false });
  await until(() => phone.conversations.unread === 0);
  await onLaptop.update({ markedUnread: true });
  await agree({ markedUnread: true });
  expect([onPhone.unread, phone.conversations.unread]).toEqual([0, 1]);
  await onPhone.update({ markedUnread: false });
  await agree({ markedUnread: false });
  expect(phone.conversations.unread).toBe(0);
  await onPhone.update({ markedUnread: true });
  onPhone.send("mine");
  await agree({ markedUnread: false });
  await bob.send(id, "more");
  await until(() => onPhone.unread === 1);
});

test("a change that the server refuses is taken back, and says why", async () => {
  const { ann, id, onPhone } = await devices();
  const refused = onPhone.update({ mutedUntil: "tomorrow", level: "nothing" });
  expect(onPhone.preferences.level).toBe("nothing");
  await expect(refused).rejects.toMatchObject({ code: "validation_failed" });
  expect(onPhone.preferences).toEqual(NOTHING_SET);
  expect((await setOf(ann, id)).me_version).toBe(0);
});

test("changes that are made offline show at once, wait, and are sent in their order", async () => {
  const { ann, bob, id, phone, onPhone, onLaptop, agree } = await devices();
  await cutOff(phone);
  const all = [
    onPhone.update({ archived: true }),
    onPhone.update({ level: "nothing" }),
    onPhone.update({ level: "all", markedUnread: true }),
  ];
  expect(onPhone.preferences).toMatchObject({ archived: true, level: "all", markedUnread: true });
  await onLaptop.update({ mutedUntil: "2999-01-01T00:00:00.000Z" });
  proxy.state = "pass";
  await Promise.all(all);
  await agree({ archived: true, level: "all", markedUnread: true, mutedUntil: "2999-01-01T00:00:00.000Z" });
  await onPhone.update({ archived: false, mutedUntil: null });
  // A message that the offline device does not know brings the conversation back.
  await cutOff(phone);
  const archived = onPhone.update({ archived: true });
  await bob.send(id, "while the phone is away");
  proxy.state = "pass";
  await archived;
  await agree({ archived: false });
  expect((await setOf(ann, id)).archived).toBe(false);
});

test("a change whose answer is lost is made once", async () => {
  const { ann, id, phone, onPhone, agree } = await devices();
  proxy.loseAnswers = { left: 1, match: (asked) => asked.startsWith("PATCH") };
  const done = onPhone.update({ archived: true });
  await until(() => proxy.loseAnswers?.left === 0);
  await done;
  await agree({ archived: true });
  expect((await setOf(ann, id)).me_version).toBe(1);
  expect(phone.state).toBe("online");
});

test("a device that was away catches up, with and without a restart, and asks for no more than it missed", async () => {
  const { ann, id, storage, phone, onPhone, onLaptop, agree } = await devices();
  await onPhone.update({ level: "nothing" });
  await cutOff(phone);
  await onLaptop.update({ archived: true, level: "all" });
  await set(ann, id, { unread: true });
  expect(onPhone.preferences.archived).toBe(false);
  proxy.state = "pass";
  await agree({ archived: true, level: "all", markedUnread: true });
  await onPhone.update({ archived: false });
  await agree({ archived: false });
  await Bun.sleep(1_100);
  await phone.close();
  await onLaptop.update({ archived: true });
  proxy.state = "refuse";
  const later = clientOf(ann, { ...behindProxy(), storage });
  await later.ready;
  expect(find(later, id).preferences).toMatchObject({ archived: false, markedUnread: true });
  proxy.state = "pass";
  await until(() => listsOf(later)[1]?.includes(id));
  await later.close();
});

test("totals leave out muted and archived conversations, also those that are not loaded", async () => {
  const [ann, bob, cat] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cat")];
  const ids: string[] = [];
  for (let n = 0; n < 60; n++) ids.push((await ann.conversation([bob, cat], `Group ${n}`)).id);
  const [first = "", second = "", third = ""] = ids;
  for (const id of [first, second, third]) await bob.send(id, "old news");
  for (const id of ids.slice(3)) await ann.send(id, "so that it is more recent");
  await set(ann, first, { level: "nothing" });
  const client = await online(clientOf(ann));
  const { conversations } = client;
  const total = () => conversations.unread;
  const truth = async () => {
    const { unread } = (await ann.get("/api/chat/conversations/?limit=1")).body.meta;
    return unread.messages + unread.marked;
  };
  const agree = () => until(async () => total() === (await truth()));
  await until(() => conversations.isLoaded);
  expect(total()).toBe(2);
  await set(ann, second, { level: "nothing" });
  await until(() => total() === 1);
  await set(ann, first, { level: "all" });
  await until(() => total() === 2);
  await set(ann, third, { archived: true });
  await until(() => total() === 1);
  // A loaded one is muted for a moment.
  await bob.send(ids.at(-1) ?? "", "news");
  await until(() => total() === 2);
  await find(client, ids.at(-1) ?? "").update({ mutedUntil: inMs(300) });
  expect(total()).toBe(1);
  await until(() => total() === 2);
  // Nothing is read, and one is marked.
  const [, , , , read = ""] = ids;
  await set(ann, read, { unread: true });
  await until(() => total() === 3);
  await agree();
  await conversations.loadMore();
  await conversations.archived.loadMore();
  expect(total()).toBe(3);
  await agree();
});

test("both lists load all of their pages, also while conversations move between them", async () => {
  const [ann, bob, cat] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cat")];
  const ids: string[] = [];
  for (let n = 0; n < 170; n++) ids.push((await ann.conversation([bob, cat], `Group ${n}`)).id);
  for (const id of ids.slice(0, 60)) await set(ann, id, { archived: true });
  const { conversations } = await online(clientOf(ann));
  const { archived } = conversations;
  await until(() => conversations.isLoaded);
  expect([conversations.items.length, conversations.hasMore]).toEqual([50, true]);
  expect([archived.items.length, archived.hasMore, archived.isLoaded]).toEqual([0, true, false]);
  await archived.loadMore();
  expect([archived.items.length, archived.hasMore, archived.isLoaded]).toEqual([50, true, true]);
  // Three of the loaded ones move, in each direction.
  const moved = [...conversations.items.slice(0, 3), ...archived.items.slice(0, 3)];
  for (const one of moved) await one.update({ archived: !one.preferences.archived });
  while (conversations.hasMore) await conversations.loadMore();
  while (archived.hasMore) await archived.loadMore();
  const sorted = (some: readonly Conversation[]) => some.map(({ id }) => id).sort();
  const there = async (query: string) =>
    (await ann.get(`/api/chat/conversations/?archived=${query}`)).body.data.map(({ id }: { id: string }) => id).sort();
  expect(sorted(conversations.items)).toEqual(await there("false"));
  expect(sorted(archived.items)).toEqual(await there("true"));
  expect([conversations.items.length, archived.items.length]).toEqual([110, 60]);
});

test("a conversation that another device takes out of the archive comes into the list, though it was not loaded", async () => {
  const { ann, id, laptop, onLaptop } = await devices();
  await onLaptop.update({ archived: true });
  const late = await online(clientOf(ann));
  await until(() => late.conversations.isLoaded);
  expect(listsOf(late)).toEqual([[], []]);
  await onLaptop.update({ archived: false });
  await until(() => `${listsOf(late)}` === `${[[id], []]}`);
  expect(laptop.conversations.items).toHaveLength(1);
});

test("a conversation that another device puts back is not a new one, also after a time without a network", async () => {
  const { phone, onPhone, onLaptop, ann, agree } = await devices();
  const { id: other } = await ann.conversation([await server.person("Cid")]);
  await until(() => phone.conversations.items.some((one) => one.id === other));
  await onPhone.update({ archived: true });
  await agree({ archived: true });
  const added: string[] = [];
  phone.on("added", ({ id }) => added.push(id));
  await cutOff(phone);
  await onLaptop.update({ archived: false });
  proxy.state = "pass";
  await online(phone);
  await agree({ archived: false });
  await until(() => phone.conversations.items.length === 2);
  await Bun.sleep(300);
  expect(added).toEqual([]);
});

test("changes that are made offline survive a restart, show at once, and are sent in their order", async () => {
  const { ann, id, storage, phone, onPhone, onLaptop } = await devices();
  await Bun.sleep(1_100);
  await cutOff(phone);
  onPhone.update({ archived: true }).catch(() => {});
  onPhone.update({ level: "nothing" }).catch(() => {});
  onPhone.update({ level: "all", markedUnread: true }).catch(() => {});
  await Bun.sleep(50);
  crash(phone);
  const later = clientOf(ann, { ...behindProxy(), storage });
  await later.ready;
  expect(later.open(id).preferences).toMatchObject({ archived: true, level: "all", markedUnread: true });
  proxy.state = "pass";
  await until(() => onLaptop.preferences.markedUnread);
  expect(onLaptop.preferences).toMatchObject({ archived: true, level: "all" });
  await until(async () => (await storage.keys("")).every((key) => !key.includes("settings/")));
  expect(await setOf(ann, id)).toMatchObject({ archived: true, level: "all", unread: true });
});

test("a device that hides link previews hides them on the others", async () => {
  const { phone, laptop } = await devices();
  expect(await previewSettings(laptop)).toEqual({ shown: true });
  const seen: unknown[] = [];
  laptop.on("previews", ({ value }) => seen.push(value));
  expect(await showPreviews(phone, false)).toEqual({ shown: false });
  await until(() => seen.length > 0);
  expect(seen).toEqual([{ shown: false }]);
  expect(await previewSettings(laptop)).toEqual({ shown: false });
  for (const client of [phone, laptop]) client.close();
});
