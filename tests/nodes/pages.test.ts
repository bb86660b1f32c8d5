import { beforeAll, beforeEach, describe, expect, test } from "bun:test";
import pino from "pino";
import type { Message } from "../../src/protocol/messages.ts";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { Database } from "../../src/server/platform/postgres/database.ts";
import { dataOf, expectError } from "../http/expectations.ts";
import type { Client } from "../support/client.ts";
import { modes } from "../support/modes.ts";
import { withTwoNodes } from "../support/server.ts";
import { on } from "./two-nodes.ts";

if (modes.includes("redis"))
  describe("pages on one node, while another one changes the conversation", () => {
    const { one, two, place } = withTwoNodes();
    let ann: Client;
    let bob: Client;
    let eve: Client;
    let id: string;
    let path: string;

    beforeAll(async () => {
      ann = await one.person("Ann");
      bob = on(two, await one.person("Bob"));
      eve = on(two, await one.person("Eve"));
    });
    beforeEach(async () => {
      id = (await ann.conversation([bob, eve], "Pages")).id;
      path = `/api/chat/conversations/${id}/messages/`;
    });

    const page = async (client: Client, query = "") => dataOf(await client.get(path + query));
    const unread = async (client: Client) => dataOf(await client.get(`/api/chat/conversations/${id}/`)).unread_count;

    test("a send, edit or deletion acked on one node is on the next page of the other", async () => {
      for (let round = 0; round < 30; round++) {
        const sent = await ann.send(id, `message ${round}`);
        expect((await page(bob, "?limit=5")).messages.at(-1)).toEqual(sent);
        const edited = dataOf(await ann.patch(`${path}${sent.id}/`, { content: `edited ${round}` }));
        expect((await page(bob, "?limit=5")).messages.at(-1)).toEqual(edited);
        if (round % 3 > 0) continue;
        const deleted = dataOf(await ann.delete(`${path}${sent.id}/`));
        expect((await page(bob, "?limit=5")).messages.at(-1)).toEqual(deleted);
        expect((await page(bob, "?limit=5")).total).toBe(round + 1);
      }
    });

    test("also while many read at once", async () => {
      let reading = true;
      const crowd = Promise.all(
        Array.from({ length: 16 }, async () => {
          while (reading) await page(eve, "?limit=50");
        }),
      );
      for (let round = 0; round < 100; round++) {
        const { seq } = await ann.send(id, `message ${round}`);
        expect((await page(bob, "?limit=50")).messages.at(-1).seq).toBeGreaterThanOrEqual(seq);
      }
      reading = false;
      await crowd;
    });

    test("a message removed by retention is on no page, at once", async () => {
      for (let i = 0; i < 10; i++) await ann.send(id, `message ${i}`);
      expect((await page(bob)).total).toBe(10);
      expect((await page(bob, "?after_seq=2")).messages).toHaveLength(8);
      const driver = await openDriver(readConfig(place().environment), pino({ level: "silent" }));
      const stores = storesOn(new Database(driver));
      const old = "now() - interval '2 days'";
      await driver.query(`UPDATE messages SET created_at = ${old} WHERE conversation_id = $1 AND seq <= 4`, [id]);
      await driver.query(`UPDATE conversations SET oldest_at = ${old} WHERE id = $1`, [id]);
      await stores.log.prune(86_400_000);
      await driver.close();
      for (const query of ["", "?after_seq=2", "?limit=100", "?before_seq=11", "?around_seq=3"]) {
        const { messages, total, count } = await page(bob, query);
        expect(messages.map(({ seq }: Message) => seq)).toEqual([5, 6, 7, 8, 9, 10]);
        expect([total, count]).toEqual([6, 6]);
      }
    });

    test("a member removed on one node gets no page from the other, at once, until they are added again", async () => {
      for (let round = 0; round < 5; round++) {
        await ann.send(id, `message ${round}`);
        await page(bob);
        dataOf(await ann.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`));
        await Bun.sleep(20);
        expectError(await bob.get(path), 403, { message: "You are not a participant in this conversation" });
        await ann.send(id, "without Bob");
        dataOf(await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [bob.id] }));
        await Bun.sleep(20);
        expect((await page(bob)).total).toBe(2 * round + 2);
      }
    });

    test("a page marks all newer messages as read, before and after an absence", async () => {
      await ann.send(id, "one");
      for (let i = 0; i < 3; i++) await page(bob);
      expect(await unread(bob)).toBe(0);
      await ann.send(id, "two");
      expect(await unread(bob)).toBe(1);
      await page(bob);
      expect(await unread(bob)).toBe(0);
      dataOf(await ann.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`));
      await ann.send(id, "three");
      dataOf(await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [bob.id] }));
      await Bun.sleep(20);
      expect(await unread(bob)).toBe(0);
      await ann.send(id, "four");
      expect(await unread(bob)).toBe(1);
      const reader = await ann.chat(id);
      await page(bob);
      expect(await reader.next("read")).toMatchObject({ user_id: bob.id, seq: 4 });
      expect(await unread(bob)).toBe(0);
      await page(bob);
      await reader.settled();
      expect(reader.all("read")).toHaveLength(1);
      reader.close();
    });
  });
