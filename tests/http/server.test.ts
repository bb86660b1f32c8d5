import { afterEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { tintStyle } from "../../src/web/colour.ts";
import type { Answer, Client } from "../support/client.ts";
import { PASSWORD } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { dataOf, expectError, expectFaults, UNKNOWN_ID } from "./expectations.ts";

const servers: TestServer[] = [];
async function start(...args: Parameters<typeof startTestServer>) {
  const server = await startTestServer(...args);
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

let people = 0;
const account = () => ({
  email: `first${++people}@example.com`,
  first_name: "Fay",
  last_name: "First",
  password: PASSWORD,
  password_confirm: PASSWORD,
});
const register = (server: TestServer, more: object, headers = {}) =>
  server.visitor().post("/api/users/register/", { ...account(), ...more }, headers);
/** From elsewhere, unless told otherwise. */
const infoOf = async (server: TestServer, headers: Record<string, string> = { Host: "chat.example.com" }) =>
  dataOf(await server.visitor().get("/api/server/", headers));
const isSuperuser = async (server: TestServer, { body }: Answer) =>
  (await server.visitor().logIn(body.data.email)).get("/api/users/profile/").then(({ body }) => body.data.is_superuser);

/** As this server's own page in a browser on the same machine sends it. */
const here = (server: TestServer) => {
  const host = `localhost:${new URL(server.url).port}`;
  return { Host: host, Origin: `http://${host}`, "Sec-Fetch-Site": "same-origin" };
};

inEachMode("the first superuser", (mode) => {
  test("the printed code makes one account a superuser, however it is typed, and no second one", async () => {
    const server = await start(mode);
    const code = (await server.running.setUpCode()) ?? "";
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
    expect((await infoOf(server)).first_user).toBe("code");
    for (const wrong of ["", "00000-00000", code.slice(1), `${code}0`, "é".repeat(10)])
      expectFaults(await register(server, { setup_code: wrong }), "setup_code");
    for (const odd of [null, 1, {}, "0".repeat(41)])
      expectFaults(await register(server, { setup_code: odd }), "setup_code");
    const member = await register(server, {});
    expect(dataOf(member, 201)).not.toHaveProperty("is_superuser");
    const typed = code.toLowerCase().replace("-", " ").replaceAll("0", "o").replaceAll("1", "l");
    const first = await register(server, { setup_code: typed });
    expect(dataOf(first, 201).is_superuser).toBe(true);
    expect(await isSuperuser(server, first)).toBe(true);
    expect(await isSuperuser(server, member)).toBeUndefined();
    expect((await infoOf(server)).first_user).toBe("none");
    expect(await server.running.setUpCode()).toBeUndefined();
    expectFaults(await register(server, { setup_code: code }), "setup_code");
    expect(server.securityLog.join()).toContain("first_superuser");
    const root = await server.visitor().logIn(dataOf(first, 201).email);
    const [entry] = dataOf(await root.get("/api/admin/audit/?action=superuser_created"));
    expect(entry).toMatchObject({ actor: { email: root.user?.email }, details: { way: "code" } });
  });

  test("our own page on the server's machine needs no code, for the very first account only", async () => {
    const server = await start(mode);
    expect((await infoOf(server, here(server))).first_user).toBe("here");
    const [first, second] = [
      await register(server, { first: true }, here(server)),
      await register(server, { first: true }, here(server)),
    ];
    expect(dataOf(first, 201).is_superuser).toBe(true);
    expect(await isSuperuser(server, first)).toBe(true);
    expectFaults(second, "first");
    expect((await infoOf(server, here(server))).first_user).toBe("none");
  });

  test("fifty people who claim it at once make one superuser", async () => {
    const server = await start(mode);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => register(server, { first: true }, here(server))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectFaults(answer, "first");
  });

  test("with users but no superuser, as after an upgrade, the code works and the own page does not", async () => {
    const server = await start(mode);
    await server.person();
    expect((await infoOf(server, here(server))).first_user).toBe("code");
    expectFaults(await register(server, { first: true }, here(server)), "first");
    const setup_code = await server.running.setUpCode();
    expect(dataOf(await register(server, { setup_code }), 201).is_superuser).toBe(true);
  });

  test("the code lets the first superuser in where nobody else may register", async () => {
    const server = await start(mode, { REGISTRATION: "closed" });
    expectError(await register(server, {}), 403, { code: "registration_closed" });
    const setup_code = await server.running.setUpCode();
    expect(dataOf(await register(server, { setup_code }), 201).is_superuser).toBe(true);
  });
});

test("FIRST_USER=member offers neither way", async () => {
  const server = await start("embedded", { FIRST_USER: "member" });
  expect(await server.running.setUpCode()).toBeUndefined();
  expect((await infoOf(server, here(server))).first_user).toBe("none");
  expectFaults(await register(server, { first: true }, here(server)), "first");
  expectFaults(await register(server, { setup_code: "00000-00000" }), "setup_code");
});

/** Why a request is not the own page's on this machine. */
const DOUBTS: [string, Record<string, string>][] = [
  ...[
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "CF-Connecting-IP",
    "True-Client-IP",
  ].map((name): [string, Record<string, string>] => [name, { [name]: "192.0.2.1" }]),
  ["a connection that is not kept, as nginx makes it", { Connection: "close" }],
  ["a public Host", { Host: "chat.example.com", Origin: "http://chat.example.com" }],
  ["a Host that looks local", { Host: "localhost.example.com", Origin: "http://localhost.example.com" }],
];
const PAGES: [string, Record<string, string>][] = [
  ["no browser", { Origin: "", "Sec-Fetch-Site": "" }],
  ["another site's page", { "Sec-Fetch-Site": "cross-site" }],
  ["a page of another port", { Origin: "http://localhost:3000", "Sec-Fetch-Site": "same-site" }],
];

test("a doubtful request does not count as the page on this machine", async () => {
  const server = await start("embedded");
  const without = (headers: Record<string, string>) => Object.entries(headers).filter(([, value]) => value !== "");
  for (const [why, more] of [...DOUBTS, ...PAGES]) {
    const headers = Object.fromEntries(without({ ...here(server), ...more }));
    const answer = await register(server, { first: true }, headers);
    expect([why, [400, 403].includes(answer.status)]).toEqual([why, true]);
    if (answer.status === 400) expectFaults(answer, "first");
  }
  for (const [why, more] of DOUBTS)
    expect([why, (await infoOf(server, { ...here(server), ...more })).first_user]).toEqual([why, "code"]);
  expect((await infoOf(server, here(server))).first_user).toBe("here");
});

test.each([{ PUBLIC_URL: "http://localhost" }, { TRUSTED_PROXIES: "1" }, { TRUSTED_PROXIES: "127.0.0.1" }])(
  "with %o nobody is taken for being on this machine",
  async (settings) => {
    const server = await start("embedded", settings);
    expect((await infoOf(server, here(server))).first_user).toBe("code");
    expectFaults(await register(server, { first: true }, here(server)), "first");
  },
);

const hidesItself =
  process.getuid?.() === 0 && Bun.which("socat") && Bun.which("setpriv") && existsSync("/proc/net/tcp");
if (!hidesItself) process.stderr.write("SKIPPED: a proxy that adds no header, which needs root, socat and Linux\n");
else
  test("a stranger behind a proxy on this machine that runs as another user and adds no header gains nothing", async () => {
    const server = await start("embedded");
    const port = await freePort();
    const to = `TCP:127.0.0.1:${new URL(server.url).port}`;
    const drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const proxy = Bun.spawn([...drop, "socat", `TCP-LISTEN:${port},bind=127.0.0.1,fork`, to], { stderr: "ignore" });
    try {
      const stranger = server.visitor();
      stranger.url = `http://127.0.0.1:${port}`;
      const until = performance.now() + 20_000;
      while (!(await stranger.get("/api/chat/health/").catch(() => undefined)) && performance.now() < until)
        await Bun.sleep(20);
      expect(dataOf(await stranger.get("/api/server/", here(server))).first_user).toBe("code");
      expectFaults(await stranger.post("/api/users/register/", { ...account(), first: true }, here(server)), "first");
      // The same without the proxy.
      expect((await infoOf(server, here(server))).first_user).toBe("here");
    } finally {
      proxy.kill();
      await proxy.exited;
    }
  });

test("admins alone see that a proxy's headers come while no proxy is trusted", async () => {
  const path = "/api/admin/settings/";
  const forwarded = { "X-Forwarded-For": "203.0.113.7" };
  const [unset, set] = [await start("embedded"), await start("embedded", { TRUSTED_PROXIES: "1" })];
  for (const server of [unset, set]) {
    const root = await superuser(server, "Root");
    expect(dataOf(await root.get(path)).proxy_headers_seen).toBe(false);
    await server.visitor().get("/api/server/", forwarded);
    expect(dataOf(await root.get(path)).proxy_headers_seen).toBe(server === unset);
  }
});

inEachMode("the server's settings", (mode) => {
  const settings = "/api/admin/settings/";

  test("are the defaults at first, and counted by no limit", async () => {
    const server = await start(mode, { RATE_LIMIT_ANON: "2/minute", NAMES: "any", DIRECTORY: "shared" });
    for (let i = 0; i < 4; i++)
      expect(await infoOf(server)).toEqual({
        name: null,
        color: null,
        registration: "open",
        names: "any",
        directory: "shared",
        first_user: "code",
        max_file: 100_000_000,
      });
  });

  test("hold at once, are in the page, and are in the audit log", async () => {
    const server = await start(mode);
    const root = await superuser(server, "Root");
    expect(dataOf(await root.get(settings))).toEqual({
      name: null,
      color: null,
      color_fixed: false,
      registration: "open",
      registration_fixed: false,
      default_conversation_id: null,
      proxy_headers_seen: false,
    });
    const name = `Ann's "$&" <b>Team</b>`;
    const changed = await root.patch(settings, { name, registration: "invite" });
    expect(dataOf(changed, 200, "Settings changed")).toMatchObject({ name, registration: "invite" });
    expectError(await register(server, {}), 403, { code: "registration_by_invite" });
    expect(await infoOf(server)).toMatchObject({ name, registration: "invite" });
    const page = (await server.visitor().get("/")).text;
    expect(page).toContain('<meta name="confab-name" content="Ann\'s &#34;$&#38;&#34; &#60;b&#62;Team&#60;/b&#62;">');
    expect(page).toContain('<meta name="confab-registration" content="invite">');
    dataOf(await root.patch(settings, { registration: "closed" }));
    expectError(await register(server, {}), 403, { code: "registration_closed" });
    const limits: { setting: string; value: string }[] = dataOf(await root.get("/api/admin/limits/"));
    expect(limits.find(({ setting }) => setting === "REGISTRATION")?.value).toBe("closed");
    dataOf(await root.patch(settings, { name: "", registration: "open" }));
    dataOf(await root.patch(settings, { name: null }));
    expect(await infoOf(server)).toMatchObject({ name: null, registration: "open" });
    dataOf(await register(server, {}), 201);
    const entries: { details: object }[] = dataOf(await root.get("/api/admin/audit/?action=settings_changed"));
    expect(entries.map(({ details }) => details)).toEqual([
      { name: null, name_before: name, registration: "open", registration_before: "closed" },
      { registration: "closed", registration_before: "invite" },
      { name, name_before: null, registration: "invite", registration_before: "open" },
    ]);
  });

  test("say what is wrong, and change nothing then", async () => {
    const server = await start(mode);
    const root = await superuser(server, "Root");
    const ann = await server.person("Ann");
    const direct = (await ann.conversation([root])).id;
    for (const [field, value] of [
      ["name", "x".repeat(101)],
      ["name", "a\nb"],
      ["name", 1],
      ["registration", "maybe"],
      ["registration", null],
      ...["teal", "#0f7", "#0f766", "0f766e", "#0f766g", "#0f766e;}", 1].map((color) => ["color", color] as const),
      ["default_conversation_id", "x"],
      ["default_conversation_id", UNKNOWN_ID],
      ["default_conversation_id", direct],
    ] as const)
      expectFaults(await root.patch(settings, { name: "Team", [field]: value }), field);
    expect((await infoOf(server)).name).toBeNull();
    expectError(await ann.patch(settings, { name: "Mine" }), 404, { code: "not_found" });
  });

  test("have a colour, which the page shows before it paints, and which an empty one takes away again", async () => {
    const server = await start(mode);
    const root = await superuser(server, "Root");
    for (const [given, color] of [
      ["#BE185D", "#be185d"],
      ["", null],
      ["#0000ff", "#0000ff"],
      [null, null],
    ] as const) {
      expect(dataOf(await root.patch(settings, { color: given }))).toMatchObject({ color, color_fixed: false });
      expect((await infoOf(server)).color).toBe(color);
      const { text, headers } = await server.visitor().get("/");
      const style = /<style>(.*)<\/style>/.exec(text)?.[1];
      expect(style).toBe(color === null ? undefined : tintStyle(color));
      // It stands in the head, and the policy allows it and no other.
      expect(text.indexOf("<style>")).toBeLessThan(text.indexOf("</head>"));
      const allowed = style && `style-src 'self' 'sha256-${createHash("sha256").update(style).digest("base64")}';`;
      expect(headers.get("content-security-policy")).toContain(allowed ?? "style-src 'self';");
    }
    const entries: { details: object }[] = dataOf(await root.get("/api/admin/audit/?action=settings_changed"));
    expect(entries.map(({ details }) => details).at(-1)).toEqual({ color: "#be185d", color_before: null });
  });

  test("the environment's COLOR wins", async () => {
    const server = await start(mode, { COLOR: "#BE185D" });
    const root = await superuser(server, "Root");
    expect(dataOf(await root.get(settings))).toMatchObject({ color: "#be185d", color_fixed: true });
    expectFaults(await root.patch(settings, { color: "#0000ff" }), "color");
    dataOf(await root.patch(settings, { color: "#be185d", name: "Team" }));
    expect(await infoOf(server)).toMatchObject({ color: "#be185d", name: "Team" });
  });

  test("the environment's REGISTRATION wins", async () => {
    const server = await start(mode, { REGISTRATION: "closed" });
    const setup_code = await server.running.setUpCode();
    const root = await server.visitor().logIn(dataOf(await register(server, { setup_code }), 201).email);
    expect(dataOf(await root.get(settings))).toMatchObject({ registration: "closed", registration_fixed: true });
    expectFaults(await root.patch(settings, { registration: "open" }), "registration");
    expectError(await register(server, {}), 403, { code: "registration_closed" });
  });

  test("new accounts join the group for everybody, and one whose joining was cut off joins at the first login", async () => {
    const server = await start(mode, { MAX_PARTICIPANTS: "5" });
    const root = await superuser(server, "Root");
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const group = await ann.conversation([bob, root], "All");
    await ann.send(group.id, "welcome");
    // Registered before there was a group to join: the same as a node that ended in between.
    const late = dataOf(await register(server, {}), 201);
    dataOf(await root.patch(settings, { default_conversation_id: group.id }));
    const listOf = async (person: Client) => dataOf(await person.get("/api/chat/conversations/"));
    const watching = await ann.chat(group.id);
    const eve = await server.person("Eve");
    expect(await listOf(eve)).toMatchObject([{ id: group.id, unread_count: 0, last_message: { content: "welcome" } }]);
    expect((await watching.next("participants")).added).toMatchObject([{ id: eve.id }]);
    watching.close();
    const joined = await server.visitor().logIn(late.email);
    expect(await listOf(joined)).toMatchObject([{ id: group.id }]);
    // Not again: those who have left stay out.
    dataOf(await joined.delete(`/api/chat/conversations/${group.id}/participants/${joined.id}/`));
    expect(await listOf(await server.visitor().logIn(late.email))).toEqual([]);
    const dan = await server.person("Dan");
    expect(await listOf(dan)).toHaveLength(1);
    // It is full; the account is made all the same.
    expect(await listOf(await server.person("Fay"))).toEqual([]);
    dataOf(await root.delete(`/api/admin/conversations/${group.id}/`));
    expect(await listOf(await server.person("Gus"))).toEqual([]);
    const skipped = server.log.filter((line) => line.includes("could not join the group for everybody"));
    expect(skipped.length).toBeGreaterThanOrEqual(2);
  });
});

test("the page says whether its request is signed in, and is cached apart", async () => {
  const server = await start("embedded");
  const [visitor, ann] = [server.visitor(), await server.person("Ann")];
  const [out, signedIn] = [await visitor.get("/"), await ann.get("/")];
  expect(out.text).toContain('<meta name="confab-signed-in" content="false">');
  expect(signedIn.text).toContain('<meta name="confab-signed-in" content="true">');
  expect(signedIn.headers.get("vary")).toContain("Cookie");
  const etag = signedIn.headers.get("etag") ?? "";
  expect(out.headers.get("etag")).not.toBe(etag);
  expect((await ann.get("/c/some", { "If-None-Match": etag })).status).toBe(304);
  expect((await visitor.get("/", { "If-None-Match": etag })).status).toBe(200);
  for (const cookie of ["x", "a.b", `${"x".repeat(43)}.${"y".repeat(22)}`]) {
    visitor.cookie = cookie;
    expect((await visitor.get("/")).text).toContain('<meta name="confab-signed-in" content="false">');
  }
  expect(out.text).toContain('<meta name="confab-first-user" content="code">');
  expect((await server.visitor().get("/", here(server))).text).not.toContain('content="here"');
  for (const path of ["/password", "/invite/abc"]) expect((await visitor.get(path)).text).toBe(out.text);
});

test("unknown addresses are a page to a browser and JSON to programs, and /admin is no different", async () => {
  const server = await start("embedded");
  const ann = await server.person("Ann");
  const html = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
  const unknown = await server.visitor().get("/no-such-page", html);
  expect(unknown.status).toBe(404);
  expect(unknown.headers.get("content-type")).toStartWith("text/html");
  expect(unknown.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(unknown.text).toContain('<a href="/">Open the chat</a>');
  for (const who of [server.visitor(), ann])
    for (const path of ["/admin", "/admin/users/1", "/admin/settings"]) {
      const answer = await who.get(path, html);
      expect([answer.status, answer.text]).toEqual([404, unknown.text]);
      expect([...answer.headers.keys()]).toEqual([...unknown.headers.keys()]);
    }
  for (const [path, headers] of [
    ["/no-such-page", {}],
    ["/admin", { Accept: "*/*" }],
  ] as const)
    expectError(await server.visitor().get(path, headers), 404, { code: "not_found" });
});
