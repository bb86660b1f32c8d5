import { beforeAll, expect, test } from "bun:test";
import type { User } from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, online, sharedServer, until } from "./people.ts";

let server: TestServer;
beforeAll(async () => {
  server = await sharedServer();
});

const rename = (person: Client, first_name: string) => person.call("PATCH", "/api/users/profile/", { first_name });

test("a rename shows at once in titles, members and typists, and emits an event", async () => {
  const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
  const direct = await ann.conversation([bob]);
  const unnamed = await ann.conversation([bob, eve]);
  const named = await ann.conversation([bob, eve], "Friends");
  const client = await online(clientOf(bob));
  await until(() => client.conversations.items.length === 3);
  const told: User[] = [];
  client.on("user", (user) => told.push(user));
  const [d, u, n] = [client.open(direct.id), client.open(unnamed.id), client.open(named.id)];
  await until(() => [d, u, n].every(({ state }) => state === "live"));
  const typing = await ann.chat(unnamed.id);
  typing.send({ type: "typing", is_typing: true });
  await until(() => u.typists.size === 1);

  const { body } = await rename(ann, "Annabel");
  const changes: string[] = [];
  for (const one of [d, u, n]) one.on("change", () => changes.push(one.id));
  await until(() => told.length === 1);
  const { may_add_me: _, ...asOthersSeeThem } = body.data;
  expect(told).toEqual([asOthersSeeThem]);
  expect([d.title, u.title, n.title]).toEqual([
    `Chat with ${body.data.full_name}`,
    "Group with Bob, Eve, Annabel",
    "Friends",
  ]);
  for (const one of [d, u, n]) expect(one.info?.participants).toContainEqual(asOthersSeeThem);
  expect([...u.typists.values()]).toEqual([body.data.full_name]);
  // The server makes the same name.
  for (const one of [d, u, n])
    expect((await bob.get(`/api/chat/conversations/${one.id}/`)).body.data).toMatchObject({ display_name: one.title });
  typing.close();
});

test("a rename on one device shows on the user's other devices", async () => {
  const ann = await server.person("Ann");
  const [one, two] = [await online(clientOf(ann)), await online(clientOf(ann))];
  await one.updateProfile({ first_name: "Annabel" });
  await until(() => two.me?.first_name === "Annabel");
});

test("a group's new name shows in the list of a client without a subscription", async () => {
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const { id } = await ann.conversation([bob, await server.person("Eve")], "Before");
  await ann.send(id, "hello");
  await ann.send((await ann.conversation([bob])).id, "newer");
  const client = await online(clientOf(bob, { recent: 0 }));
  const group = () => client.conversations.items.find((one) => one.id === id);
  await until(() => group()?.title === "Before");
  await ann.call("PATCH", `/api/chat/conversations/${id}/`, { name: "After" });
  await until(() => group()?.title === "After");
});
