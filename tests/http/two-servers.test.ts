import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, PASSWORD } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { handshake } from "../support/wire.ts";

/** The cookies of a browser: one jar for all ports of a host. */
class Jar {
  readonly cookies = new Map<string, string>();

  get header() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  async call(method: string, url: string, body?: object): Promise<Response> {
    const headers = { Cookie: this.header, "Content-Type": "application/json" };
    const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/Max-Age=0/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}

inEachMode("two servers at two ports of one host, in one browser", (mode) => {
  let one: TestServer;
  let two: TestServer;
  let emails: string[];
  let folder: string;
  beforeAll(async () => {
    // The folders that tests start from are copies of one database: this one makes its own.
    folder = mkdtempSync(join(tmpdir(), "confab-other-"));
    const own = mode === "embedded" ? { DATA_DIR: folder } : {};
    [one, two] = [await startTestServer(mode), await startTestServer(mode, own)];
    emails = await Promise.all([one, two].map(async (server) => (await server.person()).user?.email ?? ""));
  });
  afterAll(async () => {
    await Promise.all([one.stop(), two.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const logIn = (jar: Jar, server: TestServer) =>
    jar.call("POST", `${server.url}/api/users/login/`, {
      email: emails[server === one ? 0 : 1],
      password: PASSWORD,
    });
  const whoAmI = async (jar: Jar, server: TestServer) => {
    const response = await jar.call("GET", `${server.url}/api/users/profile/`);
    return response.ok ? ((await response.json()) as { data: { email: string } }).data.email : response.status;
  };

  test("a login at one leaves the login at the other, also for sockets", async () => {
    const jar = new Jar();
    for (const server of [one, two]) expect((await logIn(jar, server)).status).toBe(200);
    expect([await whoAmI(jar, one), await whoAmI(jar, two)]).toEqual(emails);
    for (const server of [one, two])
      expect((await handshake(server.url, "/ws/", { Cookie: jar.header })).status).toBe(101);
  });

  test("a logout at one leaves the login at the other, in either order of the logins", async () => {
    for (const [first, second] of [
      [one, two],
      [two, one],
    ] as const) {
      const jar = new Jar();
      for (const server of [first, second]) await logIn(jar, server);
      expect((await jar.call("POST", `${first.url}/api/users/logout/`)).status).toBe(200);
      expect(await whoAmI(jar, first)).toBe(401);
      expect(await whoAmI(jar, second)).toBe(emails[second === one ? 0 : 1] ?? "");
    }
  });

  test("a client that knows `sessionid` alone works as before, and a login sets that cookie first", async () => {
    const response = await logIn(new Jar(), one);
    const [first = "", second = ""] = response.headers.getSetCookie();
    const [, token = ""] = /^sessionid=([^;]+); /.exec(first) ?? [];
    expect(second).toBe(first.replace(/^sessionid/, /^[^=]+/.exec(second)?.[0] ?? ""));
    const client = new Client(one.url);
    client.cookie = token;
    expect((await client.get("/api/users/profile/")).status).toBe(200);
  });

  test("a valid `sessionid` is found among up to four cookies of that name, in any order", async () => {
    const [, token = ""] =
      /sessionid=([^;]+)/.exec((await logIn(new Jar(), one)).headers.get("set-cookie") ?? "") ?? [];
    const [, other = ""] =
      /sessionid=([^;]+)/.exec((await logIn(new Jar(), two)).headers.get("set-cookie") ?? "") ?? [];
    const status = async (...values: string[]) => {
      const Cookie = values.map((value) => `sessionid=${value}`).join("; ");
      return (await fetch(`${one.url}/api/users/profile/`, { headers: { Cookie } })).status;
    };
    expect(await status("stale", token)).toBe(200);
    expect(await status(token, "stale")).toBe(200);
    expect(await status("stale", other, "", token)).toBe(200);
    expect(await status("stale", other, "", "stale", token)).toBe(401);
    expect(await status("stale", other)).toBe(401);
  });
});
