import { describe, expect, test } from "bun:test";
import { type Client, PASSWORD } from "../support/client.ts";
import { makePlace, modes } from "../support/modes.ts";
import { CONFAB } from "../support/process.ts";
import { startTestServer, type TestServer, withTwoNodes } from "../support/server.ts";

/** A node sees what a command did on its database within two seconds; three-fold slack. */
const SEEN_MS = 6_000;

if (modes.includes("redis"))
  describe("two nodes share the server's settings and its first superuser", () => {
    const { one, two } = withTwoNodes();
    let root: Client;

    const register = (node: TestServer, n: number, more = {}, headers = {}) => {
      const names = { first_name: "Fay", last_name: "First", password: PASSWORD, password_confirm: PASSWORD };
      const body = { email: `racer${n}@example.com`, ...names, ...more };
      return node.visitor().post("/api/users/register/", body, headers);
    };

    test("fifty people who claim the server at once on both nodes, by either way, make one superuser", async () => {
      const code = (await one.running.setUpCode()) ?? "";
      expect(await two.running.setUpCode()).toBe(code);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => {
          const node = n % 2 === 0 ? one : two;
          const host = `localhost:${new URL(node.url).port}`;
          const page = { Host: host, Origin: `http://${host}`, "Sec-Fetch-Site": "same-origin" };
          return register(node, n, n % 4 < 2 ? { first: true } : { setup_code: code }, page);
        }),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 400)).toHaveLength(49);
      const [first] = answers.filter(({ status }) => status === 201);
      expect(first?.body.data.is_superuser).toBe(true);
      root = await one.visitor().logIn(first?.body.data.email);
      const { body } = await root.get("/api/admin/users/?superuser=true");
      expect(body.meta.total).toBe(1);
      for (const node of [one, two]) expect(await node.running.setUpCode()).toBeUndefined();
    });

    test("a change at one node holds at the other at once", async () => {
      const infoOf = async (node: TestServer) => (await node.visitor().get("/api/server/")).body.data;
      for (const registration of ["closed", "open", "invite", "open"]) {
        await root.patch("/api/admin/settings/", { name: `Now ${registration}`, registration });
        const until = performance.now() + SEEN_MS;
        while ((await infoOf(two)).registration !== registration && performance.now() < until) await Bun.sleep(5);
        expect(await infoOf(two)).toMatchObject({ name: `Now ${registration}`, registration, first_user: "none" });
        const status = registration === "open" ? 201 : 403;
        expect((await register(two, 100 + Math.floor(performance.now()))).status).toBe(status);
      }
    });
  });

if (modes.includes("postgres"))
  describe.each(modes.filter((mode) => mode !== "embedded"))("a command beside nodes (%s)", (mode) => {
    test("on their database: sockets of sessions that it ended close on each node", async () => {
      const place = await makePlace(mode);
      const nodes = [await startTestServer(mode, place.environment)];
      if (mode === "redis") nodes.push(await startTestServer(mode, place.environment));
      try {
        const [first] = nodes;
        const ann = await first?.person("Ann");
        if (!first || !ann) throw new Error("no node");
        const email = ann.user?.email ?? "";
        const sockets = await Promise.all(nodes.map((node) => ann.at(node.url).hub()));
        const child = Bun.spawn([...CONFAB, "setpassword", email, "--password-stdin"], {
          env: { PATH: process.env["PATH"], ...place.environment },
          stdin: Buffer.from("A new password 7\n"),
          stdout: "ignore",
        });
        expect(await child.exited).toBe(0);
        const started = performance.now();
        for (const socket of sockets) expect((await socket.closed).code).toBe(4401);
        expect(performance.now() - started).toBeLessThan(SEEN_MS);
        for (const node of nodes) expect((await ann.at(node.url).get("/api/users/profile/")).status).toBe(401);
        await ann.logIn(email, "A new password 7");
      } finally {
        for (const node of nodes) await node.stop();
        place.remove();
      }
    });
  });
