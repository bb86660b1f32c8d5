import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import pino from "pino";
import type { Message } from "../../src/protocol/messages.ts";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { Database } from "../../src/server/platform/postgres/database.ts";
import { dataOf } from "../http/expectations.ts";
import type { Client } from "../support/client.ts";
import { hasLastRelease, spawnLastRelease } from "../support/last-release.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { withTwoNodes } from "../support/server.ts";
import { until } from "../support/until.ts";
import { on } from "./two-nodes.ts";

/** docs/contract.md §8: other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;

const path = (id: string) => `/api/chat/conversations/${id}/messages/`;
const newest = async (person: Client, id: string): Promise<Message> =>
  dataOf(await person.get(`${path(id)}?mark_read=false`)).messages.at(-1);

if (modes.includes("redis"))
  describe("quotes on two nodes", () => {
    const { one, two, place } = withTwoNodes();

    test("an edit on one node is in the quotes of the other, live and in pages, also from the window in Redis", async () => {
      const [ann, bob] = [await one.person("Ann"), on(two, await one.person("Bob"))];
      const { id } = await ann.conversation([bob]);
      const quoted = await ann.send(id, "version 0");
      dataOf(await bob.post(path(id), { content: "reply", reply_to: quoted.id }), 201);
      const reader = await bob.chat(id);
      for (let round = 1; round <= 15; round++) {
        for (const person of [ann, bob]) await newest(person, id);
        dataOf(await ann.patch(`${path(id)}${quoted.id}/`, { content: `version ${round}` }));
        for (const person of [bob, ann]) expect((await newest(person, id)).reply_to?.excerpt).toBe(`version ${round}`);
        const frame = await reader.next("message_changed");
        expect(frame).toMatchObject({ excerpt: `version ${round}`, message: { id: quoted.id } });
      }
      reader.close();
    });

    test("a quote of a message that retention has removed has no text, also from the window in Redis", async () => {
      const [ann, bob] = [await one.person("Ann"), on(two, await one.person("Bob"))];
      const { id } = await ann.conversation([bob]);
      const quoted = await ann.send(id, "soon gone");
      dataOf(await bob.post(path(id), { content: "reply", reply_to: quoted.id }), 201);
      for (const person of [ann, bob]) expect((await newest(person, id)).reply_to?.excerpt).toBe("soon gone");
      const driver = await openDriver(readConfig(place().environment), pino({ level: "silent" }));
      const old = "now() - interval '2 days'";
      await driver.query(`UPDATE messages SET created_at = ${old} WHERE id = $1`, [quoted.id]);
      await driver.query(`UPDATE conversations SET oldest_at = ${old} WHERE id = $1`, [id]);
      await storesOn(new Database(driver)).log.prune(86_400_000);
      await driver.close();
      for (const person of [ann, bob])
        expect((await newest(person, id)).reply_to).toEqual({ id: quoted.id, seq: 1, excerpt: "", deleted: true });
    });

    test("a frame never shows an older quote than its version, while the quoted message is edited all the time", async () => {
      const [ann, bob] = [await one.person("Ann"), on(two, await one.person("Bob"))];
      const { id } = await ann.conversation([bob]);
      const quoted = await ann.send(id, "0");
      const reader = await bob.chat(id);
      let isEditing = true;
      const editing = (async () => {
        for (let n = 1; isEditing; n++) await ann.patch(`${path(id)}${quoted.id}/`, { content: `${n}` });
      })();
      for (let i = 0; i < 40; i++) dataOf(await bob.post(path(id), { content: `${i}`, reply_to: quoted.id }), 201);
      isEditing = false;
      await editing;
      await reader.until((frames) => frames.filter(({ message }) => message?.reply_to).length === 40, CATCH_UP_MS);
      let edited = 0;
      for (const { type, message, excerpt } of reader.frames) {
        if (type === "message_changed") edited = Number(excerpt);
        else if (message?.reply_to) expect(Number(message.reply_to.excerpt)).toBeGreaterThanOrEqual(edited);
      }
      reader.close();
    });
  });

if (modes.includes("redis") && hasLastRelease)
  describe("replies, names and lines in a rolling restart from the last release", () => {
    let place: Place;
    let old: ServerProcess;
    let next: ServerProcess;
    let ann: Client;
    let bob: Client;
    let carl: Client;

    beforeAll(async () => {
      place = await makePlace("redis");
      old = await spawnLastRelease(place.environment);
      [ann, bob, carl] = [
        await old.visitor().signUp("Ann"),
        await old.visitor().signUp("Bob"),
        await old.visitor().signUp("Carl"),
      ];
      next = await spawnServer(place.environment);
      bob = bob.at(next.url);
    });
    afterAll(async () => {
      for (const node of [old, next]) node.kill("SIGKILL");
      await Promise.all([old.exited, next.exited]);
      place.remove();
    });

    test("a reply on a new node reaches the old one, and quotes are whole after the old one has filled the window", async () => {
      const { id } = await ann.conversation([bob, carl]);
      const quoted = await ann.send(id, "quote me");
      const [a, b] = [await ann.chat(id), await bob.chat(id)];
      dataOf(await bob.post(path(id), { content: "reply", reply_to: quoted.id }), 201);
      expect((await a.next("message", ({ message }) => message.content === "reply")).message.reply_to).toMatchObject({
        id: quoted.id,
        excerpt: "quote me",
      });
      dataOf(await ann.patch(`${path(id)}${quoted.id}/`, { content: "edited on old" }));
      await b.next("message_changed", ({ message }) => message.content === "edited on old");
      expect((await newest(ann, id)).content).toBe("reply");
      expect((await newest(bob, id)).reply_to).toMatchObject({ excerpt: "edited on old", sender_name: "Ann Tester" });
      for (const socket of [a, b]) socket.close();
    });

    test("a rename on an old node shows on the new one, and a change of the group there is a line without its author", async () => {
      const { id } = await ann.conversation([bob, carl], "Rolling");
      await ann.send(id, "before");
      expect((await newest(bob, id)).sender_name).toBe("Ann Tester");
      await ann.patch("/api/users/profile/", { first_name: "Anna", last_name: "Tester" });
      await until(async () => (await newest(bob, id)).sender_name === "Anna Tester", { withinMs: CATCH_UP_MS });
      dataOf(await carl.patch(`/api/chat/conversations/${id}/`, { name: "By old" }));
      dataOf(await bob.patch(`/api/chat/conversations/${id}/`, { name: "By new" }));
      const { lines } = dataOf(await bob.get(path(id)));
      expect(lines).toMatchObject([
        { kind: "renamed", name: "By old" },
        { kind: "renamed", name: "By new", user_id: bob.id },
      ]);
      expect(lines[0]).not.toHaveProperty("user_id");
    });
  });
