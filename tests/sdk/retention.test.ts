import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import pino from "pino";
import { memoryStorage } from "../../src/sdk/index.ts";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { Database, type Driver } from "../../src/server/platform/postgres/database.ts";
import { modes } from "../support/modes.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { clientOf, contents, online, until } from "./people.ts";

setDefaultTimeout(120_000);

// Only PostgreSQL lets the test prune, at the moment that it chooses. With PGlite only the node can.
describe.skipIf(!modes.includes("postgres"))("a message that retention has removed", () => {
  let server: TestServer;
  let driver: Driver;
  let relay: Relay;
  beforeAll(async () => {
    server = await startTestServer("postgres");
    driver = await openDriver(readConfig(server.environment), pino({ level: "silent" }));
    relay = startRelay(server.url);
  });
  afterAll(async () => {
    await relay.stop();
    await driver.close();
    await server.stop();
  });
  const prune = () => storesOn(new Database(driver)).log.prune(0);

  async function setting() {
    const [ann, bob, cat] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cat")];
    const [one, other] = [await ann.conversation([bob]), await ann.conversation([cat])];
    for (const text of ["secret one", "secret two", "secret three"]) await bob.send(one.id, text);
    await cat.send(other.id, "secret aside");
    const storage = memoryStorage();
    const tab = () => clientOf(ann, { url: relay.url, storage });
    const kept = async () =>
      (await Promise.all((await storage.keys("")).map((key) => storage.get(key)))).join("\n").includes("secret");
    return { ann, bob, cat, one, other, tab, kept };
  }

  test("leaves the open conversation, the list and the storage when the server says so", async () => {
    const { bob, one, other, tab, kept } = await setting();
    const client = await online(tab());
    const chat = client.open(one.id);
    await until(() => chat.messages.length === 3 && client.conversations.unread === 4);
    await until(kept);
    const changes: { pruned: number; reset: boolean }[] = [];
    chat.on("change", ({ pruned, reset }) => void (pruned > 0 && changes.push({ pruned, reset })));
    await prune();
    await bob.send(one.id, "fresh");
    await until(() => chat.messages.length === 4);
    for (const [id, pruned_seq] of [
      [one.id, 3],
      [other.id, 1],
    ])
      relay.inject({ type: "pruned", conversation_id: id, pruned_seq });
    await until(() => chat.messages.length === 1);
    expect([contents(chat.messages), changes, chat.hasOlder]).toEqual([
      ["fresh"],
      [{ pruned: 3, reset: false }],
      false,
    ]);
    const aside = client.conversations.items.find(({ id }) => id === other.id);
    expect([aside?.lastMessage, aside?.unread]).toEqual([undefined, 0]);
    expect([chat.unread, client.conversations.unread]).toEqual([1, 1]);
    await until(async () => !(await kept()));
    await client.close();
  });

  test("leaves with the next answer when the client missed the frame", async () => {
    const { one, other, tab, kept } = await setting();
    let client = await online(tab());
    let chat = client.open(one.id);
    await until(() => chat.messages.length === 3 && client.conversations.items.length === 2);
    // The connection is cut, and comes back.
    await prune();
    relay.cut();
    await until(() => client.state === "online" && chat.messages.length === 0);
    const aside = () => client.conversations.items.find(({ id }) => id === other.id);
    await until(() => aside()?.lastMessage === undefined);
    await until(async () => !(await kept()));
    await client.close();

    // The page is closed, and opened again.
    const again = await setting();
    client = await online(again.tab());
    chat = client.open(again.one.id);
    await until(() => chat.messages.length === 3 && client.conversations.items.length === 2);
    await client.close();
    expect(await again.kept()).toBe(true);
    await prune();
    client = await online(again.tab());
    await until(() => client.conversations.items.every(({ lastMessage }) => lastMessage === undefined));
    chat = client.open(again.one.id);
    await until(() => chat.state === "live" && chat.messages.length === 0);
    await until(async () => !(await again.kept()));
    await client.close();
  });
});
