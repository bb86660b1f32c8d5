import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { on } from "../nodes/two-nodes.ts";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

/** A publish that the node believed would have arrived by then. */
const ARRIVED_MS = 300;

if (modes.includes("redis"))
  describe("somebody who can do anything in Redis, and nothing in the database", () => {
    let place: Place;
    let one: TestServer;
    let two: TestServer;
    let redis: Redis;
    let busId: string;
    let ann: Client;
    let bob: Client;
    let eve: Client;

    beforeAll(async () => {
      place = await makePlace("redis");
      [one, two] = [
        await startTestServer("redis", place.environment),
        await startTestServer("redis", place.environment),
      ];
      redis = new Redis(place.environment["REDIS_URL"] ?? "");
      busId = (await redis.get("confab:bus-id")) ?? "";
      ann = await one.person("Ann");
      bob = on(two, await one.person("Bob"));
      eve = await one.person("Eve");
      await Bun.sleep(2_000);
    });
    afterAll(async () => {
      redis.disconnect();
      await one.stop();
      await two.stop();
      place.remove();
    });

    /** As a node of 15e54fe says it, which signs nothing. */
    async function say(channel: string, event: object, frame?: object) {
      const text = crypto.randomUUID() + JSON.stringify(event) + (frame ? `\n${JSON.stringify(frame)}` : "");
      expect(await redis.publish(`confab:${busId}:${channel}`, text)).toBeGreaterThan(0);
    }
    const historyOf = async (person: Client, id: string, limit: number) => {
      const { body } = await person.get(`/api/chat/conversations/${id}/messages/?limit=${limit}`);
      return body.data.messages.map(({ content }: { content: string }) => content);
    };

    test("can't act as a user, end a session, remove a member or a conversation, or send false presence", async () => {
      const { id } = await ann.conversation([bob, eve], "Group");
      const real = await ann.send(id, "real");
      const [chat, hub] = [await bob.chat(id), await bob.hub()];
      hub.send({ type: "presence_subscribe", user_ids: [ann.id] });
      const annThere = await on(two, ann).hub();
      await hub.settled();
      const { body: sessions } = await bob.get("/api/users/sessions/");
      const [session] = sessions.data;
      const before = { chat: chat.frames.length, hub: hub.frames.length };
      const message = { ...real, id: crypto.randomUUID(), seq: 2, version: real.version + 1, content: "forged" };
      const change = { kind: "change", conversationId: id, version: real.version + 1, lastSeq: 2 };
      await say(
        id,
        { ...change, tag: message.id, message: { seq: 2, isNew: true } },
        { type: "message", conversation_id: id, version: message.version, message },
      );
      await say(
        id,
        { ...change, tag: message.id, message: { seq: 1, isNew: false } },
        { type: "message_changed", conversation_id: id, version: message.version, tag: message.id, message },
      );
      await say(
        "everyone",
        { ...change, added: [], removed: [bob.id] },
        {
          type: "participants",
          conversation_id: id,
          version: message.version,
          added: [],
          removed: [bob.id],
          name: "x",
        },
      );
      const typing = { type: "typing", conversation_id: id, user_id: ann.id, user_name: "Ann", is_typing: true };
      await say(id, { kind: "ephemeral", conversationId: id, fromUserId: ann.id }, typing);
      const position = { type: "read_position", conversation_id: id, seq: 1 };
      await say(id, { kind: "read_position", conversationId: id, userId: bob.id }, position);
      await say("everyone", { kind: "to_user", userId: bob.id }, { type: "activity", conversation_id: id });
      await say("everyone", { kind: "sessions_ended", userId: bob.id, sessions: [{ id: session.id, key: "k" }] });
      await say("everyone", { kind: "user_changed", userId: bob.id, fullName: "Mallory" });
      const at = performance.timeOrigin + performance.now() + 60_000;
      await say("everyone", { kind: "presence", changes: [{ userId: ann.id, online: false, at }] });
      await say("everyone", { kind: "conversation_removed", conversationId: id });
      await Bun.sleep(ARRIVED_MS);
      const news = {
        chat: chat.frames.slice(before.chat),
        hub: hub.frames.slice(before.hub).filter(({ type }) => type !== "presence"),
      };
      expect(news).toEqual({ chat: [], hub: [] });
      expect(hub.all("presence").filter(({ online }) => !online)).toEqual([]);
      // The sockets are open, and what is real comes.
      await ann.send(id, "real again");
      await chat.next("message", ({ message }) => message.content === "real again");
      await hub.next("activity");
      expect(await historyOf(bob, id, 10)).toEqual(["real", "real again"]);
      for (const socket of [chat, hub, annThere]) socket.close();
    });

    test("has no effect by repeating the events of nodes", async () => {
      const heard: [string, string][] = [];
      const listener = new Redis(place.environment["REDIS_URL"] ?? "");
      listener.on("pmessage", (_, channel: string, text: string) => {
        if (channel.includes(busId) && !/:(beats|pulse)$/.test(channel)) heard.push([channel, text]);
      });
      await listener.psubscribe("confab:*");
      const { id } = await ann.conversation([bob]);
      const [a, b] = [await ann.chat(id), await bob.chat(id)];
      a.send({ type: "typing", is_typing: true });
      await b.next("typing");
      a.send({ content: "hello" });
      await b.next("message");
      a.send({ type: "read", seq: 1 });
      await Bun.sleep(ARRIVED_MS);
      listener.disconnect();
      const said = heard.filter(([, text]) => !text.includes('"kind":"sample"'));
      expect(said.length).toBeGreaterThan(2);
      const before = [a.frames.length, b.frames.length];
      for (const [channel, text] of said) await redis.publish(channel, text);
      await Bun.sleep(ARRIVED_MS);
      expect([a.frames.length, b.frames.length]).toEqual(before);
      for (const socket of [a, b]) socket.close();
    });

    test("changes no page by writing to a window or putting old messages back", async () => {
      const { id } = await ann.conversation([bob, eve], "Window");
      await historyOf(ann, id, 1);
      for (const content of ["one", "two", "three"]) await ann.send(id, content);
      await historyOf(ann, id, 50);
      const window = async () => {
        for (;;) {
          const [key] = (await redis.keys(`confab:{${id}}:*`)).filter((key) => !key.includes("places"));
          const members = key === undefined ? [] : await redis.zrange(key, "(0", "+inf", "BYSCORE");
          if (key !== undefined && members.length >= 3) return { key, members };
          await Bun.sleep(20);
        }
      };
      const { key, members } = await window();
      const put = async (seq: number, member: string) => {
        await redis.zremrangebyscore(key, seq, seq);
        await redis.zadd(key, seq, member);
      };
      // Another limit each time: a node keeps the pages that it was asked for.
      let limit = 3;
      await put(2, (members[1] ?? "").replace('"content":"two"', '"content":"forged"'));
      expect(await historyOf(bob, id, limit++)).toEqual(["one", "two", "three"]);
      await window();
      const { body } = await ann.get(`/api/chat/conversations/${id}/messages/?limit=50`);
      const [, second] = body.data.messages;
      await ann.patch(`/api/chat/conversations/${id}/messages/${second.id}/`, { content: "edited" });
      await ann.send(id, "four");
      expect(await historyOf(ann, id, 49)).toEqual(["one", "edited", "three", "four"]);
      await window();
      await put(2, members[1] ?? "");
      expect(await historyOf(bob, id, limit++)).toEqual(["one", "edited", "three", "four"]);
    });

    test("ends no node by another bus id", async () => {
      const root = on(two, await superuser(one, "Root"));
      await redis.set("confab:bus-id", crypto.randomUUID());
      await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      await Bun.sleep(2_000);
      await redis.set("confab:bus-id", busId);
      expect([...one.lost, ...two.lost]).toEqual([]);
      expect((await root.get("/api/chat/health/ready/")).status).toBe(200);
      expect(
        [...one.log, ...two.log].filter((line) => line.includes("serves another database")).length,
      ).toBeGreaterThan(0);
    });
  });
