import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import pino from "pino";
import type { Message } from "../../src/protocol/messages.ts";
import { type Change, changeEvent } from "../../src/server/log/changes.ts";
import type { Head } from "../../src/server/log/head.ts";
import { Announcements } from "../../src/server/redis/announcements.ts";
import { RedisClient } from "../../src/server/redis/client.ts";
import { seal, write } from "../../src/server/redis/envelope.ts";
import { channelsOf, plainWindowKey, windowKey } from "../../src/server/redis/keys.ts";
import { Signatures } from "../../src/server/redis/signature.ts";
import { RedisWindow, type WindowLife, windowLife } from "../../src/server/redis/window.ts";
import { modes } from "../support/modes.ts";
import { type RedisServer, sharedRedis, startRedis } from "../support/redis.ts";

const silent = pino({ level: "silent" });
const EPOCH = crypto.randomUUID();
const signatures = new Signatures(new Uint8Array(32).fill(3));
const channels = channelsOf("b");
const life: WindowLife = { ttlMs: 60_000, isRenewed: true };
const trust = { signatures, channels };

if (modes.includes("redis"))
  describe("the window of the newest messages", () => {
    let server: RedisServer;
    let client: RedisClient;
    let window: RedisWindow;
    let announcements: Announcements;

    beforeAll(async () => {
      server = await sharedRedis();
      client = new RedisClient(server, silent);
      await client.untilUp(5_000);
      announcements = new Announcements(client, life, () => {}, silent);
      window = new RedisWindow(client, trust, life, announcements, silent);
    });
    afterAll(() => client.close());

    const idOf = (conversation_id: string, seq: number) => `${conversation_id.slice(0, 23)}-${10 ** 11 + seq}`;
    const message = (conversation_id: string, seq: number, content = `${seq}`) =>
      ({ id: idOf(conversation_id, seq), conversation_id, seq, version: seq, content }) as Message;
    const sent = (conversationId: string, version: number, seq = version, content = `${seq}`): Change => ({
      kind: "message",
      conversationId,
      version,
      tag: idOf(conversationId, seq),
      lastSeq: seq,
      message: message(conversationId, seq, content),
    });
    const edit = (conversationId: string, version: number, seq: number, lastSeq: number): Change => ({
      kind: "message_edited",
      conversationId,
      version,
      tag: crypto.randomUUID(),
      lastSeq,
      message: message(conversationId, seq, "edited"),
    });
    /** Where the log stands when its newest change is a message. */
    const head = (conversationId: string, lastVersion: number, lastSeq = lastVersion, prunedSeq = 0): Head => ({
      lastVersion,
      lastSeq,
      tag: lastSeq === 0 ? null : idOf(conversationId, lastSeq),
      epoch: EPOCH,
      parentId: null,
      prunedSeq,
      participantCount: 2,
    });
    /** A conversation whose first page was read when it was empty. */
    const opened = () => {
      const id = crypto.randomUUID();
      window.refill(id, head(id, 0), []);
      return id;
    };
    let said = 0;
    const published = (change: Change, epoch = EPOCH) => {
      const event = changeEvent(change);
      const channel = channels.conversation(change.conversationId);
      const text = seal(signatures, { channel, nodeId: crypto.randomUUID(), count: ++said }, write(event, epoch));
      return { event, text };
    };
    const record = (change: Change, to = announcements) => {
      const { event, text } = published(change);
      to.add("nobody", text, event);
    };
    /** Recorded changes go out at the end of their tick, and once more when Redis does not know the script yet. */
    const settled = async () => {
      for (let i = 0; i < 2; i++) await client.run((redis) => redis.ping());
    };
    const messages = async (id: string, at: Head, first: number, last: number) => {
      await settled();
      return (await window.page(id, at, first, last))?.map((text): Message => JSON.parse(text));
    };
    const seqs = async (id: string, at: Head, first: number, last: number) =>
      (await messages(id, at, first, last))?.map(({ seq }) => seq);

    test("has what was recorded, and only at the log's newest change", async () => {
      const id = opened();
      for (let version = 1; version <= 5; version++) record(sent(id, version));
      expect(await seqs(id, head(id, 5), 2, 4)).toEqual([2, 3, 4]);
      expect(await messages(id, head(id, 5), 2, 4)).toEqual([2, 3, 4].map((seq) => message(id, seq)));
      expect(await seqs(id, head(id, 6), 2, 4)).toBeUndefined();
      expect(await seqs(id, { ...head(id, 5), tag: crypto.randomUUID() }, 2, 4)).toBeUndefined();
      expect(await seqs(id, head(id, 5), 4, 6)).toBeUndefined();
    });

    test("has the fields of a message, recorded or filled", async () => {
      const [recorded, filled] = [opened(), opened()];
      const withFields = (id: string) => ({ ...message(id, 1), note: { message: 'and "message": too' } });
      record({ ...sent(recorded, 1), message: withFields(recorded) } as Change);
      window.refill(filled, head(filled, 1), [withFields(filled)]);
      for (const id of [recorded, filled]) expect(await messages(id, head(id, 1), 1, 1)).toEqual([withFields(id)]);
    });

    test("has the changes that a lone node has gathered, when it is read at once", async () => {
      const id = opened();
      expect([announcements.hasWindow(id), announcements.hasWindow(crypto.randomUUID())]).toEqual([true, false]);
      for (let version = 1; version <= 3; version++) {
        const { event, text } = published(sent(id, version));
        announcements.record(text, event);
      }
      expect(await window.page(id, head(id, 3), 1, 3)).toHaveLength(3);
    });

    test("is opened by a read of a page, not by a send", async () => {
      const id = crypto.randomUUID();
      record(sent(id, 1));
      await settled();
      expect(await server.redis.exists(windowKey(id))).toBe(0);
    });

    test("a change that does not follow its head drops it, and the log fills it again", async () => {
      const id = opened();
      record(sent(id, 1));
      record(sent(id, 3));
      expect(await seqs(id, head(id, 3), 1, 1)).toBeUndefined();
      window.refill(
        id,
        head(id, 3),
        [1, 2, 3].map((seq) => message(id, seq)),
      );
      expect(await seqs(id, head(id, 3), 1, 3)).toEqual([1, 2, 3]);
      record(sent(id, 4));
      expect(await seqs(id, head(id, 4), 1, 4)).toEqual([1, 2, 3, 4]);
    });

    test("an old refill does not overwrite newer messages", async () => {
      const id = opened();
      for (let version = 1; version <= 3; version++) record(sent(id, version));
      await settled();
      window.refill(id, head(id, 2), [message(id, 1, "old"), message(id, 2, "old")]);
      expect((await messages(id, head(id, 3), 1, 3))?.map(({ content }) => content)).toEqual(["1", "2", "3"]);
    });

    test("a refill of another history replaces the page at the same version", async () => {
      const id = opened();
      for (let version = 1; version <= 3; version++) record(sent(id, version));
      await settled();
      const other = { ...head(id, 3), tag: crypto.randomUUID(), epoch: crypto.randomUUID() };
      window.refill(
        id,
        other,
        [1, 2].map((seq) => message(id, seq, "other")),
      );
      expect((await messages(id, other, 1, 2))?.map(({ content }) => content)).toEqual(["other", "other"]);
      expect(await seqs(id, head(id, 3), 1, 2)).toBeUndefined();
    });

    test("any change but a new message drops it, and the next reader refills it from the log", async () => {
      const id = opened();
      for (let version = 1; version <= 7; version++) record(sent(id, version));
      record(edit(id, 8, 6, 7));
      await settled();
      expect(await server.redis.exists(windowKey(id))).toBe(0);
      const at = { ...head(id, 8, 7), tag: crypto.randomUUID() };
      window.refill(
        id,
        at,
        [5, 6, 7].map((seq) => message(id, seq, seq === 6 ? "edited" : undefined)),
      );
      expect((await messages(id, at, 5, 7))?.map(({ content }) => content)).toEqual(["5", "edited", "7"]);
      record(sent(id, 9, 8));
      expect((await messages(id, head(id, 9, 8), 6, 8))?.map(({ content }) => content)).toEqual(["edited", "7", "8"]);
    });

    test("keeps a bounded number, and expires when the conversation is silent", async () => {
      const id = opened();
      for (let version = 1; version <= 250; version++) record(sent(id, version));
      expect(await seqs(id, head(id, 250), 51, 250)).toHaveLength(200);
      expect(await seqs(id, head(id, 250), 30, 40)).toBeUndefined();
      expect(await server.redis.zcard(windowKey(id))).toBeLessThan(220);
      expect(await server.redis.pttl(windowKey(id))).toBeWithin(1, 60_001);
    });

    test("keeps nothing that retention has removed after the event or the next page", async () => {
      const [told, read] = [opened(), opened()];
      for (const id of [told, read])
        for (let version = 1; version <= 5; version++) {
          record(sent(id, version));
          await server.redis.zadd(plainWindowKey(id), version, "a node of the version before wrote this");
        }
      await settled();
      await window.prune(told, 3);
      expect(await server.redis.zrange(plainWindowKey(told), "0", "-1")).toHaveLength(1);
      expect(await seqs(read, head(read, 5, 5, 3), 4, 5)).toEqual([4, 5]);
      for (const id of [told, read]) {
        expect(await server.redis.zcount(windowKey(id), "1", "+inf")).toBe(2);
        expect(await seqs(id, head(id, 5, 5, 3), 4, 5)).toEqual([4, 5]);
      }
    });

    test("a send does not make older messages live longer when retention is on", async () => {
      const id = crypto.randomUUID();
      const short = windowLife(60_000, 2_000);
      const sending = new Announcements(client, short, () => {}, silent);
      const own = new RedisWindow(client, trust, short, sending, silent);
      own.refill(id, head(id, 0), []);
      await settled();
      for (let version = 1; version <= 5; version++) {
        record(sent(id, version), sending);
        await Bun.sleep(300);
      }
      expect(await server.redis.pttl(windowKey(id))).toBeWithin(1, 700);
      expect(windowLife(60_000, "forever")).toEqual({ ttlMs: 60_000, isRenewed: true });
    });

    describe("that somebody else has written to", () => {
      /** The page of a conversation with three messages, after its window was spoilt. */
      async function spoilt(spoil: (key: string, members: string[], id: string) => unknown) {
        const id = opened();
        for (let version = 1; version <= 3; version++) record(sent(id, version));
        await settled();
        const members = await server.redis.zrange(windowKey(id), "1", "+inf", "BYSCORE");
        expect(await seqs(id, head(id, 3), 1, 3)).toEqual([1, 2, 3]);
        await spoil(windowKey(id), members, id);
        return seqs(id, head(id, 3), 1, 3);
      }
      const put = async (key: string, seq: number, member: string) => {
        await server.redis.zremrangebyscore(key, seq, seq);
        await server.redis.zadd(key, seq, member);
      };

      test("shows no message that no node wrote, or that was moved, or that belongs to another conversation or history", async () => {
        const other = opened();
        const own = new Signatures(new Uint8Array(32));
        const spoils: Record<string, Parameters<typeof spoilt>[0]> = {
          "plain JSON": (key, _, id) => put(key, 2, JSON.stringify(message(id, 2, "forged"))),
          "another key": (key, _, id) => {
            const change = sent(id, 2, 2, "forged");
            const event = changeEvent(change);
            const from = { channel: channels.conversation(id), nodeId: crypto.randomUUID(), count: 1 };
            return put(key, 2, seal(own, from, write(event, EPOCH)));
          },
          "another content": (key, [, second = ""]) => put(key, 2, second.replace('"content":"2"', '"content":"x"')),
          "another seq": (key, [first = ""]) => put(key, 2, first),
          "two for one": (key, _, id) => server.redis.zadd(key, 2, published(sent(id, 1)).text),
          "another conversation": (key) => put(key, 2, published(sent(other, 2)).text),
          "another epoch": (key, _, id) => put(key, 2, published(sent(id, 2, 2, "dead"), crypto.randomUUID()).text),
          "a change that is no new message": (key, _, id) => put(key, 2, published(edit(id, 2, 2, 2)).text),
          "a frame that stands for a message": (key, [, second = ""]) => {
            const at = second.indexOf("\n");
            return put(key, 2, second.slice(0, at).replace(/(\.[\w-]{22})\{/, "$1\n{") + second.slice(at));
          },
          nothing: (key) => put(key, 2, ""),
          "another type": async (key) => {
            await server.redis.del(key);
            await server.redis.set(key, "x");
          },
        };
        expect(await spoilt(() => {})).toEqual([1, 2, 3]);
        for (const [how, spoil] of Object.entries(spoils))
          expect({ how, page: await spoilt(spoil) }).toEqual({ how, page: undefined });
      });

      test("is right again when the log has filled it", async () => {
        const id = opened();
        record(sent(id, 1));
        await settled();
        await put(windowKey(id), 1, "forged");
        expect(await seqs(id, head(id, 1), 1, 1)).toBeUndefined();
        window.refill(id, head(id, 1), [message(id, 1)]);
        expect(await seqs(id, head(id, 1), 1, 1)).toEqual([1]);
      });

      test("does not undo an edit when somebody puts the earlier message back", async () => {
        const id = opened();
        for (let version = 1; version <= 3; version++) record(sent(id, version));
        await settled();
        const published = await server.redis.dumpBuffer(windowKey(id));
        await server.redis.del(windowKey(id));
        window.refill(
          id,
          head(id, 3),
          [1, 2, 3].map((seq) => message(id, seq)),
        );
        await settled();
        const refilled = await server.redis.dumpBuffer(windowKey(id));
        record(edit(id, 4, 2, 3));
        const at = { ...head(id, 5, 4), tag: idOf(id, 4) };
        for (const before of [published, refilled]) {
          await settled();
          await server.redis.restore(windowKey(id), 0, before, "REPLACE");
          // It is told to stand where the log does, with a message that truly came after the edit.
          await server.redis.zremrangebyscore(windowKey(id), "-inf", 0);
          await server.redis.zadd(windowKey(id), -5, idOf(id, 4));
          expect(await seqs(id, at, 1, 3)).toBeUndefined();
        }
      });

      test("holds up no publishing, with any value at its key", async () => {
        const id = crypto.randomUUID();
        await server.redis.set(windowKey(id), "x");
        const lost: string[] = [];
        record(sent(id, 1), new Announcements(client, life, () => lost.push("lost"), silent));
        await settled();
        await settled();
        expect(lost).toEqual([]);
        expect(await server.redis.exists(windowKey(id))).toBe(0);
      });
    });

    test("a replica, which publishes to nobody else, does not swallow a change silently", async () => {
      const own = await startRedis();
      const replica = new RedisClient(own, silent);
      try {
        await replica.untilUp(5_000);
        await own.redis.replicaof("127.0.0.1", 1);
        const lost = new Promise<string>((resolve) => {
          const announcing = new Announcements(replica, life, () => resolve("lost"), silent);
          record(sent(crypto.randomUUID(), 1), announcing);
        });
        expect(await Promise.race([lost, Bun.sleep(2_000)])).toBe("lost");
      } finally {
        replica.close();
        await own.stop();
      }
    });
  });
