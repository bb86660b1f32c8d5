import { beforeAll, describe, expect, test } from "bun:test";
import type { MetricsReport } from "../../src/protocol/metrics.ts";
import type { Client } from "../support/client.ts";
import { modes } from "../support/modes.ts";
import { spawnServer } from "../support/process.ts";
import { NO_LIMITS, startTestServer, withTwoNodes } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { on } from "./two-nodes.ts";

if (modes.includes("redis"))
  describe("administration over two nodes", () => {
    const { one, two, place } = withTwoNodes();
    let root: Client;
    let ann: Client;
    let bob: Client;
    let eve: Client;

    beforeAll(async () => {
      root = await superuser(one, "Root");
      ann = await one.person("Ann");
      bob = on(two, await one.person("Bob"));
      eve = on(two, await one.person("Eve"));
    });

    /** Asks until the answer is as wanted, because nodes report every five seconds. */
    async function metricsWhere(wanted: (report: MetricsReport) => boolean): Promise<MetricsReport> {
      const until = performance.now() + 20_000;
      for (;;) {
        const report = (await root.get("/api/admin/metrics/")).body.data;
        if (wanted(report)) return report;
        if (performance.now() > until) throw new Error(`the metrics did not come: ${JSON.stringify(report)}`);
        await Bun.sleep(100);
      }
    }
    /** Until the bus is whole, nodes cache nothing. */
    const isWhole = async () => {
      while (!two.log.some((line) => line.includes("the bus is whole"))) await Bun.sleep(20);
    };
    const seen = (values: (number | null)[] | undefined, least: number) =>
      (values ?? []).some((v) => (v ?? 0) >= least);

    test("each node's counts are seen from any node, and all together", async () => {
      const { id } = await ann.conversation([bob, eve]);
      const sockets = [await ann.chat(id), await bob.chat(id), await eve.chat(id)];
      await ann.send(id, "counted");
      for (const socket of sockets) await socket.next("message");
      const report = await metricsWhere(
        ({ nodes, total }) =>
          nodes.some(({ series }) => seen(series.messages_per_s, 0.01)) &&
          nodes.filter(({ series, is_alive }) => is_alive && seen(series.deliveries_per_s, 0.01)).length === 2 &&
          seen(total.connections, 3),
      );
      const { series } = report.nodes.find((node) => seen(node.series.messages_per_s, 0.01)) ?? {};
      expect(seen(series?.delivery_p99_ms, 0.001)).toBe(true);
      expect(seen(series?.requests_2xx_per_s, 0.01)).toBe(true);
      expect([series?.postgres_up.at(-1) ?? 1, series?.redis_up.at(-1) ?? 1]).toEqual([1, 1]);
      for (const socket of sockets) socket.close();
    });

    test("a node that stops is known to have ended at once", async () => {
      const three = await startTestServer("redis", place().environment);
      const alive = (count: number) =>
        metricsWhere(({ nodes }) => nodes.filter(({ is_alive }) => is_alive).length === count);
      await alive(3);
      const stopping = performance.now();
      await three.stop();
      await alive(2);
      // Less than the fifteen seconds after which a silent node counts as ended.
      expect(performance.now() - stopping).toBeLessThan(10_000);
    });

    test("rights are given and taken on all nodes at once", async () => {
      const dan = on(two, await one.person("Dan"));
      expect((await dan.get("/api/admin/limits/")).status).toBe(404);
      const becomes = async (status: number) => {
        const started = performance.now();
        while ((await dan.get("/api/admin/limits/")).status !== status) await Bun.sleep(5);
        // Far less than the five seconds for which a node caches a session.
        expect(performance.now() - started).toBeLessThan(2_000);
      };
      await root.patch(`/api/admin/users/${dan.id}/`, { is_superuser: true });
      await becomes(200);
      await root.patch(`/api/admin/users/${dan.id}/`, { is_superuser: false });
      await becomes(404);
    });

    test("a person deactivated on one node is signed out on the other, and open sockets are counted over both", async () => {
      const dan = await one.person("Dan");
      const sockets = [await dan.hub(), await on(two, dan).hub()];
      const { body } = await root.get(`/api/admin/users/${dan.id}/`);
      expect(body.data.open_sockets).toBe(2);
      await root.patch(`/api/admin/users/${dan.id}/`, { is_active: false });
      for (const socket of sockets) expect((await socket.closed).code).toBe(4401);
      expect((await on(two, dan).get("/api/users/profile/")).status).toBe(401);
    });

    test("a deactivation whose answer and event got lost is announced when it is repeated", async () => {
      const dan = await one.person("Dan");
      const sockets = [await dan.hub(), await on(two, dan).hub()];
      const database = new Bun.SQL(place().environment["DATABASE_URL"] ?? "");
      await database`UPDATE users SET is_active = false WHERE id = ${dan.id}`;
      await database`DELETE FROM sessions WHERE user_id = ${dan.id}`;
      await database.close();
      await root.patch(`/api/admin/users/${dan.id}/`, { is_active: false });
      for (const socket of sockets) expect((await socket.closed).code).toBe(4401);
    });

    test("a demotion whose answer got lost is announced at once when it is repeated", async () => {
      const dan = on(two, await one.person("Dan"));
      await isWhole();
      await root.patch(`/api/admin/users/${dan.id}/`, { is_superuser: true });
      const limits = async () => (await dan.get("/api/admin/limits/")).status;
      while ((await limits()) !== 200) await Bun.sleep(5);
      const database = new Bun.SQL(place().environment["DATABASE_URL"] ?? "");
      await database`UPDATE users SET is_superuser = false WHERE id = ${dan.id}`;
      await database.close();
      await root.patch(`/api/admin/users/${dan.id}/`, { is_superuser: false });
      const started = performance.now();
      while ((await limits()) !== 404) await Bun.sleep(5);
      // Far less than the five seconds for which a node caches a session.
      expect(performance.now() - started).toBeLessThan(2_000);
    });

    test("all of very many sessions end on both nodes", async () => {
      const dan = await one.person("Dan");
      const sockets = [await dan.hub(), await on(two, dan).hub()];
      const database = new Bun.SQL(place().environment["DATABASE_URL"] ?? "");
      await database`INSERT INTO sessions (id, key, user_id, address, client)
        SELECT gen_random_uuid(), 'many' || n, ${dan.id}, '', '' FROM generate_series(1, 1500) AS n`;
      await database.close();
      const { body } = await root.delete(`/api/admin/users/${dan.id}/sessions/`);
      expect(body.meta).toEqual({ ended: 1501 });
      for (const socket of sockets) expect((await socket.closed).code).toBe(4401);
    });

    test("the removal of a message and of a conversation holds on both nodes", async () => {
      const { id } = await ann.conversation([bob, eve], "Doomed");
      const kept = await ann.conversation([bob, eve], "Kept");
      const [chat, hub] = [await bob.chat(id), await eve.hub()];
      const { id: messageId } = await ann.send(id, "spam");
      // Fills the window of the newest messages, and the caches of the node.
      expect((await bob.get(`/api/chat/conversations/${id}/messages/`)).status).toBe(200);
      await root.delete(`/api/admin/conversations/${id}/messages/${messageId}/`);
      await chat.next("message_changed", (frame) => frame.message.id === messageId && frame.message.content === "");
      const { body } = await bob.get(`/api/chat/conversations/${id}/messages/`);
      expect(body.data.messages[0].content).toBe("");
      await root.delete(`/api/admin/conversations/${id}/`);
      expect((await chat.closed).code).toBe(4403);
      await hub.next("unsubscribed", (frame) => frame.conversation_id === id && frame.code === "removed");
      expect((await bob.get(`/api/chat/conversations/${id}/messages/`)).status).toBe(404);
      await ann.send(kept.id, "still here");
      await hub.next("activity", (frame) => frame.conversation_id === kept.id);
      hub.close();
    });

    test("a node without a socket in the conversation hears of its removal too", async () => {
      const { id } = await ann.conversation([bob, eve], "Doomed");
      const page = () => bob.get(`/api/chat/conversations/${id}/messages/`);
      await isWhole();
      expect((await page()).status).toBe(200);
      await root.delete(`/api/admin/conversations/${id}/`);
      const started = performance.now();
      while ((await page()).status !== 404) await Bun.sleep(5);
      // Far less than the five seconds for which a node caches a membership.
      expect(performance.now() - started).toBeLessThan(2_000);
    });

    test("a removal whose event got lost is found when the node looks for what it has missed", async () => {
      const { id } = await ann.conversation([bob, eve], "Doomed");
      const [chat, hub] = [await bob.chat(id), await eve.hub()];
      const doomed = await spawnServer({ ...NO_LIMITS, ...place().environment });
      // Until its beats have been heard.
      await Bun.sleep(2_500);
      const { default: postgres } = await import("postgres");
      const sql = postgres(place().environment["DATABASE_URL"] ?? "", { max: 1 });
      await sql`DELETE FROM conversations WHERE id = ${id}`;
      await sql.end();
      doomed.kill("SIGKILL");
      expect((await chat.closed).code).toBe(4403);
      await hub.next("unsubscribed", (frame) => frame.conversation_id === id && frame.code === "removed");
      await doomed.exited;
      hub.close();
    });
  });
