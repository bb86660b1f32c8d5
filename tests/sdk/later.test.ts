import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { changesSince, looked } from "../../src/sdk/features/changes.ts";
import { draftsOf, removeDraft, setDraft } from "../../src/sdk/features/drafts.ts";
import { remindersOf, save, savedMessages, savedOf, unsave } from "../../src/sdk/features/saved.ts";
import { reschedule, schedule, scheduledOf, sendScheduled, unschedule } from "../../src/sdk/features/scheduled.ts";
import { type ConfabClient, memoryStorage, type SentMessage } from "../../src/sdk/index.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, contents, crash, online, sharedServer, until } from "./people.ts";

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

/** Two devices of Ann in one conversation with Bob; the phone can lose its network. */
async function devices() {
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const { id } = await ann.conversation([bob]);
  await bob.send(id, "one");
  const storage = memoryStorage();
  const phone = await online(clientOf(ann, { ...behindProxy(), storage }));
  const laptop = await online(clientOf(ann));
  const [onPhone, onLaptop] = [phone.open(id), laptop.open(id)];
  await until(() => onPhone.state === "live" && onLaptop.state === "live");
  const [message] = onPhone.messages.filter((one): one is SentMessage => one.state === "sent");
  if (!message) throw new Error("there is no message");
  return { ann, bob, id, storage, phone, laptop, onPhone, onLaptop, message };
}

async function cutOff(device: ConfabClient) {
  proxy.state = "refuse";
  proxy.cut();
  await until(() => device.state !== "online");
}

test("a message that is saved offline shows at once, survives a restart, and reaches the other devices", async () => {
  const { ann, id, storage, phone, laptop, onPhone, message } = await devices();
  const there = savedOf(laptop);
  await until(() => there.isLoaded && savedOf(phone).isLoaded);
  await cutOff(phone);
  save(phone, onPhone, message, { note: "Later", remind_at: inMs(60_000) });
  expect(savedOf(phone).all.get(message.id)).toMatchObject({ note: "Later", conversation_id: id });
  expect(there.all.size).toBe(0);
  await Bun.sleep(100);
  crash(phone);
  proxy.state = "pass";
  const again = await online(clientOf(ann, { ...behindProxy(), storage }));
  await until(() => there.all.get(message.id)?.remind_at != null);
  expect(there.all.get(message.id)).toMatchObject({ note: "Later" });
  await until(() => savedOf(again).all.get(message.id)?.note === "Later");
  expect(await savedMessages(again)).toMatchObject({ total: 1, items: [{ message: { content: "one" } }] });
});

test("a save that the server refuses is taken back", async () => {
  const { phone, onPhone, message } = await devices();
  await until(() => savedOf(phone).isLoaded);
  const { done } = save(phone, onPhone, message, { note: "x".repeat(501) });
  expect(savedOf(phone).all.has(message.id)).toBe(true);
  await expect(done).rejects.toMatchObject({ code: "validation_failed" });
  await until(() => !savedOf(phone).all.has(message.id));
});

test("a reminder comes to all devices as an event, and ends on all when one ends it", async () => {
  const { phone, laptop, onPhone, onLaptop, message } = await devices();
  const events: unknown[] = [];
  for (const device of [phone, laptop]) device.on("reminder", ({ key, value }) => void events.push([key, value?.note]));
  const [here, there] = [remindersOf(phone), remindersOf(laptop)];
  await until(() => here.isLoaded && there.isLoaded);
  await save(phone, onPhone, message, { note: "Now", remind_at: inMs(1_000) }).done;
  await until(() => here.all.size === 1 && there.all.size === 1);
  expect(events).toEqual([
    [message.id, "Now"],
    [message.id, "Now"],
  ]);
  save(laptop, onLaptop, message, { remind_at: null });
  expect(there.all.size).toBe(0);
  await until(() => here.all.size === 0);
  expect(savedOf(laptop).all.get(message.id)).toMatchObject({ note: "Now", remind_at: null });
  await unsave(laptop, onLaptop, message.id).done;
  await until(() => savedOf(phone).all.size === 0);
});

test("a draft goes on on the other device, and never replaces one that it has not seen", async () => {
  const { id, phone, laptop, onPhone, onLaptop } = await devices();
  const [here, there] = [draftsOf(phone), draftsOf(laptop)];
  await until(() => here.isLoaded && there.isLoaded);
  await setDraft(onPhone, "on the phone", 0).done;
  await until(() => there.all.get(id)?.content === "on the phone");
  const seen = there.versionOf(id);
  await setDraft(onLaptop, "on the phone and the laptop", seen).done;
  await expect(setDraft(onPhone, "phone", seen).done).rejects.toMatchObject({ code: "newer" });
  await until(() => here.all.get(id)?.content === "on the phone and the laptop");
  await removeDraft(onPhone, here.versionOf(id)).done;
  await until(() => there.all.size === 0);
});

test("a message is scheduled offline, changed on another device, and sent", async () => {
  const { ann, id, phone, laptop, onPhone, onLaptop } = await devices();
  await until(() => scheduledOf(phone).isLoaded && scheduledOf(laptop).isLoaded);
  await cutOff(phone);
  const { id: key, done } = schedule(phone, onPhone, "Later", { send_at: inMs(60_000) });
  expect(scheduledOf(phone).all.get(key)).toMatchObject({ content: "Later", state: "waiting" });
  proxy.state = "pass";
  await done;
  await until(() => scheduledOf(laptop).all.has(key));
  await reschedule(laptop, key, { content: "Earlier" });
  await until(() => scheduledOf(phone).all.get(key)?.content === "Earlier");
  await sendScheduled(laptop, key);
  await until(() => scheduledOf(phone).all.size === 0 && contents(onLaptop.messages).includes("Earlier"));
  const other = schedule(laptop, onLaptop, "Never", { send_at: inMs(60_000), repeat: "daily", zone: "Europe/Berlin" });
  await other.done;
  await unschedule(laptop, other.id);
  expect((await ann.get(`/api/chat/conversations/${id}/scheduled/`)).body.data).toEqual([]);
});

test("edits and deletions of messages that were read are known when the user comes back", async () => {
  const { ann, bob, id, message, onPhone, phone } = await devices();
  const two = await bob.send(id, "two");
  await until(() => onPhone.lastMessage?.content === "two");
  onPhone.markRead();
  await until(async () => (await ann.get(`/api/chat/conversations/${id}/changes/`)).body.data.read_seq === 2);
  expect((await changesSince(onPhone)).changed).toEqual([]);
  looked(onPhone);
  onPhone.close();
  await bob.patch(`/api/chat/conversations/${id}/messages/${message.id}/`, { content: "one, edited" });
  await bob.delete(`/api/chat/conversations/${id}/messages/${two.id}/`);
  await bob.send(id, "three");
  const again = phone.open(id);
  const found = await changesSince(again);
  expect(found.changed.map(({ seq, content }) => [seq, content])).toEqual([
    [1, "one, edited"],
    [2, ""],
  ]);
  await until(() => again.state === "live" && again.lastMessage?.content === "three");
  looked(again);
  await until(async () => (await changesSince(again)).changed.length === 0);
});

test("entries are loaded again when the stream has begun anew", async () => {
  const { id, phone, laptop, onPhone, onLaptop } = await devices();
  const there = draftsOf(laptop);
  await until(() => draftsOf(phone).isLoaded && there.isLoaded);
  await cutOff(phone);
  await setDraft(onLaptop, "while the phone was away", 0).done;
  proxy.state = "pass";
  await until(() => draftsOf(phone).all.get(id)?.content === "while the phone was away");
  expect(onPhone.id).toBe(id);
});
