import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { react } from "../../src/sdk/features/reactions.ts";
import type { ConfabClient } from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import { hasCommit, loadOldSdk, oldSdks } from "../support/old-sdk.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, contents, online, sharedServer, until } from "./people.ts";

// Clients of earlier days and a server of this release: pages that are open, or that an embedder has not built anew.

setDefaultTimeout(60_000);

/** A faulty client subscribes 20 to 30 times a second. */
const LONG_ENOUGH_MS = 700;
const TIMING = { backoff: 50, backoffMax: 200, lease: 450 };
/** The frames that these clients send. */
const KNOWN = /^(message|subscribe|history|read|watch|unwatch)$/;

let server: TestServer;
const relays: Relay[] = [];
beforeAll(async () => {
  server = await sharedServer();
});
afterAll(async () => {
  for (const relay of relays) await relay.stop();
});

const commits = Object.keys(oldSdks).filter((commit): commit is keyof typeof oldSdks => commit in oldSdks);
for (const commit of commits) {
  if (!hasCommit(commit)) process.stderr.write(`SKIPPED: the client of ${commit}, which is not in this clone\n`);

  describe.skipIf(!hasCommit(commit))(`the client of ${commit.slice(0, 7)}`, () => {
    let old: Awaited<ReturnType<typeof loadOldSdk>>;
    beforeAll(async () => {
      old = await loadOldSdk(commit);
    });

    async function setting() {
      const people = {
        ann: await server.person("Ann"),
        bob: await server.person("Bob"),
        cat: await server.person("Cat"),
      };
      const { id } = await people.ann.conversation([people.bob, people.cat]);
      const relay = startRelay(server.url);
      relays.push(relay);
      const storage = old.memoryStorage();
      const errors: Error[] = [];
      const openClient = async () => {
        const { cookie: token = "" } = people.ann;
        const client = old.connect({ url: relay.url, token, storage, timing: TIMING });
        client.on("error", (error) => void errors.push(error));
        await until(() => client.state === "online");
        const chat = client.open(id);
        await until(() => chat.state === "live");
        return { client, chat };
      };
      const subscribes = () => relay.sent.filter(({ type }) => type === "subscribe");
      return { people, id, relay, errors, openClient, subscribes, ...(await openClient()) };
    }

    /** Everything that this client does not know. */
    async function doNewThings({ ann, bob, cat }: Record<"ann" | "bob" | "cat", Client>, id: string) {
      const path = `/api/chat/conversations/${id}/`;
      const must = async (answer: ReturnType<Client["call"]>) => {
        const { status, body, text } = await answer;
        expect([200, 201], text).toContain(status);
        return body.data;
      };
      const first = await must(bob.post(`${path}messages/`, { content: "first" }));
      const message = `${path}messages/${first.id}/`;
      await Promise.all(
        [..."👍🎉😀😂🔥"].flatMap((emoji) =>
          [bob, cat].map((who) => must(who.call("PUT", `${message}reactions/${emoji}/`))),
        ),
      );
      await must(bob.call("DELETE", `${message}reactions/👍/`));
      await must(cat.call("PUT", `${message}pin/`));
      await must(bob.post(`${path}messages/`, { content: "answer", reply_to: first.id }));
      const poll = { question: "Where?", options: ["Canteen", "Park"] };
      const asked = await must(cat.post(`${path}messages/`, { content: "Where?", poll }));
      await must(bob.call("PUT", `${path}messages/${asked.id}/vote/`, { options: [1] }));
      await must(bob.post(`${path}messages/`, { content: `Hello <@${ann.id}>` }));
      await must(cat.patch(`${path}messages/${asked.id}/`, { content: "Where to?" })).catch(() => {});
      // The person's own stream, from another device.
      await must(ann.call("PUT", `/api/chat/saved/${first.id}/`, { note: "later" }));
      await must(ann.call("PUT", `${path}me/draft/`, { content: "so far", based_on: 0 }));
      // A thread beside the conversation, with a reply that stands in both.
      const thread = await must(bob.post(`${message}thread/`));
      await must(cat.post(`/api/chat/conversations/${thread.id}/messages/`, { content: "in the thread" }));
      const both = { content: "in both", also_in_parent: true };
      await must(bob.post(`/api/chat/conversations/${thread.id}/messages/`, both));
      await must(bob.post(`${path}messages/`, { content: "last" }));
    }

    test("shows every message and stays live while people react, pin, vote, quote and mention", async () => {
      const { people, id, relay, chat, client, subscribes, errors } = await setting();
      await doNewThings(people, id);
      await until(() => contents(chat.messages).at(-1) === "last");
      await Bun.sleep(LONG_ENOUGH_MS);
      expect(chat.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
      expect([chat.state, subscribes().length, errors]).toEqual(["live", 1, []]);
      expect(client.conversations.items.map((one) => one.id)).toEqual([id]);
      expect(relay.paths.filter((path) => path.includes("accepts"))).toEqual([]);
      await client.close();
    });

    test("resumes after the last of these changes, without a hole", async () => {
      const { people, id, relay, chat, client, subscribes, errors } = await setting();
      const down = until(() => client.state !== "online");
      relay.cut();
      await down;
      await doNewThings(people, id);
      await until(() => contents(chat.messages).at(-1) === "last" && chat.state === "live");
      await Bun.sleep(LONG_ENOUGH_MS);
      const before = subscribes().length;
      expect(chat.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
      await expectResumed(people.bob, { relay, client, id, subscribes, before });
      await until(() => contents(chat.messages).at(-1) === "after");
      await Bun.sleep(LONG_ENOUGH_MS);
      expect([subscribes().length - before, errors]).toEqual([1, []]);
      await client.close();
    });

    test("reads what it has stored of such messages after a restart", async () => {
      const { people, id, chat, client, openClient, errors } = await setting();
      await doNewThings(people, id);
      await until(() => contents(chat.messages).at(-1) === "last");
      await client.close();
      const again = await openClient();
      await people.bob.send(id, "after");
      await until(() => contents(again.chat.messages).at(-1) === "after");
      await again.chat.send("own").done;
      await until(() => again.chat.messages.length === 8 && again.chat.messages.every(({ state }) => state === "sent"));
      expect([again.chat.messages.map(({ seq }) => seq), errors]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], []]);
      await again.client.close();
    });

    test("sends the messages of a newer client in the same storage, and leaves its actions where they are", async () => {
      const { people, id } = await setting();
      const [storage, other] = [old.memoryStorage(), startRelay(server.url)];
      relays.push(other);
      const newer = await online(clientOf(people.bob, { url: other.url, storage }));
      const chat = newer.open(id);
      await until(() => chat.state === "live");
      const down = until(() => newer.state !== "online");
      other.cut();
      await down;
      chat.send("unsent");
      for (const message of chat.messages.slice(-1)) react(chat, message, "👍");
      await newer.close();

      const { cookie: token = "" } = people.bob;
      const older = old.connect({ url: other.url, token, storage, timing: TIMING });
      await until(() => contents(older.open(id).messages).at(-1) === "unsent");
      await until(() => older.open(id).messages.at(-1)?.state === "sent");
      await Bun.sleep(LONG_ENOUGH_MS);
      expect(other.sent.filter(({ type }) => type !== "ping" && !KNOWN.test(type ?? "message"))).toEqual([]);
      await older.close();

      const again = await online(clientOf(people.bob, { url: other.url, storage }));
      const shown = again.open(id);
      await until(() => shown.messages.at(-1)?.reactions?.[0]?.emoji === "👍");
      await until(async () => (await again.unsentOf(people.bob.id)) === 0);
      const { body } = await people.ann.get(`/api/chat/conversations/${id}/messages/`);
      expect(body.data.messages).toMatchObject([{ content: "unsent", reactions: [{ user_ids: [people.bob.id] }] }]);
    });
  });
}

/** Cuts the connection: the client subscribes once, after the newest change that the server has. */
async function expectResumed(
  person: Client,
  at: {
    relay: Relay;
    client: ConfabClient;
    id: string;
    subscribes: () => { after_version?: number }[];
    before: number;
  },
) {
  const lastVersion = async (): Promise<number> =>
    (await person.get(`/api/chat/conversations/${at.id}/messages/?limit=1`)).body.data.last_version;
  const before = await lastVersion();
  const down = until(() => at.client.state !== "online");
  at.relay.cut();
  await down;
  await until(() => at.subscribes().length > at.before);
  // Marks may still come a moment later.
  expect(at.subscribes()[at.before]?.after_version).toBeWithin(before, (await lastVersion()) + 1);
  await person.send(at.id, "after");
}
