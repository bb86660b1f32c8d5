import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";

/** How long connections are cut while people chat. */
const CUT_FOR_MS = Number(process.env["CONFAB_LATE_ERRORS_MS"] ?? 5_000);

const WAYS = ["PostgreSQL", "Redis", "its clients"];

const isOneOf = (chance: number) => Math.random() < chance;

/** Chats by HTTP and by sockets until `isOver`, and ignores all failures. */
async function chat(people: Client[], id: string, to: string, isOver: () => boolean) {
  const through = people.map((person) => person.at(to));
  const talk = async (person: Client) => {
    while (!isOver()) {
      const socket = await (isOneOf(0.5) ? person.chat(id) : person.hub()).catch(() => undefined);
      const since = performance.now();
      let isClosed = false;
      void socket?.closed.then(() => {
        isClosed = true;
      });
      while (socket && !isClosed && performance.now() - since < 500) {
        if (isOneOf(0.3)) socket.send({ type: "subscribe", conversation_id: id, after_version: 0 });
        socket.send({ type: "message", conversation_id: id, content: "x".repeat(isOneOf(0.1) ? 5_000 : 10), ref: "r" });
        socket.send({ type: "typing", conversation_id: id, is_typing: isOneOf(0.5) });
        socket.send({ type: "read", conversation_id: id });
        await Bun.sleep(isOneOf(0.5) ? 0 : 5);
      }
      socket?.close();
      await Bun.sleep(10);
    }
  };
  const ask = async (person: Client) => {
    while (!isOver()) {
      const path = `/api/chat/conversations/${id}/`;
      const asked = [
        person.get(`${path}messages/?limit=100`),
        person.post(`${path}messages/`, { content: "by HTTP" }),
        person.call("PATCH", path, { name: `Name ${Math.floor(Math.random() * 1_000)}` }),
        person.get("/api/users/list/"),
      ];
      await Promise.allSettled(asked);
      await Bun.sleep(5);
    }
  };
  await Promise.all([...through.map(talk), ...people.map(ask)]);
}

if (modes.includes("redis"))
  describe("connections that are cut at random under load", () => {
    let place: Place;
    let server: ServerProcess;
    let toPostgres: TcpProxy;
    let toRedis: TcpProxy;
    let toNode: TcpProxy;
    let people: Client[];
    let id: string;

    beforeAll(async () => {
      place = await makePlace("redis");
      const { DATABASE_URL = "", REDIS_URL = "" } = place.environment;
      toPostgres = await startProxy(Number(new URL(DATABASE_URL).port));
      toRedis = await startProxy(Number(new URL(REDIS_URL).port));
      server = await spawnServer(
        {
          ...place.environment,
          DATABASE_URL: Object.assign(new URL(DATABASE_URL), { port: toPostgres.port }).href,
          REDIS_URL: Object.assign(new URL(REDIS_URL), { port: toRedis.port }).href,
          DATABASE_POOL_SIZE: "4",
        },
        { stderr: "pipe" },
      );
      toNode = await startProxy(Number(new URL(server.url).port));
      people = await Promise.all(["Ann", "Bob", "Eve", "Kim"].map((name) => server.visitor().signUp(name)));
      id = (await people[0]?.conversation(people.slice(1)))?.id ?? "";
    });
    afterAll(() => place.remove());

    test.each([...WAYS, "everybody"])("to %s do not end the node", async (to) => {
      const proxies = [toPostgres, toRedis, toNode].filter((_, i) => to === "everybody" || WAYS[i] === to);
      const since = performance.now();
      let cuts = 0;
      // A client that waits before it reconnects leaves little to cut, so a run may need more time.
      const isOver = () => performance.now() > since + (cuts > 2 ? CUT_FOR_MS : 6 * CUT_FOR_MS);
      const chatting = chat(people, id, `http://127.0.0.1:${toNode.port}`, isOver);
      while (!isOver()) {
        for (const proxy of proxies) {
          proxy.state = isOneOf(0.8) ? "pass" : isOneOf(0.5) ? "refuse" : "freeze";
          if (isOneOf(0.3)) proxy.loseAnswers = { left: 3 };
          cuts += proxy.cut(() => isOneOf(0.5));
        }
        await Bun.sleep(Math.random() * 120);
      }
      for (const proxy of proxies) Object.assign(proxy, { state: "pass", loseAnswers: undefined });
      await chatting;
      expect(cuts).toBeGreaterThan(2);
      const isBack = async () => (await fetch(`${server.url}/api/chat/health/ready/`)).ok;
      const backUntil = performance.now() + 15_000;
      while (!(await isBack()) && performance.now() < backUntil) await Bun.sleep(100);
      expect(await isBack()).toBe(true);
    });

    test("the log has no uncaught error", async () => {
      server.kill("SIGTERM");
      expect(await server.exited).toBe(0);
      expect(await server.stderr).not.toContain("Fatal");
    });
  });
