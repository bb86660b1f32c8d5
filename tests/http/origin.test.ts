import { beforeAll, describe, expect, test } from "bun:test";
import { type Client, PASSWORD } from "../support/client.ts";
import { startTestServer, type TestServer, withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { handshake, rawRequest } from "../support/wire.ts";
import { dataOf, expectError } from "./expectations.ts";

const LISTED = "https://app.example.com";
const ALSO_LISTED = "http://localhost:3000";

type Headers = Record<string, string>;

/** [what it is, the request's headers, whether it may do something] */
const RULES: [string, Headers, boolean][] = [
  ["no browser", {}, true],
  ["the own page, by an old browser", { Origin: "http://chat.test:8000" }, true],
  ["the own page", { Origin: "http://chat.test:8000", "Sec-Fetch-Site": "same-origin" }, true],
  ["the own page behind a proxy that ends TLS", { Origin: "https://chat.test:8000" }, true],
  ["the own page without an Origin", { "Sec-Fetch-Site": "same-origin" }, true],
  ["another site's page", { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" }, false],
  ["another site's page, by an old browser", { Origin: "https://evil.example" }, false],
  ["another site's page without an Origin", { "Sec-Fetch-Site": "cross-site" }, false],
  ["a page of a sister site without an Origin", { "Sec-Fetch-Site": "same-site" }, false],
  ["a page of a sister site", { Origin: "http://other.chat.test:8000", "Sec-Fetch-Site": "same-site" }, false],
  ["a sandboxed page", { Origin: "null" }, false],
  ["another port of the own host", { Origin: "http://chat.test:8001" }, false],
  ["the own host without its port", { Origin: "http://chat.test" }, false],
  ["a host that starts like the own", { Origin: "http://chat.test:8000.evil.example" }, false],
  ["a host that ends like the own", { Origin: "http://evilchat.test:8000" }, false],
  ["the own host as a user name", { Origin: "http://chat.test:8000@evil.example" }, false],
  ["nonsense", { Origin: "nonsense" }, false],
  ["a listed origin", { Origin: LISTED, "Sec-Fetch-Site": "cross-site" }, true],
  ["the other listed origin", { Origin: ALSO_LISTED, "Sec-Fetch-Site": "cross-site" }, true],
  ["a listed origin by another scheme", { Origin: "http://app.example.com" }, false],
  ["a listed origin at another port", { Origin: `${LISTED}:444` }, false],
  ["what only starts like a listed origin", { Origin: `${LISTED}.evil.example` }, false],
];

/** [Host, Origin, whether they are the same] */
const PORTS: [string, string, boolean][] = [
  ["chat.test", "http://chat.test", true],
  ["chat.test:80", "http://chat.test", true],
  ["chat.test:443", "https://chat.test", true],
  ["chat.test", "https://chat.test", true],
  ["CHAT.test", "http://chat.test", true],
  ["[::1]:8000", "http://[::1]:8000", true],
  ["chat.test:8000", "http://chat.test", false],
  ["chat.test:8000", "https://chat.test:443", false],
  ["chat.test", "http://chat.test:8080", false],
];

/** [Host, Origin, Sec-Fetch-Site, whether they are the same]: a proxy has lost or added a port, or it is another port. */
const PORTS_LOST: [string, string, string, boolean][] = [
  ["chat.test", "http://chat.test:8080", "same-origin", true],
  ["chat.test:8000", "https://chat.test", "same-origin", true],
  ["[::1]", "http://[::1]:8080", "same-origin", true],
  ["chat.test:8000", "http://chat.test:8001", "same-site", false],
  ["chat.test", "http://chat.test:8080", "same-site", false],
  ["chat.test", "http://evil.test:8080", "same-origin", false],
];

describe("origins", () => {
  const server = withServer("embedded", { CORS_ORIGINS: `${LISTED}, ${ALSO_LISTED}` });
  let ann: Client;
  let root: Client;
  let conversationId: string;

  beforeAll(async () => {
    ann = await server.person();
    conversationId = (await ann.conversation([await server.person()])).id;
    root = await superuser(server);
  });

  const send = (method: string, path: string, headers: Headers, host = "chat.test:8000", to = server) => {
    const all = { Host: host, Cookie: `sessionid=${ann.cookie}`, ...headers };
    return rawRequest(to.url, [
      `${method} ${path} HTTP/1.1`,
      ...Object.entries(all).map(([name, value]) => `${name}: ${value}`),
    ]);
  };
  /** None of these is found, so that nothing changes; but that is found out after the origin is looked at. */
  const unsafe = (headers: Headers, host?: string) => [
    send("POST", "/api/chat/conversations/x/messages/", headers, host),
    send("PATCH", "/api/chat/conversations/x/", headers, host),
    send("DELETE", "/api/users/sessions/x/", headers, host),
    send("PUT", "/api/nowhere/", headers, host),
  ];

  test.each(RULES)("%s may act, or not, as the contract says", async (_, headers, allowed) => {
    for (const answer of await Promise.all(unsafe(headers)))
      if (allowed) expect(answer.status).toBeOneOf([400, 404]);
      else expectError(answer, 403, { code: "foreign_origin" });
  });

  test.each(RULES)("%s may open a socket, or not, as the contract says", async (_, headers, allowed) => {
    for (const path of ["/ws/", `/ws/chat/${conversationId}/`]) {
      const all = { Host: "chat.test:8000", Cookie: `sessionid=${ann.cookie}`, ...headers };
      const answer = await handshake(server.url, path, all);
      if (allowed) expect(answer.status).toBe(101);
      else expectError(answer, 403, { code: "foreign_origin" });
    }
  });

  test.each(RULES)("%s may read", async (_, headers) => {
    dataOf(await send("GET", "/api/users/profile/", headers));
    expect((await send("HEAD", "/api/users/profile/", headers)).status).toBe(200);
  });

  test.each(RULES)(
    "%s may read what only superusers see, with an entry in the audit log, or not",
    async (_, headers, allowed) => {
      const path = `/api/admin/conversations/${conversationId}/messages/`;
      const read = async () => (await root.get("/api/admin/audit/?action=messages_read")).body.meta.total;
      const before = await read();
      for (const method of ["GET", "HEAD"]) {
        const answer = await send(method, path, { ...headers, Cookie: `sessionid=${root.cookie}` });
        expect(answer.status).toBe(allowed ? 200 : 403);
      }
      expect(await read()).toBe(before + (allowed ? 2 : 0));
      // To all others it is not there.
      expectError(await send("GET", path, headers), 404, { code: "not_found" });
    },
  );

  test.each(PORTS)("at Host %s the Origin %s is the own: %p", async (host, origin, own) => {
    for (const answer of await Promise.all(unsafe({ Origin: origin }, host)))
      if (own) expect(answer.status).toBeOneOf([400, 404]);
      else expectError(answer, 403);
  });

  test.each(PORTS_LOST)("at Host %s the Origin %s of a %s page is the own: %p", async (host, origin, site, own) => {
    for (const answer of await Promise.all(unsafe({ Origin: origin, "Sec-Fetch-Site": site }, host)))
      if (own) expect(answer.status).toBeOneOf([400, 404]);
      else expectError(answer, 403, { code: "foreign_origin" });
  });

  test("a refusal names the origin that came and those that are allowed", async () => {
    const answer = await send("POST", "/api/nowhere/", { Origin: "http://chat.test" });
    expectError(answer, 403, {
      message: `Requests from the origin http://chat.test are not allowed. This server's own host is chat.test:8000; CORS_ORIGINS adds ${LISTED}, ${ALSO_LISTED}. To allow that page, start the server with CORS_ORIGINS=${LISTED},${ALSO_LISTED},http://chat.test; a program can leave the header Origin out.`,
    });
  });

  test("a refusal of two origins in one header says so", async () => {
    const answer = await send("POST", "/api/nowhere/", { Origin: "http://10.0.0.1:8000, http://chat.test:8000" });
    expectError(answer, 403);
    expect(answer.body.message).toStartWith(
      "Requests from the origin http://10.0.0.1:8000, http://chat.test:8000 are not allowed.",
    );
    expect(answer.body.message).toEndWith(" Send one origin, or as a program none at all.");
  });

  describe("a page at another port of a server without settings", () => {
    const page = { Origin: "http://localhost:3000" };
    const setting = "start the server with CORS_ORIGINS=http://localhost:3000";
    const plain = withServer("embedded");
    const warnings = () => plain.log.filter((line) => line.includes("are not allowed"));

    test("is refused with the one setting that helps, also when its browser only asks", async () => {
      const ask = { ...page, "Access-Control-Request-Method": "POST" };
      for (const answer of [
        await send("POST", "/api/users/login/", page, "localhost:8000", plain),
        await send("OPTIONS", "/api/users/login/", ask, "localhost:8000", plain),
      ]) {
        expectError(answer, 403, { code: "foreign_origin" });
        expect(answer.body.message).toContain(setting);
      }
    });

    test("is one line of the log, whatever it asks for", async () => {
      const other = { Origin: "http://localhost:3001" };
      for (const method of ["GET", "GET", "POST", "OPTIONS"])
        await send(method, "/api/users/profile/", other, "localhost:8000", plain);
      const lines = warnings().filter((line) => line.includes("localhost:3001"));
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: 40, origin: "http://localhost:3001" });
      expect(lines[0]).toContain("CORS_ORIGINS=http://localhost:3001");
    });

    test("that keeps changing fills no log", async () => {
      for (let i = 0; i < 200; i++)
        await send("GET", "/api/users/profile/", { Origin: `http://made-up-${i}.example` }, "localhost:8000", plain);
      expect(warnings().length).toBeLessThanOrEqual(100);
    });
  });

  test("a login from a foreign page sets no cookie", async () => {
    const body = { email: ann.user?.email, password: "SecurePass123" };
    const answer = await server.visitor().post("/api/users/login/", body, { Origin: "https://evil.example" });
    expectError(answer, 403);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  describe("X-Forwarded-Host", () => {
    const headers = { Origin: "https://public.example", "X-Forwarded-Host": "public.example" };

    test("is not believed from a stranger", async () => {
      expectError(await send("POST", "/api/users/logout/", headers, "10.0.0.1:8000"), 403);
    });

    test("without a port is completed by X-Forwarded-Port, of a trusted proxy only", async () => {
      const ask = (to: TestServer, origin: string, port: string) =>
        send("POST", "/api/users/logout/", { Origin: origin, "X-Forwarded-Port": port }, "chat.test", to);
      expectError(await ask(server, "http://chat.test:8080", "8080"), 403);
      const proxied = await startTestServer("embedded", { TRUSTED_PROXIES: "127.0.0.0/8" });
      expectError(await ask(proxied, "http://chat.test:8080", "8080"), 400);
      // A proxy that names a port of its own takes nothing away.
      expectError(await ask(proxied, "https://chat.test", "8080"), 400);
      expectError(await ask(proxied, "http://chat.test:8081", "8080"), 403);
      expectError(await ask(proxied, "http://evil.test:8080", "8080"), 403);
      await proxied.stop();
    });

    test("from a trusted proxy says which origin is the own", async () => {
      const proxied = await startTestServer("embedded", { TRUSTED_PROXIES: "127.0.0.0/8" });
      const ask = (headers: Headers) => send("POST", "/api/users/logout/", headers, "10.0.0.1:8000", proxied);
      expectError(await ask(headers), 400, { message: "No user is currently logged in" });
      expectError(await ask({ ...headers, Origin: "https://evil.example" }), 403);
      await proxied.stop();
    });
  });

  describe("CORS", () => {
    const corsHeaders = (answer: { headers: globalThis.Headers }) =>
      [...answer.headers.keys()].filter((name) => name.startsWith("access-control-"));
    const preflight = (origin: string) =>
      send("OPTIONS", "/api/users/profile/", {
        Origin: origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "content-type",
      });

    test.each([LISTED, ALSO_LISTED])(
      "answers, errors too, are for the listed origin %s, with credentials",
      async (origin) => {
        const answers = [
          await send("GET", "/api/users/profile/", { Origin: origin }),
          await send("GET", "/api/users/profile/", { Origin: origin, Cookie: "" }),
          await send("POST", "/api/users/login/", { Origin: origin }),
          await send("GET", "/api/nowhere/", { Origin: origin }),
        ];
        expect(answers.map((answer) => answer.status)).toEqual([200, 401, 400, 404]);
        for (const { headers } of answers) {
          expect(headers.get("access-control-allow-origin")).toBe(origin);
          expect(headers.get("access-control-allow-credentials")).toBe("true");
          expect(headers.get("vary")).toMatch(/\borigin\b/i);
        }
      },
    );

    test("a preflight gives a listed origin its methods and headers", async () => {
      const { status, headers } = await preflight(LISTED);
      expect(status).toBeOneOf([200, 204]);
      expect(headers.get("access-control-allow-origin")).toBe(LISTED);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("access-control-allow-methods")).toContain("PATCH");
      expect(headers.get("access-control-allow-headers")?.toLowerCase()).toContain("content-type");
    });

    test.each(["https://evil.example", "null", "http://chat.test:8000", `${LISTED}.evil.example`])(
      "no CORS header goes to %s",
      async (origin) => {
        const answers = [await send("GET", "/api/users/profile/", { Origin: origin }), await preflight(origin)];
        for (const answer of answers) expect(corsHeaders(answer)).toEqual([]);
      },
    );

    test("a listed page of another site gets a cookie that browsers send along on that site alone", async () => {
      const login = JSON.stringify({ email: ann.user?.email, password: PASSWORD });
      const attributes = async (site: string) => {
        const from: Record<string, string> = {
          Origin: LISTED,
          "Sec-Fetch-Site": site,
          "Content-Type": "application/json",
        };
        const answers = [await server.visitor().post("/api/users/login/", login, from)];
        const cookie = answers[0]?.headers.getSetCookie()[0] ?? "";
        from["Cookie"] = cookie.split(";")[0] ?? "";
        answers.push(await server.visitor().post("/api/users/logout/", undefined, from));
        expect(answers.map(({ status }) => status)).toEqual([200, 200]);
        return answers.map(({ headers }) => headers.getSetCookie()[0]?.split("; ").slice(1).sort());
      };
      const partitioned = ["HttpOnly", "Partitioned", "Path=/", "SameSite=None", "Secure"];
      expect(await attributes("cross-site")).toEqual([
        expect.arrayContaining(partitioned),
        expect.arrayContaining(partitioned),
      ]);
      for (const found of await attributes("same-site")) {
        expect(found).toContain("SameSite=Lax");
        expect(found).not.toContain("Partitioned");
      }
    });

    test("no CORS header goes to a request without an origin", async () => {
      expect(corsHeaders(await send("GET", "/api/users/profile/", {}))).toEqual([]);
    });

    test("is for nobody when no origin is listed", async () => {
      const bare = await startTestServer("embedded");
      const answer = await bare.visitor().get("/api/chat/health/", { Origin: LISTED });
      dataOf(answer);
      expect(corsHeaders(answer)).toEqual([]);
      expectError(await bare.visitor().call("OPTIONS", "/api/chat/health/", undefined, { Origin: LISTED }), 405);
      expectError(await bare.visitor().post("/api/users/logout/", undefined, { Origin: LISTED }), 403);
      await bare.stop();
    });
  });
});
