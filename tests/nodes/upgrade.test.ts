import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import postgres from "postgres";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { hasLastRelease, runLastRelease, spawnLastRelease } from "../support/last-release.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { until } from "../support/until.ts";

/** Makes the migration take long enough for many writes to meet it. */
const OTHER_USERS = 20_000;
const RETRY_MS = 50;
const CATCH_UP_MS = 10_000;
const CHANGES = ["message", "message_changed", "participants"];

if (modes.includes("redis") && hasLastRelease)
  describe("an upgrade from the last release, while people write", () => {
    let place: Place;
    let old: ServerProcess;
    let next: ServerProcess;
    let ann: Client;
    let bob: Client;
    let carl: Client;
    let id: string;
    let sockets: Socket[];
    const acked: string[] = [];
    let isOver = false;

    beforeAll(async () => {
      place = await makePlace("redis");
      old = await spawnLastRelease(place.environment);
      [ann, bob, carl] = [
        await old.visitor().signUp("Ann"),
        await old.visitor().signUp("Bob"),
        await old.visitor().signUp("Carl"),
      ];
      id = (await ann.conversation([bob, carl], "Upgrade")).id;
      const sql = postgres(place.environment["DATABASE_URL"] ?? "", { max: 1 });
      await sql`INSERT INTO users (email, first_name, last_name, password_hash)
        SELECT 'other' || n || '@example.com', 'Other', 'Żółć', 'none' FROM generate_series(1, ${OTHER_USERS}) n`;
      await sql.end();
      sockets = [await ann.chat(id)];
    });
    afterAll(async () => {
      for (const node of [old, next]) node.kill("SIGKILL");
      await Promise.all([old.exited, next.exited]);
      place.remove();
    });

    const path = () => `/api/chat/conversations/${id}`;

    /** Repeats a request until it is done, as a client does while the database is busy. */
    async function insist(request: () => ReturnType<Client["get"]>) {
      for (;;) {
        const answer = await request();
        if (answer.status < 300) return answer;
        if (answer.status !== 503) throw new Error(`${answer.status} ${answer.text}`);
        await Bun.sleep(RETRY_MS);
      }
    }

    /** Sends, edits and deletes until the end; returns the texts in the order of their acks. */
    async function write(person: Client, name: string): Promise<string[]> {
      const sent: string[] = [];
      for (let i = 1; !isOver; i++) {
        const content = `${name} ${i}`;
        const { body } = await insist(() => person.post(`${path()}/messages/`, { content, client_id: content }));
        sent.push(body.data.id);
        acked.push(body.data.id);
        const message = `${path()}/messages/${body.data.id}/`;
        if (i % 3 === 0) await insist(() => person.patch(message, { content: `${content} edited` }));
        if (i % 5 === 0) await insist(() => person.delete(message));
      }
      return sent;
    }

    /** Renames the group, and removes and adds a member, until the end. */
    async function arrange(owner: Client) {
      for (let i = 1; !isOver; i++) {
        await insist(() => owner.patch(`${path()}/`, { name: `Upgrade ${i}` }));
        if (i % 2 === 0) continue;
        await owner.delete(`${path()}/participants/${carl.id}/`).then(async ({ status }) => {
          if (status === 503) await Bun.sleep(RETRY_MS);
        });
        await insist(() => owner.post(`${path()}/participants/`, { user_ids: [carl.id] }));
      }
    }

    /** Release 1 has the version of a new message only in the message. */
    const versionOf = (frame: Frame): number => frame.version ?? frame.message.version;
    const versions = (frames: Frame[]) => frames.filter(({ type }) => CHANGES.includes(type)).map(versionOf);
    const hasAll = (last: number) => (frames: Frame[]) => versions(frames).includes(last);
    const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

    test("loses, doubles and reorders nothing: messages, edits, deletions, names and members", async () => {
      const writers = [write(ann, "old ann"), write(bob, "old bob"), arrange(ann)] as const;
      await Bun.sleep(500);
      const before = acked.length;
      next = await spawnServer(place.environment);
      const during = acked.length - before;
      const there = bob.at(next.url);
      sockets.push(await there.chat(id), await ann.at(next.url).chat(id, 0));
      const writersThere = [
        write(there, "new bob"),
        write(ann.at(next.url), "new ann"),
        arrange(ann.at(next.url)),
      ] as const;
      await Bun.sleep(2_000);
      isOver = true;
      const [a, b] = await Promise.all(writers);
      const [c, d] = await Promise.all(writersThere);
      expect(during).toBeGreaterThan(0);

      const pages: Message[][] = [];
      for (const url of [old.url, next.url]) {
        const reader = ann.at(url);
        const found: Message[] = [];
        for (let after = 0; ; after = found.length) {
          const { body } = await reader.get(`${path()}/messages/?limit=100&after_seq=${after}`);
          if (body.data.messages.length === 0) break;
          found.push(...body.data.messages);
        }
        pages.push(found);
      }
      const [messages = [], fromNew] = pages;
      expect(fromNew).toEqual(messages);
      expect(messages.map(({ seq }) => seq)).toEqual(upTo(messages.length));
      expect(messages.map((message) => message.id).sort()).toEqual([...acked].sort());
      for (const sent of [a, b, c, d]) {
        const own = new Set(sent);
        expect(messages.filter((message) => own.has(message.id)).map((message) => message.id)).toEqual(sent);
      }

      for (const url of [old.url, next.url]) {
        const socket = await ann.at(url).chat(id);
        const last = socket.frames[0].last_version;
        socket.close();
        const replay = await ann.at(url).chat(id, 0);
        await replay.until(hasAll(last), CATCH_UP_MS);
        expect(versions(replay.frames)).toEqual(upTo(last));
        replay.close();
        for (const open of sockets) {
          await open.until(hasAll(last), CATCH_UP_MS);
          const [first = 0] = versions(open.frames);
          expect(versions(open.frames)).toEqual(upTo(last).slice(first - 1));
        }
      }
      for (const open of sockets) open.close();
    }, 120_000);

    test("indexes the log of the last release for the search, as people left it", async () => {
      const there = ann.at(next.url);
      const search = async (q: string) => {
        const query = new URLSearchParams({ q, conversation_id: id, limit: "50" });
        return (await there.get(`/api/chat/search/?${query}`)).body.data;
      };
      await until(async () => Object.keys((await search("ann")).indexed).length === 0);
      const contents = ({ results }: { results: { message: Message }[] }) =>
        results.map(({ message }) => message.content);
      expect(contents(await search('"old ann 1"'))).toContain("old ann 1");
      expect(contents(await search('"old ann 3 edited"'))).toEqual(["old ann 3 edited"]);
      expect(contents(await search('"old ann 5"'))).toEqual([]);
      const sql = postgres(place.environment["DATABASE_URL"] ?? "", { max: 1 });
      // The rest of a conversation is written when it has waited for more messages.
      await until(
        async () => {
          const [of] = await sql<{ version: number; last: number }[]>`
            SELECT f.version::int AS version, c.last_version::int AS last FROM follower_cursors f
            JOIN conversations c ON c.id = f.conversation_id WHERE f.follower = 'search' AND f.conversation_id = ${id}`;
          return of?.version === of?.last;
        },
        { withinMs: 45_000 },
      ).finally(() => sql.end());
    });

    test("is final: a node of the last release that starts again says so, and the others serve on", async () => {
      old.kill("SIGTERM");
      await old.exited;
      const { code, stderr } = await runLastRelease(["serve"], { ...place.environment, HOST: "127.0.0.1", PORT: "0" });
      expect(code).toBe(1);
      expect(stderr).toContain("The database belongs to a newer version of Confab");
      await ann.at(next.url).send(id, "and on");
    });
  });
