import { describe, expect, test } from "bun:test";
import { startTestServer, type TestServer, withServer } from "../support/server.ts";
import { handshake, rawRequest } from "../support/wire.ts";
import { dataOf, expectError } from "./expectations.ts";

const HEALTH = ["/api/chat/health/", "/api/chat/health/ready/"];
const HSTS = "strict-transport-security";
const CONTACT_FILE = "/.well-known/security.txt";

describe("with PUBLIC_URL by HTTPS, ALLOWED_HOSTS and SECURITY_CONTACT", () => {
  const server = withServer("embedded", {
    PUBLIC_URL: "https://chat.example.com",
    ALLOWED_HOSTS: "Intern.example:8443, [2001:db8::1]",
    SECURITY_CONTACT: "mailto:security@example.com",
    TRUSTED_PROXIES: "10.0.0.0/8",
  });
  const ask = (path: string, host: string, more: Record<string, string> = {}) =>
    server.visitor().get(path, { Host: host, ...more });

  test("every answer tells browsers to come by HTTPS for a year", async () => {
    for (const path of ["/", "/api/users/profile/", "/api/chat/health/", "/nowhere"])
      expect((await ask(path, "chat.example.com")).headers.get(HSTS)).toBe("max-age=31536000; includeSubDomains");
  });

  test.each(["chat.example.com", "CHAT.example.com:443", "intern.example:8443", "[2001:db8::1]", "[2001:db8::1]:8000"])(
    "a request for the host %s is answered",
    async (host) => {
      expect((await ask("/api/users/profile/", host)).status).toBe(401);
      expect((await ask("/", host)).status).toBe(200);
    },
  );

  test.each(["evil.example", "chat.example.com.evil.example", "intern.example", "intern.example:8444", "127.0.0.1"])(
    "a request for the host %s is refused, which names those that are allowed",
    async (host) => {
      for (const path of ["/", "/api/users/profile/", "/api/docs/", CONTACT_FILE])
        expectError(await ask(path, host), 400, {
          code: "bad_host",
          message: `This server does not answer for the host ${host}. It answers for intern.example:8443, [2001:db8::1], chat.example.com.`,
        });
      expectError(await handshake(server.url, "/ws/", { Host: host }), 400, { code: "bad_host" });
      expect((await handshake(server.url, "/ws/", { Host: "chat.example.com" })).status).toBe(401);
    },
  );

  test("a health check may name any host", async () => {
    for (const path of HEALTH) dataOf(await ask(path, "10.1.2.3:8000"));
    for (const path of ["/api/chat/healthy/", "/api/server/"])
      expectError(await ask(path, "10.1.2.3:8000"), 400, { code: "bad_host" });
  });

  test("X-Forwarded-Host of a peer that is no trusted proxy does not stand in for Host", async () => {
    const forged = { "X-Forwarded-Host": "chat.example.com" };
    expectError(await ask("/", "evil.example", forged), 400, { code: "bad_host" });
  });

  test("security.txt tells whom to write to, for less than a year", async () => {
    const answer = await ask(CONTACT_FILE, "chat.example.com");
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; ?charset=utf-8$/i);
    const fields = Object.fromEntries(
      answer.text
        .trim()
        .split("\n")
        .map((line) => line.split(/: (.*)/)),
    );
    expect(Object.keys(fields)).toEqual(["Contact", "Expires", "Preferred-Languages", "Canonical"]);
    expect(fields).toMatchObject({
      Contact: "mailto:security@example.com",
      "Preferred-Languages": "en",
      Canonical: `https://chat.example.com${CONTACT_FILE}`,
    });
    const days = (Date.parse(fields.Expires) - Date.now()) / 86_400_000;
    expect(days).toBeWithin(30, 364);
  });
});

describe("a trusted proxy", () => {
  test("says by X-Forwarded-Host which host was asked for", async () => {
    const server = await startTestServer("embedded", { ALLOWED_HOSTS: "chat.example.com", TRUSTED_PROXIES: "1" });
    const ask = (forwarded: string) => server.visitor().get("/", { Host: "127.0.0.1", "X-Forwarded-Host": forwarded });
    expect((await ask("chat.example.com")).status).toBe(200);
    expectError(await ask("evil.example"), 400, { code: "bad_host" });
    await server.stop();
  });

  test("that no setting names is noticed once, by its headers", async () => {
    const warnings = (server: TestServer) => server.log.filter((line) => line.includes("TRUSTED_PROXIES is 0"));
    const server = await startTestServer("embedded");
    await server.visitor().get("/");
    expect(warnings(server)).toHaveLength(0);
    for (const name of ["X-Forwarded-For", "X-Forwarded-Proto"])
      await server.visitor().get("/", { [name]: "192.0.2.1" });
    expect(warnings(server)).toHaveLength(1);
    await server.stop();
    const told = await startTestServer("embedded", { TRUSTED_PROXIES: "1" });
    await told.visitor().get("/", { "X-Forwarded-For": "192.0.2.1" });
    expect(warnings(told)).toHaveLength(0);
    await told.stop();
  });
});

test("without settings any host is answered, nothing is said of HTTPS, and there is no security.txt", async () => {
  const server = await startTestServer("embedded");
  const answer = await server.visitor().get("/api/users/profile/", { Host: "anything.example:81" });
  expectError(answer, 401);
  expect(answer.headers.get(HSTS)).toBeNull();
  expectError(await server.visitor().get(CONTACT_FILE), 404);
  expectError(await rawRequest(server.url, ["GET / HTTP/1.1", "Host: a b"]), 400, { code: "bad_host" });
  await server.stop();
});

test("a PUBLIC_URL without HTTPS promises none", async () => {
  const server = await startTestServer("embedded", { PUBLIC_URL: "http://chat.example.com" });
  expect((await server.visitor().get("/")).headers.get(HSTS)).toBeNull();
  await server.stop();
});
