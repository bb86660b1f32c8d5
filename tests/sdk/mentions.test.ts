import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mentions, notificationSettings, why } from "../../src/sdk/features/mentions.ts";
import type { Client } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, online, sharedServer, until } from "./people.ts";

setDefaultTimeout(120_000);

let server: TestServer;
beforeAll(async () => {
  server = await sharedServer();
});

async function group() {
  const [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
  const { id } = await ann.conversation([bob, cid], "Team");
  const mention = (text = "look") => bob.send(id, `<@${ann.id}> ${text}`);
  return { ann, bob, cid, id, mention };
}
/** As the server counts them now. */
const truth = async (person: Client, id: string): Promise<number> =>
  (await person.get(`/api/chat/conversations/${id}/`)).body.data.mention_count;

test("mentions count in the conversation and in the total, live and after an absence", async () => {
  const { ann, bob, id, mention } = await group();
  await mention();
  const client = await online(clientOf(ann));
  await until(() => client.conversations.mentions === 1);
  const chat = client.open(id);
  await until(() => chat.state === "live");
  await bob.send(id, "plain");
  await mention();
  await bob.send(id, "<!all>");
  await until(() => chat.unread === 4);
  expect([chat.mentions, client.conversations.mentions]).toEqual([3, 3]);
  chat.markRead(1);
  await until(() => chat.mentions === 2);
  expect(await truth(ann, id)).toBe(2);
  chat.markRead();
  expect([chat.mentions, client.conversations.mentions]).toEqual([0, 0]);
  await mention("again");
  await until(() => chat.mentions === 1);
  await client.close();

  await mention("while away");
  await bob.send(id, "plain");
  const later = await online(clientOf(ann));
  await until(() => later.conversations.mentions === 2);
  const same = later.open(id);
  await until(() => same.state === "live");
  // A replay counts nothing twice.
  await Bun.sleep(500);
  expect(same.mentions).toBe(2);
  await later.close();
});

test("a mention that is replayed after a cut counts once", async () => {
  const { ann, bob, id, mention } = await group();
  let isCut = false;
  let open: WebSocket | undefined;
  class Cuttable extends WebSocket {
    constructor(url: string | URL, options?: string[]) {
      super(isCut ? "ws://127.0.0.1:1/" : url, options);
      open = this;
    }
  }
  const client = await online(clientOf(ann, { WebSocket: Cuttable }));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  await mention("before");
  await until(() => chat.mentions === 1);
  isCut = true;
  open?.close();
  await until(() => client.state === "offline");
  await mention("meanwhile");
  await bob.send(id, "plain");
  isCut = false;
  await until(() => chat.state === "live" && chat.unread === 3);
  expect(chat.mentions).toBe(2);
  await client.close();
});

test("mentions follow edits, deletions and reading on another device", async () => {
  const { ann, bob, id, mention } = await group();
  const client = await online(clientOf(ann));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  const [first, second] = [await mention("one"), await mention("two")];
  await until(() => chat.mentions === 2);
  await bob.patch(`/api/chat/conversations/${id}/messages/${first.id}/`, { content: "nobody" });
  await until(() => chat.mentions === 1);
  await bob.delete(`/api/chat/conversations/${id}/messages/${second.id}/`);
  await until(() => chat.mentions === 0);
  await bob.patch(`/api/chat/conversations/${id}/messages/${first.id}/`, { content: `<@${ann.id}>` });
  await until(() => chat.mentions === 1);
  await ann.get(`/api/chat/conversations/${id}/messages/`);
  await until(() => chat.mentions === 0);
  await client.close();
});

test("everybody online is counted as the server has counted", async () => {
  const { ann, bob, cid, id } = await group();
  const client = await online(clientOf(ann));
  const chat = client.open(id);
  await until(() => chat.state === "live");
  await bob.send(id, "<!here>");
  await until(() => chat.mentions === 1);
  expect(await truth(cid, id)).toBe(0);
  const away = await online(clientOf(cid));
  const other = away.open(id);
  await until(() => other.state === "live" && other.unread === 1);
  await Bun.sleep(300);
  expect(other.mentions).toBe(0);
  await Promise.all([client.close(), away.close()]);
});

test("the list of mentions, and why a message notifies", async () => {
  const { ann, bob, id, mention } = await group();
  const client = await online(clientOf(ann));
  const sent = [await mention("one"), await mention("two"), await mention("three")];
  const first = await mentions(client, { limit: 2 });
  expect(first.items.map(({ message }) => message.id)).toEqual([sent[2]?.id ?? "", sent[1]?.id ?? ""]);
  expect(first.items[0]?.conversation.id).toBe(id);
  const second = await mentions(client, { limit: 2, before: first.next ?? "" });
  expect([second.items.map(({ message }) => message.id), second.next]).toEqual([[sent[0]?.id ?? ""], null]);
  const chat = client.open(id);
  expect(await why(chat, sent[0]?.id ?? "")).toMatchObject({ badge: true, reason: "mention" });
  await until(() => chat.state === "live");
  await chat.update({ level: "mentions" });
  expect(chat.preferences).toMatchObject({ level: "mentions", isMuted: false });
  const plain = await bob.send(id, "plain");
  expect(await why(chat, plain.id)).toMatchObject({ badge: false, reason: "only_mentions" });
  await client.close();
});

test("all devices agree on the settings, and a refused change is taken back", async () => {
  const ann = await server.person("Ann");
  const [one, other] = [await online(clientOf(ann)), await online(clientOf(ann))];
  const [here, there] = [notificationSettings(one), notificationSettings(other)];
  await until(() => here.value && there.value);
  const shown: (string[] | undefined)[] = [];
  here.on("change", () => shown.push(here.value?.keywords));
  const saved = here.update({ keywords: ["deploy"] });
  // It shows before the server has it.
  expect(here.value?.keywords).toEqual(["deploy"]);
  await saved;
  await until(() => there.value?.keywords[0] === "deploy");
  await there.update({ do_not_disturb: { monday: { from: "22:00", to: "07:00" } } });
  await until(() => here.value?.do_not_disturb.monday !== null);
  expect(here.value?.keywords).toEqual(["deploy"]);
  const refused = here.update({ zone: "Mars/Olympus" });
  expect(here.value?.zone).toBe("Mars/Olympus");
  await expect(refused).rejects.toThrow();
  expect(here.value?.zone).toBe("UTC");
  here.close();
  there.close();
  await Promise.all([one.close(), other.close()]);
});
