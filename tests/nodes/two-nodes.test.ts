import { beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { makePlace, modes } from "../support/modes.ts";
import { startTestServer, withTwoNodes } from "../support/server.ts";
import type { Socket } from "../support/socket.ts";
import { on } from "./two-nodes.ts";

if (modes.includes("redis"))
  describe("two nodes on one PostgreSQL and one Redis", () => {
    const { one, two, place } = withTwoNodes();
    let ann: Client;
    let bob: Client;
    let eve: Client;

    beforeAll(async () => {
      ann = await one.person("Ann");
      bob = on(two, await one.person("Bob"));
      eve = on(two, await one.person("Eve"));
    });

    test("two people on two nodes chat, type and read, over both kinds of socket", async () => {
      const { id } = await ann.conversation([bob]);
      const [a, b, hub] = [await ann.chat(id), await bob.chat(id), await bob.hub()];
      hub.send({ type: "subscribe", conversation_id: id });
      await hub.next("subscribed");
      a.send({ content: "Hello over there", client_id: "1" });
      await b.next("message");
      await hub.next("message");
      await a.next("message");
      const bytes = (socket: Socket) => socket.texts.find((text) => text.includes("Hello over there"));
      expect(bytes(b)).toBe(bytes(a) ?? "");
      expect(bytes(hub)).toBe(bytes(a) ?? "");
      b.send({ type: "typing", is_typing: true });
      expect(await a.next("typing")).toMatchObject({ user_id: bob.id, is_typing: true });
      b.send({ type: "read" });
      expect(await a.next("read")).toMatchObject({ user_id: bob.id, seq: 1 });
      for (const socket of [a, b, hub]) socket.close();
    });

    test("sends from both nodes at once: the same order for all, dense, each socket's own order kept", async () => {
      const { id } = await ann.conversation([bob, eve]);
      const sockets = [await ann.chat(id), await bob.chat(id), await eve.chat(id), await on(two, ann).chat(id)];
      for (let i = 0; i < 150; i++)
        for (const [who, socket] of sockets.entries()) socket.send({ content: `${who} ${i}` });
      for (const socket of sockets) await socket.until(() => socket.all("message").length === 600, 15_000);
      const [first, ...others] = sockets.map((socket) => socket.all("message").map(({ message }) => message));
      expect(first?.map(({ seq }) => seq)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
      for (const other of others) expect(other).toEqual(first ?? []);
      for (const who of sockets.keys())
        expect(first?.filter(({ content }) => content.startsWith(`${who} `)).map(({ content }) => content)).toEqual(
          Array.from({ length: 150 }, (_, i) => `${who} ${i}`),
        );
      for (const socket of sockets) socket.close();
    });

    test("a client resumes on the other node without hole or double, while others send", async () => {
      const { id } = await ann.conversation([bob, eve], "Resume");
      const sender = await ann.chat(id);
      const seen: number[] = [];
      let sending = true;
      const flood = (async () => {
        for (let i = 0; sending; i++) {
          sender.send({ content: `${i}` });
          await Bun.sleep(2);
        }
      })();
      for (let hop = 0; hop < 6; hop++) {
        const socket = await on(hop % 2 === 0 ? one : two, bob).chat(id, seen.length);
        await socket.until(() => socket.all("message").length >= 20);
        seen.push(...socket.all("message").map(({ message }) => message.version));
        socket.close();
        await socket.closed;
        // Frames that arrive before the close belong to this hop.
        seen.splice(
          0,
          seen.length,
          ...new Set([...seen, ...socket.all("message").map(({ message }) => message.version)]),
        );
      }
      sending = false;
      await flood;
      expect(seen).toEqual(seen.map((_, i) => i + 1));
      sender.close();
    });

    test("a resend on the other node is one message", async () => {
      const { id } = await ann.conversation([bob, eve], "Resend");
      const first = await ann.send(id, "once", "c");
      expect(await on(two, ann).send(id, "once", "c")).toEqual(first);
    });

    test("logout on one node closes the sockets on the other within a second", async () => {
      const dan = await one.person("Dan");
      const { id } = await dan.conversation([ann]);
      const [there, hub] = [await on(two, dan).chat(id), await on(two, dan).hub()];
      const started = performance.now();
      await dan.post("/api/users/logout/");
      expect((await there.closed).code).toBe(4401);
      expect((await hub.closed).code).toBe(4401);
      // docs/contract.md §8: within a second, with three-fold slack.
      expect(performance.now() - started).toBeLessThan(3_000);
      expect((await on(two, dan).get("/api/users/profile/")).status).toBe(401);
    });

    test("a member removed on one node leaves on the other, with the removal as the last frame", async () => {
      const { id } = await ann.conversation([bob, eve], "Removal");
      const [b, e, hub] = [await bob.chat(id), await eve.chat(id), await bob.hub()];
      await ann.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`);
      await ann.send(id, "without Bob");
      expect((await b.closed).code).toBe(4403);
      expect(b.frames.at(-1)).toMatchObject({ type: "participants", removed: [bob.id] });
      expect(await hub.next("unsubscribed")).toMatchObject({ conversation_id: id, code: "removed" });
      await e.next("message", (frame) => frame.message.content === "without Bob");
      expect((await bob.get(`/api/chat/conversations/${id}/messages/`)).status).toBe(403);
      await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [bob.id] });
      expect((await bob.get(`/api/chat/conversations/${id}/messages/`)).status).toBe(200);
      await hub.next("conversation", (frame) => frame.conversation_id === id);
      await ann.send(id, "with Bob again");
      await hub.next("activity", (frame) => frame.conversation_id === id);
      e.close();
      hub.close();
    });

    test("a read position set on one node reaches the person's devices on the other", async () => {
      const { id } = await ann.conversation([bob, eve], "Reading");
      await ann.send(id, "one");
      await ann.send(id, "two");
      const [reads, hears] = [await on(one, bob).chat(id), await bob.hub()];
      reads.send({ type: "read", seq: 1 });
      const frame = { type: "read_position", conversation_id: id };
      expect(await hears.next("read_position")).toEqual({ ...frame, seq: 1 });
      reads.send({ type: "read" });
      expect(await hears.next("read_position")).toEqual({ ...frame, seq: 2 });
      reads.close();
      hears.close();
    });

    test("limits count per person over both nodes", async () => {
      const limited = { ...place().environment, RATE_LIMIT_USER: "10/minute", RATE_LIMIT_SENDS: "5/minute" };
      const [three, four] = [await startTestServer("redis", limited), await startTestServer("redis", limited)];
      const dan = await three.person("Dan");
      const { id } = await dan.conversation([ann]);
      const statuses: number[] = [];
      for (let i = 0; i < 12; i++)
        statuses.push((await on(i % 2 ? three : four, dan).get("/api/users/profile/")).status);
      // One of the ten went to the conversation.
      expect(statuses).toEqual([...Array(9).fill(200), 429, 429, 429]);
      const fay = await three.person("Fay");
      const room = await fay.conversation([ann]);
      const sockets = [await fay.chat(room.id), await on(four, fay).chat(room.id)];
      for (let i = 0; i < 4; i++) for (const socket of sockets) socket.send({ content: `${i}`, ref: `${i}` });
      const answers = () => sockets.flatMap((socket) => [...socket.all("ack"), ...socket.all("error")]);
      await Promise.all(sockets.map((socket) => socket.until(() => answers().length === 8)));
      expect(answers().filter(({ type }) => type === "ack")).toHaveLength(5);
      expect(id).toBeString();
      await three.stop();
      await four.stop();
    });

    test("an edit on one node is what the other's page shows, at once", async () => {
      const { id } = await ann.conversation([bob, eve], "Edits");
      for (let i = 0; i < 30; i++) {
        const { id: messageId } = await ann.send(id, `first ${i}`);
        // Fills the window of the newest messages.
        await bob.get(`/api/chat/conversations/${id}/messages/`);
        await ann.patch(`/api/chat/conversations/${id}/messages/${messageId}/`, { content: `edited ${i}` });
        const { body } = await bob.get(`/api/chat/conversations/${id}/messages/?limit=5`);
        expect(body.data.messages.at(-1).content).toBe(`edited ${i}`);
      }
    });

    test("a third node without Redis, or on another database's Redis, is refused with a clear text", async () => {
      const { REDIS_URL, ...alone } = place().environment;
      expect(REDIS_URL).toBeString();
      await expect(startTestServer("postgres", alone)).rejects.toThrow(
        "Another Confab node is running on this database",
      );
      const foreign = await makePlace("redis");
      await expect(startTestServer("redis", { ...foreign.environment, REDIS_URL: REDIS_URL ?? "" })).rejects.toThrow(
        "Redis of another database",
      );
    });
  });
