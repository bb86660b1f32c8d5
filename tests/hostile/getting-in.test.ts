import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachDatabase } from "../support/modes.ts";
import { startTestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { documentOf, hostileJson, hostileText, text } from "./values.ts";
import { expectErrorBody, PATIENCE_MS, startTarget, type Target, triesAMode } from "./wellbeing.ts";

/** Hosts and headers that a proxy, a tunnel or a liar may send in place of a browser on this machine. */
const HOSTS =
  "localhost localhost:1 LOCALHOST 127.0.0.1 127.1 127.0.0.1.evil.example 0x7f000001 2130706433 [::1] [::ffff:127.0.0.1] [::] 0.0.0.0 a.localhost localhost. localhost@evil.example evil.example".split(
    " ",
  );
const ORIGINS = [...HOSTS.map((host) => `http://${host}`), "null", "https://evil.example", "http://", ""];
const SITES = ["same-origin", "same-site", "cross-site", "none", "", "SAME-ORIGIN"];

inEachDatabase("hostile ways into a fresh server", (mode) => {
  test("no hostile text is taken for the set-up code, and no foreign page for the server's own", async () => {
    const server = await startTestServer(mode);
    try {
      const { host } = new URL(server.url);
      const headersOf = fc
        .tuple(fc.constantFrom(...HOSTS, host), fc.constantFrom(...ORIGINS), fc.constantFrom(...SITES))
        .filter(([to, from, site]) => from !== `http://${to}` && !(from === "" && site === "same-origin"))
        .map(
          ([Host, Origin, site]): Record<string, string> => ({
            Host,
            ...(Origin === "" ? {} : { Origin }),
            ...(site === "" ? {} : { "Sec-Fetch-Site": site }),
          }),
        );
      const proof = fc.oneof(
        fc.oneof(text(hostileText), hostileJson).map((code) => `"setup_code":${code}`),
        fc.constantFrom('"first":true', '"first":true,"first":true', '"first":1', '"first":"true"'),
      );
      let n = 0;
      const shoot = async (headers: Record<string, string>, proof: string) => {
        const fields = `"email":"h${++n}@example.com","first_name":"Hos","last_name":"Tile"`;
        const body = `{${fields},"password":"${PASSWORD}","password_confirm":"${PASSWORD}",${proof}}`;
        const response = await fetch(`${server.url}/api/users/register/`, {
          method: "POST",
          signal: AbortSignal.timeout(PATIENCE_MS),
          headers: { "Content-Type": "application/json", ...headers },
          body,
        });
        const answer = await response.text();
        expect(response.status, answer).toBeGreaterThanOrEqual(400);
        expect(response.status, answer).toBeLessThan(500);
        expectErrorBody(JSON.parse(answer), answer);
      };
      await fc.assert(
        fc.asyncProperty(headersOf, proof, (headers, proof) => shoot(headers, proof)),
        { numRuns: triesAMode(300) },
      );
      expect(await server.running.setUpCode()).toBeString();
    } finally {
      await server.stop();
    }
  });
});

inEachDatabase("hostile settings", (mode) => {
  let target: Target;
  let root: Client;
  let group: string;
  beforeAll(async () => {
    target = await startTarget(mode);
    root = await superuser(target.server, "Root");
    group = (await root.conversation([await target.server.person(), await target.server.person()])).id;
  });
  afterAll(() => target.server.stop());

  test("are refused or shown unchanged, and never break the page", async () => {
    const scripts = (await target.server.visitor().get("/")).text.match(/<script/g)?.length ?? 0;
    expect(scripts).toBeGreaterThan(0);
    const fields = {
      name: text(hostileText),
      registration: text(fc.constantFrom("open", "invite", "closed")),
      default_conversation_id: fc.constant(null).map(() => JSON.stringify(group)),
    };
    const shoot = async (body: string) => {
      const response = await fetch(`${target.server.url}/api/admin/settings/`, {
        method: "PATCH",
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: { Cookie: `sessionid=${root.cookie}`, "Content-Type": "application/json" },
        body,
      });
      const answer = await response.text();
      expect(response.status, answer).toBeLessThan(500);
      if (response.status >= 400) expectErrorBody(JSON.parse(answer), answer);
      const info = (await target.server.visitor().get("/api/server/")).body.data;
      expect(["open", "invite", "closed"]).toContain(info.registration);
      const page = (await target.server.visitor().get("/")).text;
      expect(page.match(/<script/g)).toHaveLength(scripts);
      expect(page.match(/<meta name="confab-/g)).toHaveLength(7);
    };
    await fc.assert(fc.asyncProperty(documentOf(fields), shoot), { numRuns: triesAMode(200) });
    await root.patch("/api/admin/settings/", { registration: "open", default_conversation_id: null });
    await target.expectWell();
  });
});
