import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, PASSWORD } from "../support/client.ts";
import { hasLastRelease, spawnLastRelease } from "../support/last-release.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { run, type ServerProcess, spawnServer } from "../support/process.ts";
import type { Socket } from "../support/socket.ts";

/** docs/contract.md §8: other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;
/** A node that is not heard for so long is said to be on another Redis. */
const STRANGE_AFTER_MS = 20_000;

if (modes.includes("redis") && hasLastRelease)
  describe("a rolling restart from the last release", () => {
    let place: Place;
    let old: ServerProcess;
    let next: ServerProcess;
    let ann: Client;
    let bob: Client;
    /** With a message that the old node deleted before the new one came. */
    let changedBefore: { id: string };
    const logs = { old: "", next: "" };

    beforeAll(async () => {
      place = await makePlace("redis");
      logs.old = join(place.environment["LOG_DIR"] ?? "", "old");
      logs.next = join(place.environment["LOG_DIR"] ?? "", "next");
      old = await spawnLastRelease({ ...place.environment, LOG_DIR: logs.old });
      ann = await old.visitor().signUp("Ann");
      bob = await old.visitor().signUp("Bob");
      changedBefore = await ann.conversation([bob, await old.visitor().signUp("Carl")], "Before");
      const gone = await ann.send(changedBefore.id, "gone", "gone");
      await ann.delete(`/api/chat/conversations/${changedBefore.id}/messages/${gone.id}/`);
      next = await spawnServer({ ...place.environment, LOG_DIR: logs.next });
      bob = bob.at(next.url);
    });
    afterAll(async () => {
      for (const node of [old, next]) node.kill("SIGKILL");
      await Promise.all([old.exited, next.exited]);
      place.remove();
    });

    const log = (folder: string) => readFileSync(join(folder, "app.log"), "utf8");
    const has = (socket: Socket, content: string) =>
      socket.until((frames) => frames.some(({ message }) => message?.content === content), CATCH_UP_MS);

    test("people on both kinds of node chat: messages, edits and deletions arrive in time, in order, both ways", async () => {
      const { id } = await ann.conversation([bob]);
      const [a, b] = [await ann.chat(id), await bob.chat(id)];
      for (let i = 1; i <= 5; i++) {
        a.send({ content: `from old ${i}`, client_id: `o${i}` });
        b.send({ content: `from new ${i}`, client_id: `n${i}` });
        await has(b, `from old ${i}`);
        await has(a, `from new ${i}`);
        // A stale window, of the old node or of the new one, is never served.
        for (const person of [ann, bob]) {
          const { body } = await person.get(`/api/chat/conversations/${id}/messages/?limit=${i}`);
          expect(body.data.messages).toHaveLength(i);
        }
      }
      const idOf = (text: string) => a.all("message").find(({ message }) => message.content === text)?.["message"].id;
      a.send({ type: "edit", message_id: idOf("from old 1"), content: "edited on old" });
      await b.next("message_changed");
      b.send({ type: "delete", message_id: idOf("from new 1") });
      await a.next("message_changed", ({ message }) => message.deleted_at !== undefined);
      for (const person of [ann, bob]) {
        const { body } = await person.get(`/api/chat/conversations/${id}/messages/`);
        const contents = body.data.messages.map(({ content }: { content: string }) => content);
        expect(contents).toContain("edited on old");
        expect(body.data.messages.filter(({ deleted_at }: { deleted_at?: string }) => deleted_at)).toHaveLength(1);
      }
      const order = (socket: Socket) => socket.all("message").map(({ message }) => [message.seq, message.content]);
      expect(order(b)).toEqual(order(a));
      expect(order(a)).toHaveLength(10);
      for (const socket of [a, b]) socket.close();
    });

    test("a resend of an edited or deleted message is known on both, whichever changed it", async () => {
      const { id } = await ann.conversation([bob]);
      const path = `/api/chat/conversations/${id}/messages/`;
      const { id: before } = changedBefore;
      expect((await ann.post(path.replace(id, before), { content: "gone", client_id: "gone" })).status).toBe(200);
      const there = ann.at(next.url);
      for (const [n, changing] of [ann, there].entries()) {
        const [edited, deleted] = [await ann.send(id, "first", `e${n}`), await there.send(id, "secret", `d${n}`)];
        await changing.patch(`${path}${edited.id}/`, { content: "second" });
        await changing.delete(`${path}${deleted.id}/`);
        for (const resending of [ann, there]) {
          expect((await resending.post(path, { content: "first", client_id: `e${n}` })).status).toBe(200);
          expect((await resending.post(path, { content: "secret", client_id: `d${n}` })).status).toBe(200);
          expect((await resending.post(path, { content: "second", client_id: `e${n}` })).status).toBe(409);
          expect((await resending.post(path, { content: "", client_id: `x${n}` })).status).toBe(400);
        }
      }
    });

    test("a new node's events reach an old one at once: typing, and a session's end", async () => {
      const { id } = await ann.conversation([bob]);
      const [a, b] = [await ann.chat(id), await bob.chat(id)];
      b.send({ type: "typing", is_typing: true });
      await a.next("typing", ({ user_id }) => user_id === bob.id);
      const eve = await next.visitor().signUp("Eve");
      const there = await eve.at(old.url).hub();
      await eve.post("/api/users/logout/");
      expect((await there.closed).code).toBe(4401);
      for (const socket of [a, b]) socket.close();
    });

    test("a removal and a session that ends on an old node close sockets on the new one in time", async () => {
      const dan = await old.visitor().signUp("Dan");
      const { id } = await ann.conversation([bob, dan], "Group");
      const [hub, chat] = [await dan.at(next.url).hub(), await bob.chat(id)];
      const started = performance.now();
      await dan.post("/api/users/logout/");
      expect((await hub.closed).code).toBe(4401);
      await ann.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`);
      expect((await chat.closed).code).toBe(4403);
      expect(performance.now() - started).toBeLessThan(2 * CATCH_UP_MS);
    });

    test("settings that change on the new node hold there, and don't disturb the old one", async () => {
      const root = await old.visitor().signUp("Root");
      const email = root.user?.email ?? "";
      const promote = ["createsuperuser", "--promote", "--email", email];
      expect((await run(promote, { ...place.environment, SUPERUSER_PASSWORD: PASSWORD })).code).toBe(0);
      const admin = await next.visitor().logIn(email);
      expect((await admin.patch("/api/admin/settings/", { registration: "closed" })).status).toBe(200);
      await expect(next.visitor().signUp()).rejects.toThrow("registration_closed");
      await old.visitor().signUp();
      expect((await admin.patch("/api/admin/settings/", { registration: "open" })).status).toBe(200);
      await next.visitor().signUp();
      expect(log(logs.old)).not.toContain('"level":50');
    });

    test("the new node names the old one in its log, blames nobody else, and runs on", async () => {
      // The new node notices unsigned events of the old one only when there is an event.
      const { id } = await ann.conversation([bob]);
      const reader = await bob.chat(id);
      const until = performance.now() + STRANGE_AFTER_MS + 4_000;
      for (let i = 0; performance.now() < until; i++) {
        await ann.send(id, `${i}`);
        await has(reader, `${i}`);
        await Bun.sleep(500);
      }
      reader.close();
      expect(log(logs.next)).toContain("A node of an older version serves this database");
      for (const text of ["Somebody without this database's key", "is not heard on this Redis"])
        expect(log(logs.next)).not.toContain(text);
      // Not with every beat: the old node is sure of the bus.
      expect(log(logs.old).split("the bus is in doubt").length).toBeLessThan(5);
      expect(log(logs.old)).not.toContain('"level":50');
    });

    test("with the last old node gone the bus is whole again", async () => {
      const whole = () => log(logs.next).split("the bus is whole").length;
      const before = whole();
      old.kill("SIGTERM");
      expect(await old.exited).toBe(0);
      const until = performance.now() + 2 * CATCH_UP_MS;
      while (whole() === before && performance.now() < until) await Bun.sleep(100);
      expect(whole()).toBe(before + 1);
    });
  });
