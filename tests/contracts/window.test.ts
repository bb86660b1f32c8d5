import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import pino from "pino";
import { type Change, changeEvent } from "../../src/domain/changes.ts";
import type { Head } from "../../src/domain/ports.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { Announcements } from "../../src/stores/redis/announcements.ts";
import { RedisClient } from "../../src/stores/redis/client.ts";
import { RedisWindow } from "../../src/stores/redis/window.ts";
import { modes } from "../support/modes.ts";
import { type RedisServer, sharedRedis, startRedis } from "../support/redis.ts";

if (modes.includes("redis"))
  describe("the window of the newest messages", () => {
    let server: RedisServer;
    let client: RedisClient;
    let window: RedisWindow;
    let announcements: Announcements;

    beforeAll(async () => {
      server = await sharedRedis();
      client = new RedisClient(server, pino({ level: "silent" }));
      await client.untilUp(5_000);
      window = new RedisWindow(client, 60_000, pino({ level: "silent" }));
      announcements = new Announcements(client, 60_000, () => {}, pino({ level: "silent" }));
    });
    afterAll(() => client.close());

    const message = (conversation_id: string, seq: number, content = `${seq}`) =>
      ({ id: crypto.randomUUID(), conversation_id, seq, version: seq, content }) as Message;
    const sent = (conversationId: string, version: number, seq = version): Change => {
      const said = message(conversationId, seq);
      return { kind: "message", conversationId, version, tag: said.id, lastSeq: seq, message: said };
    };
    const head = (lastVersion: number, lastSeq = lastVersion): Head => ({
      lastVersion,
      lastSeq,
      tag: null,
      prunedSeq: 0,
      participantCount: 2,
      epoch: "",
    });
    /** A conversation whose first page was read when it was empty. */
    const opened = () => {
      const id = crypto.randomUUID();
      window.refill(id, head(0), []);
      return id;
    };
    const record = (change: Change) => {
      const event = changeEvent(change);
      announcements.add("nobody", `somebody\n${event.frame}`, event);
    };
    /** What was recorded goes out with the end of its tick, and once more when Redis does not know the script yet. */
    const settled = async () => {
      for (let i = 0; i < 2; i++) await client.run((redis) => redis.ping());
    };
    const messages = async (id: string, at: Head, first: number, last: number) => {
      await settled();
      return (await window.page(id, at, first, last))?.map((text): Message => JSON.parse(text));
    };
    const seqs = async (id: string, at: Head, first: number, last: number) =>
      (await messages(id, at, first, last))?.map(({ seq }) => seq);

    test("has what was recorded, and only at the version that the log is at", async () => {
      const id = opened();
      for (let version = 1; version <= 5; version++) record(sent(id, version));
      expect(await seqs(id, head(5), 2, 4)).toEqual([2, 3, 4]);
      expect(await seqs(id, head(6), 2, 4)).toBeUndefined();
      expect(await seqs(id, head(5), 4, 6)).toBeUndefined();
    });

    test("is opened by who reads a page, not by who sends", async () => {
      const id = crypto.randomUUID();
      record(sent(id, 1));
      await settled();
      expect(await server.redis.exists(`confab:{${id}}:newest`)).toBe(0);
    });

    test("a change that does not follow on drops it; the log fills it again", async () => {
      const id = opened();
      record(sent(id, 1));
      record(sent(id, 3));
      expect(await seqs(id, head(3), 1, 1)).toBeUndefined();
      window.refill(
        id,
        head(3),
        [1, 2, 3].map((seq) => message(id, seq)),
      );
      expect(await seqs(id, head(3), 1, 3)).toEqual([1, 2, 3]);
      record(sent(id, 4));
      expect(await seqs(id, head(4), 1, 4)).toEqual([1, 2, 3, 4]);
    });

    test("an old refill does not overwrite what is newer", async () => {
      const id = opened();
      for (let version = 1; version <= 3; version++) record(sent(id, version));
      await settled();
      window.refill(id, head(2), [message(id, 1, "old"), message(id, 2, "old")]);
      expect((await messages(id, head(3), 1, 3))?.map(({ content }) => content)).toEqual(["1", "2", "3"]);
    });

    test("an edit replaces its message, and one of a message long gone changes nothing", async () => {
      const id = crypto.randomUUID();
      window.refill(
        id,
        head(9),
        [5, 6, 7].map((seq) => message(id, seq)),
      );
      const edit = (version: number, seq: number): Change => ({
        kind: "message_changed",
        conversationId: id,
        version,
        tag: crypto.randomUUID(),
        lastSeq: 7,
        message: message(id, seq, "edited"),
      });
      record(edit(10, 6));
      record(edit(11, 2));
      expect((await messages(id, head(11, 7), 5, 7))?.map(({ content }) => content)).toEqual(["5", "edited", "7"]);
      expect(await seqs(id, head(11, 7), 2, 2)).toBeUndefined();
    });

    test("keeps a bounded number, and expires when the conversation is silent", async () => {
      const id = opened();
      for (let version = 1; version <= 250; version++) record(sent(id, version));
      expect(await seqs(id, head(250), 51, 250)).toHaveLength(200);
      expect(await seqs(id, head(250), 30, 40)).toBeUndefined();
      expect(await server.redis.zcard(`confab:{${id}}:newest`)).toBeLessThan(220);
      expect(await server.redis.pttl(`confab:{${id}}:newest`)).toBeWithin(1, 60_001);
    });

    test("a replica, where nobody else hears what is published, does not swallow a change in silence", async () => {
      const own = await startRedis();
      const replica = new RedisClient(own, pino({ level: "silent" }));
      try {
        await replica.untilUp(5_000);
        await own.redis.replicaof("127.0.0.1", 1);
        const lost = new Promise<string>((resolve) => {
          const announcing = new Announcements(replica, 60_000, () => resolve("lost"), pino({ level: "silent" }));
          const event = changeEvent(sent(crypto.randomUUID(), 1));
          announcing.add("nobody", `somebody\n${event.frame}`, event);
        });
        expect(await Promise.race([lost, Bun.sleep(2_000)])).toBe("lost");
      } finally {
        replica.close();
        await own.stop();
      }
    });
  });
