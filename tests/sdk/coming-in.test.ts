import { beforeAll, expect, test } from "bun:test";
import { PASSWORD } from "../support/client.ts";
import { startProxy } from "../support/proxy.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, online, sharedServer, until } from "./people.ts";

let server: TestServer;
beforeAll(async () => {
  server = await sharedServer();
});

test("signInBy signs in with the call that registers, and loads the whole profile", async () => {
  const client = clientOf(server.visitor());
  const me = await client.signInBy("users/register/", {
    email: "by-register@example.com",
    first_name: "Ann",
    last_name: "Example",
    password: PASSWORD,
    password_confirm: PASSWORD,
    sign_in: true,
  });
  expect(me.full_name).toBe("Ann Example");
  expect(me).toHaveProperty("may_add_me", "everybody");
  await online(client);
});

test("a refused signInBy changes nothing", async () => {
  const ann = await online(clientOf(await server.person("Ann")));
  const { me } = ann;
  await expect(ann.signInBy("users/register/", { sign_in: true })).rejects.toMatchObject({ code: "validation_failed" });
  await online(ann);
  expect(ann.me).toEqual(me);
});

test("a client with signedIn false asks the server nothing", async () => {
  const asked: string[] = [];
  const fetch = (url: string, init?: RequestInit) => {
    asked.push(url);
    return globalThis.fetch(url, init);
  };
  const client = clientOf(server.visitor(), { signedIn: false, fetch });
  await client.ready;
  expect(client.state).toBe("signed-out");
  expect(asked).toEqual([]);
});

test("a person who is added to a conversation has one added event, and its creator has none", async () => {
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const [maker, added] = [await online(clientOf(ann)), await online(clientOf(bob))];
  const told: string[] = [];
  maker.on("added", () => told.push("maker"));
  added.on("added", ({ title }) => told.push(title));
  await maker.create([bob.id, (await server.person("Cid")).id], "Choir");
  await until(() => told.length > 0);
  expect(told).toEqual(["Choir"]);
});

test("unsent texts of an ended session are counted, and stay until discardUnsent", async () => {
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const { id } = await ann.conversation([bob]);
  const proxy = await startProxy(Number(new URL(server.url).port));
  const client = await online(clientOf(ann.at(`http://127.0.0.1:${proxy.port}`)));
  const conversation = client.open(id);
  await until(() => conversation.state === "live");
  proxy.state = "refuse";
  proxy.cut();
  await until(() => client.state === "offline");
  conversation.send("too late");
  await ann.post("/api/users/logout/");
  proxy.state = "pass";
  await until(() => client.state === "signed-out");
  expect(await client.unsentOf(ann.id)).toBe(1);
  expect(await client.unsentOf(bob.id)).toBe(0);
  await client.discardUnsent(ann.id);
  expect(await client.unsentOf(ann.id)).toBe(0);
  await client.close();
  await proxy.stop();
});
