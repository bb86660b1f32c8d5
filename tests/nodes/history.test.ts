import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import postgres from "postgres";
import { dataOf } from "../http/expectations.ts";
import type { Client } from "../support/client.ts";
import { modes } from "../support/modes.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { reached, versionsIn } from "../ws/frames.ts";
import { on } from "./two-nodes.ts";

setDefaultTimeout(60_000);

/** A node notices within about a second; a busy machine may take longer. */
const NOTICED_WITHIN_MS = 20_000;

if (modes.includes("postgres"))
  describe.each(modes.filter((mode) => mode !== "embedded"))(
    "a database that goes back under living nodes (%s)",
    (mode) => {
      let database: PostgresServer;
      let one: TestServer;
      let two: TestServer | undefined;
      let ann: Client;
      let bob: Client;
      let id: string;
      let path: string;

      beforeAll(async () => {
        database = await startPostgres();
      });
      afterAll(() => database.stop());
      beforeEach(async () => {
        const settings = { DATABASE_URL: await database.createDatabase() };
        one = await startTestServer(mode, settings);
        two = mode === "redis" ? await startTestServer(mode, one.environment) : undefined;
        ann = await one.person("Ann");
        bob = await one.person("Bob");
        id = (await ann.conversation([bob])).id;
        path = `/api/chat/conversations/${id}/`;
      });
      afterEach(async () => {
        await one.stop();
        await two?.stop();
      });

      const say = async (...contents: string[]) => {
        const said = [];
        for (const content of contents) said.push(await ann.send(id, content));
        return said;
      };
      const page = async (client: Client, query = "?mark_read=false") =>
        dataOf(await client.get(`${path}messages/${query}`));
      const contentsOf = (messages: { content: string }[]) => messages.map(({ content }) => content);
      const isServed = async (client: Client) => (await client.get(`${path}messages/?mark_read=false`)).status === 200;

      async function snapshot(kind: "files" | "replica" = "files"): Promise<string> {
        await database.halt("fast");
        const copy = database.copy(kind);
        await database.resume();
        await until(() => isServed(ann), { withinMs: NOTICED_WITHIN_MS });
        return copy;
      }

      async function goBackTo(copy: string, how: "fast" | "immediate" = "fast") {
        await database.halt(how);
        database.use(copy);
        await database.resume();
      }

      test("open sockets get a reset to the head of the new history, and then only that history", async () => {
        const kept = await say("1", "2", "3");
        const copy = await snapshot();
        const [chat, hub] = [await bob.chat(id), await bob.hub()];
        const before = (await page(bob)).epoch;
        const dead = await say("dead 4", "dead 5", "dead 6");
        await reached(chat, 6);
        await goBackTo(copy);

        const reset = await chat.next("reset");
        expect(reset).toMatchObject({ last_version: 3, tag: kept[2]?.id, pruned_seq: 0 });
        const { epoch } = await hub.next("epoch");
        expect(epoch).not.toBe(before);
        await say("4", "5");
        await reached(chat, 5);
        expect(versionsIn(chat.frames)).toEqual([4, 5, 6, 4, 5]);
        expect(await page(bob)).toMatchObject({ last_version: 5, epoch, total: 5 });

        const matching = await bob.chat(id, 3, kept[2]?.id);
        await reached(matching, 5);
        expect(contentsOf(matching.all("message").map(({ message }) => message))).toEqual(["4", "5"]);
        expect(matching.all("reset")).toEqual([]);
        for (const { version, id: tag } of dead) {
          const mixed = await bob.chat(id, version, tag);
          expect(await mixed.next("reset")).toMatchObject({ last_version: 5, epoch });
          await mixed.settled();
          expect(versionsIn(mixed.frames)).toEqual([]);
          mixed.close();
        }
        for (const socket of [chat, hub, matching]) socket.close();
      });

      test("pages, read positions, memberships and activity follow the new history", async () => {
        const eve = await one.person("Eve");
        await say("1", "2");
        const copy = await snapshot();
        const hub = await bob.hub();
        const group = await ann.conversation([bob, eve], "Lost");
        await say("dead 3", "dead 4");
        await page(bob, "");
        expect(contentsOf((await page(bob)).messages)).toEqual(["1", "2", "dead 3", "dead 4"]);
        expect((await eve.get(`/api/chat/conversations/${group.id}/messages/`)).status).toBe(200);
        await goBackTo(copy);
        await hub.next("epoch");

        expect((await eve.get(`/api/chat/conversations/${group.id}/messages/`)).status).toBe(404);
        expect(hub.frames).toContainEqual({ type: "unsubscribed", conversation_id: group.id, code: "removed" });
        const seen = hub.frames.length;
        await say("3", "4");
        // The new changes have the versions of the lost ones. No cache may mistake them.
        expect(contentsOf((await page(bob)).messages)).toEqual(["1", "2", "3", "4"]);
        expect(dataOf(await bob.get(path)).unread_count).toBe(4);
        await page(bob, "");
        expect(dataOf(await bob.get(path)).unread_count).toBe(0);
        await hub.until((frames) =>
          frames.slice(seen).some(({ type, last_version }) => type === "activity" && last_version === 4),
        );
        hub.close();
      });

      test("a socket of a user who is no longer a participant, or whose session is lost, is closed", async () => {
        const eve = await one.person("Eve");
        id = (await ann.conversation([bob], "Two of us, and a third")).id;
        path = `/api/chat/conversations/${id}/`;
        const group = await ann.conversation([bob, eve], "A group");
        id = group.id;
        path = `/api/chat/conversations/${id}/`;
        await ann.delete(`${path}participants/${eve.id}/`);
        const copy = await snapshot();
        await ann.post(`${path}participants/`, { user_ids: [eve.id] });
        const chat = await eve.chat(id);
        const fay = await one.person("Fay");
        const lost = await fay.hub();
        await say("dead");
        await reached(chat, 3);
        await goBackTo(copy);
        expect((await chat.closed).code).toBe(4403);
        expect((await lost.closed).code).toBe(4401);
      });

      async function expectNobodyServed() {
        for (let tries = 0; tries < 20; tries++) {
          expect((await ann.get("/api/chat/health/ready/")).status).toBe(503);
          expect((await ann.get(`${path}messages/`)).status).toBe(503);
          expect((await ann.post(`${path}messages/`, { content: "to nobody" })).status).toBe(503);
          await Bun.sleep(100);
        }
      }

      test("a node on a replica that has every commit serves nobody before promotion", async () => {
        await say("1");
        await goBackTo(await snapshot("replica"));
        await expectNobodyServed();
        const sql = postgres(database.url("postgres"), { max: 1 });
        await sql`SELECT pg_promote()`;
        await sql.end();
        await until(() => isServed(ann), { withinMs: NOTICED_WITHIN_MS });
      });

      test("a replica without the newest commits serves nobody before promotion, and begins a new epoch after it", async () => {
        await say("1", "2");
        const { epoch } = await page(bob);
        const replica = await snapshot("replica");
        const chat = await bob.chat(id);
        const [dead] = await say("dead 3");
        await reached(chat, 3);
        await goBackTo(replica, "immediate");
        await expectNobodyServed();

        const sql = postgres(database.url("postgres"), { max: 1 });
        await sql`SELECT pg_promote()`;
        await sql.end();
        await until(() => isServed(ann), { withinMs: NOTICED_WITHIN_MS });
        expect((await page(bob)).epoch).not.toBe(epoch);
        await chat.next("reset");
        await say("3");
        await chat.next("message", ({ message }) => message.content === "3");
        const mixed = await bob.chat(id, 3, dead?.id);
        expect(await mixed.next("reset")).toMatchObject({ last_version: 3 });
        for (const socket of [chat, mixed]) socket.close();
      });

      test("a crash that loses nothing begins no new epoch", async () => {
        await say("1");
        const { epoch } = await page(bob);
        const chat = await bob.chat(id);
        await database.halt("immediate");
        await database.resume();
        await until(() => isServed(ann), { withinMs: NOTICED_WITHIN_MS });
        await Bun.sleep(2_500);
        await say("2");
        await reached(chat, 2);
        expect(chat.all("reset")).toEqual([]);
        expect((await page(bob)).epoch).toBe(epoch);
        chat.close();
      });

      if (mode === "redis")
        test("an idle node with sockets hears of the new history from a busy node, and mixes nothing", async () => {
          if (!two) throw new Error("there is no second node");
          await say("1");
          const copy = await snapshot();
          const idle = await on(two, bob).chat(id);
          await say("dead 2", "dead 3");
          await reached(idle, 3);
          await goBackTo(copy);
          await until(() => isServed(ann), { withinMs: NOTICED_WITHIN_MS });
          await say("2", "3", "4", "5");
          await idle.until((frames) =>
            frames.some(
              ({ type, message, last_version }) => message?.content === "5" || (type === "reset" && last_version === 5),
            ),
          );
          const at = idle.frames.findLastIndex(({ type }) => type === "reset");
          expect(versionsIn(idle.frames.slice(0, at))).toEqual([2, 3]);
          const { last_version } = idle.frames[at];
          expect(versionsIn(idle.frames.slice(at))).toEqual([2, 3, 4, 5].filter((version) => version > last_version));
          const dead = idle.frames.slice(at).filter(({ message }) => message?.content.startsWith("dead"));
          expect(dead).toEqual([]);
          idle.close();
        });
    },
  );
