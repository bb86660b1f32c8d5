import { beforeAll, expect, test } from "bun:test";
import type { ConfabClient, ConversationRequest } from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, online, sharedServer, until } from "./people.ts";

let server: TestServer;
beforeAll(async () => {
  server = await sharedServer();
});

const picky = async (name: string): Promise<[Client, ConfabClient]> => {
  const person = await server.person(name);
  const client = await online(clientOf(person));
  expect((await client.updateProfile({ may_add_me: "nobody" })).may_add_me).toBe("nobody");
  return [person, client];
};
const listed = (client: ConfabClient) => client.conversations.items.map(({ id }) => id);

test("a request has an event, is listed, and adds the conversation to both lists when accepted", async () => {
  const ann = await online(clientOf(await server.person("Ann")));
  const [bob, client] = await picky("Bob");
  const told: ConversationRequest[] = [];
  const ended: string[] = [];
  client.on("request", (request) => told.push(request));
  client.on("request_ended", (id) => ended.push(id));
  expect(await ann.create([bob.id]).catch(({ code }) => code)).toBe("requested");
  await until(() => told.length === 1);
  expect(await client.requests()).toEqual({ items: told, total: 1 });
  const conversation = await client.acceptRequest(told[0]?.id ?? "");
  await until(() => ended.length === 1 && ann.conversations.items.length === 1);
  expect(listed(client)).toEqual([conversation.id]);
  expect(listed(ann)).toEqual([conversation.id]);
  expect(conversation.title).toStartWith("Chat with Ann");
  expect((await client.requests()).total).toBe(0);
});

test("a declined request disappears on all devices, and addParticipants names the people who were asked", async () => {
  const [one, two] = [await server.person("Cid"), await server.person("Dee")];
  const ann = await online(clientOf(await server.person("Ann")));
  const [bob, client] = await picky("Bob");
  const other = await online(clientOf(bob));
  const group = await ann.create([one.id, two.id]);
  expect(await group.addParticipants([bob.id])).toEqual([bob.id]);
  const [request] = (await client.requests()).items;
  expect(request?.conversation?.id).toBe(group.id);
  const ended: string[] = [];
  other.on("request_ended", (id) => ended.push(id));
  await client.declineRequest(request?.id ?? "");
  await until(() => ended.length === 1);
  expect(await group.addParticipants([bob.id])).toEqual([bob.id]);
  expect((await client.requests()).total).toBe(0);
});

for (const [recent, how] of [
  [20, "subscribed"],
  [0, "not subscribed"],
] as const)
  test(`a hidden 1-on-1 that is ${how} leaves the list on all devices, and comes back with a message`, async () => {
    const [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
    const { id } = await ann.conversation([bob]);
    const { id: stays } = await ann.conversation([cid]);
    await bob.send(id, "hello");
    const [one, two] = [await online(clientOf(ann, { recent })), await online(clientOf(ann, { recent }))];
    for (const client of [one, two])
      await until(() => listed(client).length === 2 && client.conversations.unread === 1);
    const told: string[] = [];
    two.on("hidden", (conversation) => told.push(conversation.id));
    await one.conversations.items.find((conversation) => conversation.id === id)?.hide();
    for (const client of [one, two]) {
      await until(() => listed(client).length === 1);
      expect(listed(client)).toEqual([stays]);
      expect(client.conversations.unread).toBe(0);
    }
    await until(() => told.length === 1);
    const later = await online(clientOf(ann, { recent }));
    await until(() => later.conversations.isLoaded);
    expect(listed(later)).toEqual([stays]);
    await bob.send(id, "are you there?");
    for (const client of [one, two, later]) {
      await until(() => listed(client)[0] === id && client.conversations.unread === 2);
      expect(client.conversations.items[0]?.title).toBe("Chat with Bob Tester");
    }
  });

test("an edit shows no hidden 1-on-1 again, and a group can't be hidden", async () => {
  const [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
  const { id } = await ann.conversation([bob]);
  const group = await ann.conversation([bob, cid], "Group");
  const message = await bob.send(id, "typo");
  const client = await online(clientOf(ann, { recent: 0 }));
  await until(() => listed(client).length === 2);
  await client.conversations.items.find((one) => one.id === id)?.hide();
  await until(() => listed(client).length === 1);
  const later = await online(clientOf(ann, { recent: 0 }));
  await until(() => later.conversations.isLoaded);
  await bob.patch(`/api/chat/conversations/${id}/messages/${message.id}/`, { content: "no typo" });
  await until(() => later.conversations.items.length === 1);
  await bob.send(group.id, "last");
  for (const one of [client, later])
    await until(() => one.conversations.items[0]?.lastMessage?.content === "last" && listed(one).length === 1);
  const refused = client.conversations.items[0]?.hide().catch(({ message }) => message);
  expect(await refused).toContain("Leave a group instead");
});

test("a hidden 1-on-1 that is created again shows on all devices", async () => {
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const { id } = await ann.conversation([bob]);
  const [one, two] = [await online(clientOf(ann)), await online(clientOf(ann))];
  for (const client of [one, two]) await until(() => listed(client).length === 1);
  await one.conversations.items[0]?.leave();
  for (const client of [one, two]) await until(() => listed(client).length === 0);
  expect((await one.create([bob.id])).id).toBe(id);
  for (const client of [one, two]) await until(() => listed(client).length === 1);
});
