import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { parseRedisUrl } from "../../src/server/redis/client.ts";
import { makePlace, modes } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { startTestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { on } from "./two-nodes.ts";

test("a Redis URL says where Redis is", () => {
  expect(parseRedisUrl("redis://cache.example")).toMatchObject({ host: "cache.example", port: 6379, db: 0 });
  expect(parseRedisUrl("rediss://u:p%40ss@[::1]:7000/3")).toEqual({
    host: "::1",
    port: 7000,
    db: 3,
    username: "u",
    password: "p@ss",
    tls: { rejectUnauthorized: true },
  });
  expect(parseRedisUrl("redis+sentinel://u:p@one:26380,two/chat/2")).toEqual({
    sentinels: [
      { host: "one", port: 26380 },
      { host: "two", port: 26379 },
    ],
    name: "chat",
    db: 2,
    username: "u",
    password: "p",
  });
});

if (modes.includes("redis"))
  describe("Redis with Sentinel", () => {
    test("a master that dies is replaced, and the nodes find the new one by themselves", async () => {
      const folder = mkdtempSync(join(tmpdir(), "confab-sentinel-"));
      const [master, replica, sentinel] = [await freePort(), await freePort(), await freePort()];
      const config = (name: string, lines: string[]) => {
        const file = join(folder, name);
        writeFileSync(file, [`dir ${folder}`, "bind 127.0.0.1", ...lines, ""].join("\n"));
        return file;
      };
      const start = (file: string, ...more: string[]) =>
        Bun.spawn(["redis-server", file, ...more], { stdout: "ignore", stderr: "ignore" });
      const servers = [
        start(config("master.conf", [`port ${master}`, 'save ""'])),
        start(config("replica.conf", [`port ${replica}`, 'save ""', `replicaof 127.0.0.1 ${master}`])),
      ];
      const watch = new Redis({ host: "127.0.0.1", port: replica, maxRetriesPerRequest: null });
      watch.on("error", () => {});
      const place = await makePlace("redis");
      const nodes: Awaited<ReturnType<typeof startTestServer>>[] = [];
      try {
        await until(async () => (await watch.info("replication")).includes("master_link_status:up"), {
          withinMs: 30_000,
        });
        servers.push(
          start(
            config("sentinel.conf", [
              `port ${sentinel}`,
              `sentinel monitor chat 127.0.0.1 ${master} 1`,
              "sentinel down-after-milliseconds chat 500",
              "sentinel failover-timeout chat 3000",
            ]),
            "--sentinel",
          ),
        );
        const REDIS_URL = `redis+sentinel://127.0.0.1:${sentinel}/chat`;
        for (let i = 0; i < 2; i++) nodes.push(await startTestServer("redis", { ...place.environment, REDIS_URL }));
        const [one, two] = nodes;
        if (!one || !two) throw new Error("two nodes were started");
        const [ann, bob] = [await one.person("Ann"), on(two, await one.person("Bob"))];
        const { id } = await ann.conversation([bob]);
        const [a, b] = [await ann.chat(id), await bob.chat(id)];
        a.send({ content: "before" });
        await b.next("message");
        // The sentinel must have seen the replica, or it has nobody to promote.
        const asked = new Redis({ host: "127.0.0.1", port: sentinel });
        await until(async () => ((await asked.call("SENTINEL", "REPLICAS", "chat")) as unknown[]).length === 1, {
          withinMs: 30_000,
        });
        asked.disconnect();
        servers[0]?.kill("SIGKILL");
        a.send({ content: "while nobody is the master", ref: "1" });
        await a.next("ack");
        await b.next("message", (frame) => frame.message.content.startsWith("while"));
        await until(async () => (await watch.info("replication")).includes("role:master"), { withinMs: 30_000 });
        await until(async () => !(await one.visitor().get("/api/chat/health/ready/")).body.degraded, {
          withinMs: 30_000,
        });
        a.send({ content: "after" });
        await b.next("message", (frame) => frame.message.content === "after");
      } finally {
        for (const node of nodes) await node.stop();
        watch.disconnect();
        for (const server of servers) server.kill("SIGKILL");
        await Promise.all(servers.map((server) => server.exited));
        rmSync(folder, { recursive: true, force: true });
        place.remove();
      }
    });
  });
