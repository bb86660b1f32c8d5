import { beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import type { Client } from "../support/client.ts";
import { makePlace } from "../support/modes.ts";
import { startProxy } from "../support/proxy.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { until } from "../support/until.ts";
import { UNKNOWN_ID } from "./expectations.ts";

/** The headers of browsers when a person opens an address; the second over HTTP, where they send no Sec-Fetch. */
const CHROMIUM = {
  Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Sec-Fetch-Dest": "document",
  "Sec-Fetch-Mode": "navigate",
};
const FIREFOX = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
const BROWSERS = [CHROMIUM, FIREFOX];

/** The headers of requests that no person opens an address with. */
const PROGRAMS: [string, Record<string, string>][] = [
  ["curl", { Accept: "*/*" }],
  ["no Accept", { Accept: "" }],
  ["JSON first", { Accept: "application/json, text/html;q=0.9" }],
  ["a script of a page", { Accept: "*/*", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors" }],
  ["a script that asks for HTML", { ...CHROMIUM, "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors" }],
  ["a picture", { ...CHROMIUM, "Sec-Fetch-Dest": "image" }],
];
/** Programs that name HTML first without asking for it. They get the envelope from the API. */
const API_PROGRAMS: [string, Record<string, string>][] = [
  ...PROGRAMS,
  ["Java's HttpURLConnection", { Accept: "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2" }],
  ["HTML alone", { Accept: "text/html" }],
];

interface Kind {
  path: string;
  status: number;
  title: string;
  code: string;
  /** The headers that make the failure. */
  headers?: Record<string, string>;
  who?: () => Client;
}

const server = withServer("embedded", { ALLOWED_HOSTS: "127.0.0.1, chat.example.com" });
let ann: Client;
let root: Client;
beforeAll(async () => {
  ann = await server.person("Ann");
  root = await superuser(server, "Rosa");
});

const NO_PAGE = "There is no page here";
const KINDS: Kind[] = [
  { path: "/no-such-page", status: 404, title: NO_PAGE, code: "not_found" },
  { path: "/admin", status: 404, title: NO_PAGE, code: "not_found" },
  { path: "/admin/users/1", status: 404, title: NO_PAGE, code: "not_found", who: () => ann },
  { path: "/assets/none.js", status: 404, title: NO_PAGE, code: "not_found" },
  { path: "/api/no-such-path", status: 404, title: NO_PAGE, code: "not_found" },
  { path: "/api/admin/users/", status: 404, title: NO_PAGE, code: "not_found", who: () => ann },
  { path: "/api/docs/nothing", status: 404, title: NO_PAGE, code: "not_found" },
  {
    path: `/api/chat/conversations/${UNKNOWN_ID}/`,
    status: 404,
    title: NO_PAGE,
    code: "not_found",
    who: () => ann,
  },
  { path: "/api/users/profile/", status: 401, title: "Sign in to open this", code: "authentication_required" },
  { path: "/api/users/login/", status: 405, title: "This address is for programs", code: "method_not_allowed" },
  { path: "/ws/", status: 426, title: "This address is for programs", code: "upgrade_required", who: () => ann },
  {
    path: "/api/chat/conversations/?limit=x",
    status: 400,
    title: "You can’t open this",
    code: "validation_failed",
    who: () => ann,
  },
  {
    path: "/",
    status: 400,
    title: "This address does not lead here",
    code: "bad_host",
    headers: { Host: "evil.example" },
  },
  { path: "/", status: 400, title: "This address does not lead here", code: "bad_host", headers: { Host: "a b" } },
];

/** Checks the parts that all pages about failures have. */
function expectPage({ headers, text }: { headers: Headers; text: string }, title: string) {
  expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(headers.get("content-language")).toBe("en");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-robots-tag")).toBe("noindex");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(text).toStartWith('<!doctype html>\n<html lang="en" dir="ltr">');
  expect(text).toContain(`<h1>${title}</h1>`);
  // No script, no other file, and no style but the one that the policy names.
  expect(text).not.toMatch(
    /<(script|img|iframe|base|form)|\b(on\w+|src|style)="|@import|url\(|https?:(?!\/\/www\.w3\.org)/,
  );
  const policy = headers.get("content-security-policy") ?? "";
  const [style = ""] = [...text.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, css]) => css);
  expect(policy).toContain(`style-src 'sha256-${createHash("sha256").update(style).digest("base64")}';`);
  expect(policy).toStartWith("default-src 'none'");
  expect(policy).not.toContain("unsafe");
}

for (const { path, status, title, code, headers = {}, who } of KINDS) {
  const visitor = () => who?.() ?? server.visitor();
  const name = `${path} ${JSON.stringify(headers)}`;

  test(`a browser gets a page for ${name}: ${status}`, async () => {
    for (const browser of BROWSERS) {
      const answer = await visitor().get(path, { ...browser, ...headers });
      expect(answer.status).toBe(status);
      expectPage(answer, title);
    }
  });

  test(`HEAD of ${name} has the page's headers and no body`, async () => {
    const [get, head] = [
      await visitor().get(path, { ...CHROMIUM, ...headers }),
      await visitor().call("HEAD", path, undefined, { ...CHROMIUM, ...headers }),
    ];
    expect([head.status, head.text]).toEqual([status, ""]);
    for (const header of ["content-type", "content-length", "cache-control", "content-security-policy", "allow"])
      expect([header, head.headers.get(header)]).toEqual([header, get.headers.get(header)]);
  });

  test(`a program gets the envelope for ${name}`, async () => {
    for (const [program, sent] of path.startsWith("/api") || path.startsWith("/ws") ? API_PROGRAMS : PROGRAMS) {
      const answer = await visitor().get(path, { ...sent, ...headers });
      expect([program, answer.status]).toEqual([program, status]);
      expect([program, answer.headers.get("content-type")]).toEqual([program, "application/json"]);
      expect([program, answer.headers.get("cache-control")]).toEqual([program, "no-store"]);
      const { status: kind, code: sentCode, message, errors, ...more } = answer.body;
      expect([program, kind, sentCode, typeof message, more]).toEqual([program, "error", code, "string", {}]);
      expect(errors !== undefined).toBe(code === "validation_failed");
    }
  });
}

test("a browser that does more than open an address gets the envelope", async () => {
  for (const method of ["POST", "PATCH", "DELETE"]) {
    const answer = await server.visitor().call(method, "/no-such-page", {}, CHROMIUM);
    expect([method, answer.status, answer.body?.code]).toEqual([method, 404, "not_found"]);
  }
});

test("health is JSON for everybody", async () => {
  for (const path of ["/api/chat/health/", "/api/chat/health/ready", "/api/chat/health/unknown"])
    expect((await server.visitor().get(path, CHROMIUM)).headers.get("content-type")).toBe("application/json");
});

test("the answers at /admin and at an unknown address are the same but for ids and times, for everybody but admins", async () => {
  const shape = ({ status, headers, text }: Awaited<ReturnType<Client["get"]>>) => ({
    status,
    text,
    headers: [...headers].filter(([name]) => !/^(x-request-id|date)$/.test(name)),
  });
  const ended = await server.person("Eve");
  await ended.at(server.url).post("/api/users/logout/");
  for (const who of [server.visitor(), ann, ended])
    for (const headers of [CHROMIUM, FIREFOX, { Accept: "*/*" }])
      for (const method of ["GET", "HEAD", "POST"])
        expect(shape(await who.call(method, "/admin/users/1", undefined, headers))).toEqual(
          shape(await who.call(method, "/nobody/knows/1", undefined, headers)),
        );
  expect((await root.get("/admin", CHROMIUM)).status).toBe(200);
});

test("a method that an address does not have is named, in a page as in the envelope", async () => {
  for (const headers of [CHROMIUM, { Accept: "*/*" }])
    expect((await server.visitor().get("/api/users/login/", headers)).headers.get("allow")).toBe("POST");
});

test("a throttled browser gets the time to wait, and the page loads again after it", async () => {
  const small = await startTestServer("embedded", { RATE_LIMIT_ANON: "1/minute" });
  await small.visitor().get("/api/users/profile/");
  const answer = await small.visitor().get("/api/users/profile/", CHROMIUM);
  expect(answer.status).toBe(429);
  expectPage(answer, "Too many requests");
  const seconds = Number(answer.headers.get("retry-after"));
  expect(Number(answer.headers.get("refresh"))).toBeWithin(seconds, 66);
  expect(answer.text).toContain(`tries again in ${answer.headers.get("refresh")} seconds`);
  await small.stop();
});

test("a fault of the server is a page with an id to report, which the log has too", async () => {
  const broken = await startTestServer("embedded");
  const visitor = broken.visitor();
  // Nothing else in the URL of a request can make a fault on purpose, so a file of the page can't be had.
  const bundle = Bun.build;
  Object.assign(Bun, { build: () => Promise.reject(new Error("planted <b>")) });
  try {
    for (const [headers, isPage] of [
      [CHROMIUM, true],
      [{ Accept: "*/*" }, false],
    ] as const) {
      const answer = await visitor.get("/", headers);
      expect(answer.status).toBe(500);
      const id = answer.headers.get("x-request-id") ?? "";
      expect(broken.log.some((line) => line.includes(id) && line.includes("planted"))).toBe(true);
      expect(answer.text).not.toContain("planted");
      if (!isPage) expect(answer.body).toMatchObject({ code: "internal_error", request_id: id });
      else {
        expectPage(answer, "Something went wrong");
        expect(answer.text).toContain(`<code>${id}</code>`);
      }
    }
  } finally {
    Object.assign(Bun, { build: bundle });
  }
  expect((await visitor.get("/", CHROMIUM)).status).toBe(200);
  await broken.stop();
});

test("while the database is away, pages say so and come again by themselves, and the panel stays hidden", async () => {
  const place = await makePlace("postgres");
  const url = new URL(place.environment["DATABASE_URL"] ?? "");
  const proxy = await startProxy(Number(url.port), url.hostname);
  const node = await startTestServer("postgres", {
    DATABASE_URL: `postgres://${url.username}:${url.password}@127.0.0.1:${proxy.port}${url.pathname}`,
  });
  const bob = await node.person("Bob");
  const visitor = node.visitor();
  const bare = (await visitor.get("/nothing", CHROMIUM)).text;
  proxy.state = "refuse";
  proxy.cut();
  await until(async () => (await visitor.get("/api/chat/health/ready/")).status === 503);
  // The node remembers sessions for some seconds.
  await until(async () => (await bob.get("/admin", CHROMIUM)).status === 503);
  for (const path of ["/admin", "/nothing", "/api/users/profile/"]) {
    const answer = await bob.get(path, CHROMIUM);
    expect([path, answer.status]).toEqual([path, 503]);
    expectPage(answer, "The server can’t answer right now");
    expect(Number(answer.headers.get("refresh"))).toBeWithin(5, 60);
  }
  for (const path of ["/admin", "/nothing"]) {
    expect((await visitor.get(path, CHROMIUM)).text).toBe(bare);
    expect((await bob.get(path)).body).toMatchObject({ code: "not_found" });
  }
  expect((await bob.get("/", CHROMIUM)).status).toBe(200);
  proxy.state = "pass";
  await until(async () => (await bob.get("/admin", CHROMIUM)).status === 404);
  await node.stop();
  await proxy.stop();
  place.remove();
});

const NAMES = [
  `"><script>alert(1)</script>`,
  "</title></style><img src=x onerror=alert(1)>",
  "</p><base href=//evil.example>",
  "'; }*{display:none} /*",
  "$& $` $' $1 \\u2028",
  "فريق الحديقة",
  "W".repeat(100),
];

test.each(NAMES)("the name %p is text in every page and in the manifest", async (name) => {
  await root.patch("/api/admin/settings/", { name, color: "#be185d" });
  const answer = await server.visitor().get("/no-such-page", CHROMIUM);
  expectPage(answer, NO_PAGE);
  const shown = /<bdi>(.*?)<\/bdi>/s.exec(answer.text)?.[1] ?? "";
  expect(shown).not.toMatch(/[<>"]/);
  expect(shown.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))).toBe(name);
  expect(answer.text).toContain("--server-hue:");
  const manifest = (await server.visitor().get("/manifest.webmanifest")).body;
  expect([manifest.name, manifest.short_name]).toEqual([name, name]);
});

test("a name that turns the text around it is refused", async () => {
  for (const name of ["Team\u202Egnp.exe", "\u2067Team", "a\u0000b", "W".repeat(101)])
    expect((await root.patch("/api/admin/settings/", { name })).status).toBe(400);
});

test("hosts and addresses in a refusal are text", async () => {
  const hosts = ['x"><script>alert(1)</script>', "<b>", "a".repeat(5_000), "evil.example"];
  for (const Host of hosts)
    expectPage(await server.visitor().get("/", { ...CHROMIUM, Host }), "This address does not lead here");
  for (const path of [
    "/%3Cscript%3Ealert(1)%3C/script%3E",
    `/${"x".repeat(4_000)}`,
    "/%00",
    "/%E0%A4%A",
    "/\\..\\admin",
    "//evil.example",
  ]) {
    const answer = await server.visitor().get(path, CHROMIUM);
    expect([path, answer.status]).toEqual([path, 404]);
    expectPage(answer, NO_PAGE);
    expect(answer.text).not.toMatch(/alert|xxxx|evil/);
  }
});

test("a private server has no information for search engines and link previews", async () => {
  const visitor: Client = server.visitor();
  const robots = await visitor.get("/robots.txt");
  expect([robots.status, robots.text]).toEqual([200, "User-agent: *\nDisallow: /\n"]);
  for (const path of ["/", "/sign-in", "/register", `/c/${UNKNOWN_ID}`, "/invite/abc", "/no-such-page"]) {
    const { text, headers } = await visitor.get(path, { ...CHROMIUM, "User-Agent": "Slackbot-LinkExpanding 1.0" });
    expect(text).not.toMatch(/property="og:|name="(twitter:|description)|application\/(ld\+json|json\+oembed)/);
    expect(text).toContain('<meta name="robots" content="noindex"');
    expect([headers.get("x-robots-tag"), headers.get("referrer-policy")]).toEqual(["noindex", "no-referrer"]);
  }
});

test("the icon, the manifest and the browser's bars follow the colour", async () => {
  const visitor = server.visitor();
  const facts = async () => {
    const { text } = await visitor.get("/");
    const bars = [...text.matchAll(/<meta name="theme-color" content="(#[\da-f]{6})"/g)].map(([, color]) => color);
    const icon = /<link rel="icon" href="([^"]+)"/.exec(text)?.[1] ?? "";
    const [svg, manifest] = [await visitor.get(icon), await visitor.get("/manifest.webmanifest")];
    expect(svg.headers.get("content-type")).toBe("image/svg+xml");
    expect(bars).toHaveLength(2);
    expect(manifest.body.theme_color).toBe(bars[0]);
    return { bars: bars.join(), icon, svg: svg.text };
  };
  await root.patch("/api/admin/settings/", { name: null, color: null });
  const [plain, manifest] = [await facts(), (await visitor.get("/manifest.webmanifest")).body];
  expect(manifest.name).toBe("Confab");
  await root.patch("/api/admin/settings/", { color: "#be185d" });
  const pink = await facts();
  for (const part of ["bars", "icon", "svg"] as const) expect(pink[part]).not.toBe(plain[part]);
  // Any other value changes nothing.
  for (const color of ["", "red", "be185d%22%3E", "be185d0"])
    expect((await visitor.get(`/icons/icon.svg?color=${color}`)).text).toBe(plain.svg);
});
