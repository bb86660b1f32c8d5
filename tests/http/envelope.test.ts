import { beforeAll, describe, expect, test } from "bun:test";
import postgres from "postgres";
import type { Answer, Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { handshake, rawRequest } from "../support/wire.ts";
import { dataOf, expectError, expectFaults, rows, times, UNKNOWN_ID } from "./expectations.ts";

const LIMIT = 64 * 1024;
const LOGIN = "/api/users/login/";
const wrongLogin = { message: "Invalid email or password" };

/** A login whose body is just so many bytes long. */
const loginOf = (bytes: number) => {
  const body = { email: "nobody@example.com", password: "x", padding: "" };
  return JSON.stringify({ ...body, padding: "x".repeat(bytes - JSON.stringify(body).length) });
};

/** A body that comes without its length. */
const chunked = (text: string) =>
  new ReadableStream({
    async start(controller) {
      for (let at = 0; at < text.length; at += 16_384) {
        controller.enqueue(new TextEncoder().encode(text.slice(at, at + 16_384)));
        await Bun.sleep(1);
      }
      controller.close();
    },
  });

inEachMode("the envelope", (mode) => {
  const server = withServer(mode);
  let visitor: Client;
  let ann: Client;

  beforeAll(async () => {
    visitor = server.visitor();
    ann = await server.person();
  });

  const post = async (body: string | Uint8Array | ReadableStream, type?: string, path = LOGIN): Promise<Answer> => {
    const headers: Record<string, string> = type === undefined ? {} : { "Content-Type": type };
    const {
      status,
      headers: got,
      ...rest
    } = await fetch(server.url + path, { method: "POST", headers, body }).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }));
    return { status, headers: got, ...rest, body: JSON.parse(rest.text) };
  };

  describe("every answer", () => {
    const requests: [string, number, () => Promise<Answer>][] = [
      ["a success", 200, () => visitor.get("/api/chat/health/")],
      ["a success of somebody logged in", 200, () => ann.get("/api/users/profile/")],
      ["a refusal", 401, () => visitor.get("/api/users/profile/")],
      ["an unknown path", 404, () => visitor.get("/nowhere")],
      ["an unknown path of the API", 404, () => visitor.get("/api/nowhere/")],
      ["a wrong method", 405, () => visitor.delete("/api/users/profile/")],
      ["bad JSON", 400, () => post("{", "application/json")],
      ["a wrong type", 415, () => post("{}", "text/plain")],
      ["a large body", 413, () => post(loginOf(LIMIT + 1), "application/json")],
      ["a foreign origin", 403, () => visitor.post(LOGIN, {}, { Origin: "https://evil.example" })],
      ["a refused upgrade", 401, () => handshake(server.url, "/ws/")],
      ["a bad host", 400, () => rawRequest(server.url, ["GET /api/chat/health/ HTTP/1.1", "Host: a b"])],
      ["a HEAD", 200, () => visitor.call("HEAD", "/api/chat/health/")],
    ];
    test.each(requests)("to %s (%i) has an X-Request-Id of its own, and nosniff", async (_, status, request) => {
      const [first, second] = [await request(), await request()];
      expect(first.status).toBe(status);
      expect(first.headers.get("x-content-type-options")).toBe("nosniff");
      expect(first.headers.get("x-request-id")).toMatch(/^[\w-]{8,}$/);
      expect(second.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
    });

    test("to somebody logged in is never stored", async () => {
      const paths = ["/api/users/profile/", "/api/users/list/", "/api/chat/conversations/", "/api/nowhere/"];
      for (const path of [...paths, `/api/chat/conversations/${UNKNOWN_ID}/`])
        expect((await ann.get(path)).headers.get("cache-control")).toBe("no-store");
      expect((await ann.post("/api/chat/conversations/", {})).headers.get("cache-control")).toBe("no-store");
    });

    test("that hands out a session is never stored", async () => {
      const answer = await server.visitor().post(LOGIN, { email: ann.user?.email, password: "SecurePass123" });
      dataOf(answer);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    });
  });

  describe("a path", () => {
    test.each([
      ["/api/chat/health", 200],
      ["/api/chat/health/ready", 200],
      ["/api/users/profile", 200],
      ["/api/users/list?limit=1", 200],
      ["/api/chat/conversations", 200],
    ])("%s needs no slash at its end, and is not redirected", async (path, status) => {
      const [without, withSlash] = [await ann.get(path), await ann.get(path.replace(/(\?|$)/, "/$1"))];
      expect([without.status, withSlash.status]).toEqual([status, status]);
      expect(without.body).toEqual(withSlash.body);
    });

    test.each([
      "/nowhere/",
      "/api/",
      "/api/nowhere/",
      "/api/users/",
      "/api/%zz/",
      "/api/%00/",
      "/api/users/profile/x/",
      "/API/users/profile/",
    ])("%s that is unknown is 404", async (path) => {
      for (const client of [visitor, ann]) expectError(await client.get(path), 404, { code: "not_found" });
    });

    test.each([
      ["DELETE", "/api/users/profile/", ["GET", "HEAD", "PATCH"]],
      ["GET", "/api/users/login/", ["POST"]],
      ["PUT", "/api/users/logout", ["POST"]],
      ["POST", "/api/chat/health/", ["GET", "HEAD"]],
      ["PUT", "/api/chat/conversations/", ["GET", "HEAD", "POST"]],
      ["DELETE", `/api/chat/conversations/${UNKNOWN_ID}/`, ["GET", "HEAD", "PATCH"]],
      ["PUT", `/api/chat/conversations/${UNKNOWN_ID}/messages/`, ["GET", "HEAD", "POST"]],
      ["GET", `/api/chat/conversations/${UNKNOWN_ID}/messages/${UNKNOWN_ID}/`, ["DELETE", "PATCH"]],
      ["GET", `/api/users/sessions/${UNKNOWN_ID}/`, ["DELETE"]],
    ])("takes no %s %s: 405 with what it takes", async (method, path, allowed) => {
      const answer = await ann.call(method, path);
      expectError(answer, 405, { code: "method_not_allowed" });
      expect(answer.headers.get("allow")?.split(/, */).sort()).toEqual(allowed);
    });
  });

  describe("HEAD", () => {
    test("answers as GET does, without the body", async () => {
      for (const [client, path, status] of [
        [ann, "/api/users/profile/", 200],
        [visitor, "/api/users/profile/", 401],
        [visitor, "/api/nowhere/", 404],
      ] as const) {
        const [get, head] = [await client.get(path), await client.call("HEAD", path)];
        expect([get.status, head.status]).toEqual([status, status]);
        expect(head.text).toBe("");
        for (const name of ["content-type", "cache-control", "x-content-type-options"])
          expect(head.headers.get(name)).toBe(get.headers.get(name));
      }
    });
  });

  describe("a body", () => {
    test.each(
      rows([
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "text/json",
        undefined,
      ]),
    )("of Content-Type %s is 415", async (type) => {
      expectError(await post(Buffer.from(loginOf(100)), type), 415);
    });

    test.each([
      "application/json",
      "application/json; charset=utf-8",
      "Application/JSON;charset=UTF-8",
      "application/json ; charset=utf-8",
    ])("of Content-Type %s is read", async (type) => {
      expectError(await post(loginOf(100), type), 401, wrongLogin);
    });

    test("that is missing needs no Content-Type, and the answer names the missing fields", async () => {
      expectFaults(await visitor.call("POST", LOGIN), "email", "password");
      expectError(await visitor.call("POST", "/api/users/logout/"), 400, { message: "No user is currently logged in" });
    });

    test.each(["{", "{'a':1}", "{}{}", "nul", "\ufeff{", '{"email":"\u0001"}'])(
      "that is the broken JSON %j is 400",
      async (text) => {
        const answer = await post(text, "application/json");
        expectError(answer, 400);
        expect(answer.body.errors).toBeUndefined();
      },
    );

    test("that is no UTF-8 is 400", async () => {
      expectError(await post(Uint8Array.of(0x22, 0xff, 0xfe, 0x22), "application/json"), 400);
    });

    test.each(["[]", "5", '"text"', "null", "true", "[{}]"])("that is %s, no object, is 400", async (text) => {
      const answer = await post(text, "application/json");
      expectError(answer, 400);
      expect(answer.body.errors).toBeUndefined();
    });

    test("with fields named like JavaScript's own harms nothing", async () => {
      const text = '{"__proto__":{"email":"a@example.com"},"constructor":1,"toString":2}';
      expectFaults(await post(text, "application/json"), "email", "password");
    });

    test("of 100 levels and more is answered", async () => {
      const text = `{"email":${"[".repeat(20_000)}${"]".repeat(20_000)},"password":"x"}`;
      const answer = await post(text, "application/json");
      expect(answer.status).toBe(400);
    });

    test("of 64 KiB is read, one byte more is 413", async () => {
      expectError(await post(loginOf(LIMIT), "application/json"), 401, wrongLogin);
      expectError(await post(loginOf(LIMIT + 1), "application/json"), 413, { code: "payload_too_large" });
    });

    test("that comes in chunks, without its length, may be 64 KiB and not one byte more", async () => {
      expectError(await post(chunked(loginOf(LIMIT)), "application/json"), 401, wrongLogin);
      expectError(await post(chunked(loginOf(LIMIT + 1)), "application/json"), 413);
      expectError(await post(chunked(loginOf(10 * LIMIT)), "application/json"), 413);
    });

    test("of 2 MB is 413 each time, and the server serves on", async () => {
      const large = loginOf(2 * 1024 * 1024);
      const answers = await Promise.all(times(5, () => post(large, "application/json")));
      for (const answer of answers) expectError(answer, 413);
      expectError(await post(loginOf(100), "application/json"), 401, wrongLogin);
    });

    test("that is too large is 413 for everybody, before its type is checked", async () => {
      const headers = { Cookie: `sessionid=${ann.cookie}`, "Content-Type": "application/json" };
      const send = (path: string) => ann.call("POST", path, loginOf(LIMIT + 1), headers);
      for (const path of ["/api/chat/conversations/", `/api/chat/conversations/${UNKNOWN_ID}/messages/`])
        expectError(await send(path), 413);
      expectError(await post(loginOf(LIMIT + 1), "text/plain"), 413);
    });

    test("a body whose length is wrong is neither awaited without end nor read too far", async () => {
      const head = ["POST /api/users/login/ HTTP/1.1", "Host: localhost", "Content-Type: application/json"];
      const answer = await rawRequest(server.url, [...head, `Content-Length: ${LIMIT + 1}`], "{}");
      expectError(answer, 413);
    });
  });

  describe("a Host", () => {
    const ask = (...hosts: string[]) => rawRequest(server.url, ["GET /api/users/profile/ HTTP/1.1", ...hosts]);

    test.each([
      "Host: a b",
      "Host: ",
      "Host: a/b",
      "Host: a@b",
      "Host: <x>",
      "Host: a:99999",
      "Host: a?b",
      "Host: a#b",
      "Host: [::1",
      "Host: \xe4",
      "Host: a,b",
      "Host: %00",
    ])("that is bad (%j) is 400", async (host) => {
      expectError(await ask(host), 400);
    });

    test("that is missing is 400", async () => {
      expect((await ask("X-Nothing: 1")).status).toBe(400);
    });

    test.each(["localhost", "localhost:8000", "chat.example.com", "[::1]:8000", "127.0.0.1", "my_host"])(
      "%s is a good one",
      async (host) => {
        expectError(await ask(`Host: ${host}`), 401, { message: "Authentication required" });
      },
    );
  });

  test("ready says so", async () => {
    dataOf(await visitor.get("/api/chat/health/ready/"));
  });

  test("alive says so, in the seed's words", async () => {
    expect((await visitor.get("/api/chat/health/")).body).toEqual({ status: "success", message: "API is running" });
  });

  if (mode === "postgres")
    test("an internal error is a 500 with its request_id, and without internals", async () => {
      const sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1 });
      await sql`ALTER TABLE participants RENAME TO misplaced`;
      const answer = await ann.get("/api/chat/conversations/");
      await sql`ALTER TABLE misplaced RENAME TO participants`;
      await sql.end();
      expectError(answer, 500);
      expect(answer.body.request_id).toBe(answer.headers.get("x-request-id"));
      expect(answer.text).not.toMatch(/participants|relation|select|\bat \b|\.ts/i);
      dataOf(await ann.get("/api/chat/conversations/"));
    });
});
