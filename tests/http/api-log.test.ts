import { beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLogs } from "../../src/server/platform/logs/open.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { uploadFile } from "../support/sent-files.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { handshake, rawRequest } from "../support/wire.ts";

const SECRET = "Geheimnis";

inEachMode("the API's log", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;

  beforeAll(async () => {
    [ann, bob] = [await server.person(), await server.person()];
  });
  beforeEach(() => {
    server.apiLog.length = 0;
  });

  const expectLines = (request: string, user: string | number, status: number) => {
    expect(server.apiLog).toHaveLength(2);
    expect(server.apiLog[0]).toBe(`API Request: ${request} - User: ${user} - IP: 127.0.0.1`);
    const response = server.apiLog[1]?.replace(/\d+\.\d{3}s$/, "0.123s");
    expect(response).toBe(`API Response: ${request} - Status: ${status} - Duration: 0.123s`);
  };

  test("has the original server's two lines for each request, with the user", async () => {
    await server.visitor().post("/api/users/login/", { email: ann.user?.email, password: "SecurePass123" });
    expectLines("POST /api/users/login/", "anonymous", 200);
  });

  test("has no name of a file, which is a part of a message", async () => {
    const file = `/api/files/${await uploadFile(ann, { name: "a.pdf", bytes: new Uint8Array(9) })}`;
    for (const [method, rest, shown] of [
      ["GET", "/Dismissal of Bob.pdf", "/…"],
      ["GET", "/Dismissal of Bob.pdf/", "/…/"],
      ["GET", "/alternative.pdf?size=320", "/…"],
      ["POST", "/address/", "/address/"],
    ] as const) {
      server.apiLog.length = 0;
      await ann.call(method, file + rest);
      expectLines(`${method} ${file}${shown}`, ann.id, 200);
    }
  });

  test("has no whole invite code, so that its readers can't use one", async () => {
    for (const [method, rest] of [
      ["GET", "/"],
      ["GET", ""],
      ["POST", "/accept/"],
      ["DELETE", "/"],
    ] as const) {
      server.apiLog.length = 0;
      await fetch(`${server.url}/api/invites/0123456789abcdef${rest}`, { method });
      expectLines(`${method} /api/invites/0123…${rest}`, "anonymous", method === "GET" ? 404 : 401);
    }
  });

  test("names a user by their id", async () => {
    await ann.get("/api/users/profile/");
    expectLines("GET /api/users/profile/", ann.id, 200);
  });

  test("has refused requests too", async () => {
    const requests: [number, string, () => Promise<unknown>][] = [
      [401, "GET /api/users/profile/", () => server.visitor().get("/api/users/profile/")],
      [404, "GET /api/nowhere", () => server.visitor().get("/api/nowhere")],
      [405, "DELETE /api/users/login/", () => server.visitor().delete("/api/users/login/")],
      [
        403,
        "POST /api/users/logout/",
        () => server.visitor().post("/api/users/logout/", {}, { Origin: "https://evil.example" }),
      ],
      [400, "POST /api/users/login/", () => server.visitor().post("/api/users/login/", "{")],
      [401, "GET /ws/", () => handshake(server.url, "/ws/")],
    ];
    for (const [status, request, ask] of requests) {
      server.apiLog.length = 0;
      await ask();
      expectLines(request, "anonymous", status);
    }
  });

  test("has upgrades", async () => {
    const socket = await ann.hub();
    expectLines("GET /ws/", ann.id, 101);
    socket.close();
  });

  test("has no query string", async () => {
    await ann.get(`/api/users/list/?search=${SECRET}`);
    expectLines("GET /api/users/list/", ann.id, 200);
    expect(server.apiLog.join()).not.toContain(SECRET);
  });

  test.each(["%0d%0a", "%0a", "%0d", "%e2%80%a8", "%c2%85", "%1b[2J"])(
    "stays one line when a path has %s",
    async (trick) => {
      // A login is not refused: of many refusals some are left out.
      await ann.get(`/api/users/profile/?x${trick}`);
      await ann.get(`/api/users/profile${trick}API%20Request:%20forged`);
      for (const line of server.apiLog) expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(server.apiLog.length).toBeGreaterThanOrEqual(2);
    },
  );

  test("lets no header forge a user, an address or a line", async () => {
    const headers = ["Host: localhost", "X-Forwarded-For: 1.2.3.4 - User: admin", "User-Agent: x\ry"];
    await rawRequest(server.url, ["GET /api/users/profile/ HTTP/1.1", ...headers]);
    for (const line of server.apiLog) expect(line).not.toMatch(/admin|1\.2\.3\.4|\r/);
  });

  test("and the server's own have no password, cookie, token or content", async () => {
    const path = `/api/chat/conversations/${(await ann.conversation([bob])).id}/messages/`;
    const person = server.visitor();
    const password = `${SECRET}1`;
    const email = `secretive.${mode}@example.com`;
    const registration = { email, first_name: "No", last_name: "Body", password, password_confirm: password };
    await person.post("/api/users/register/", registration);
    await person.logIn(email, password);
    const tokens = [person.cookie, ann.cookie, bob.cookie, SECRET];
    await person.post("/api/users/login/", { email, password: `${SECRET}2` });
    await person.post("/api/users/password/", { old_password: `${SECRET}3`, password, password_confirm: password });
    await person.post("/api/users/login/", `{"password":"${SECRET}`);
    await person.get(`/api/users/list/?search=${SECRET}&password=${SECRET}`);
    const sent = await ann.send(path.split("/")[4] ?? "", `${SECRET}, written`, SECRET);
    await ann.patch(`${path}${sent.id}/`, { content: `${SECRET}, edited` });
    await ann.post(path, { content: `${SECRET}\0` });
    await ann.post(path, { content: SECRET, client_id: SECRET });
    const socket = await ann.chat(sent.conversation_id);
    socket.send({ content: `${SECRET} by socket`, ref: "1" });
    socket.send(`{"broken": "${SECRET}`);
    socket.send({ type: SECRET });
    await socket.settled();
    socket.close();
    await person.post("/api/users/logout/");

    const written = [...server.log, ...server.apiLog].join("\n");
    expect(server.apiLog.length).toBeGreaterThan(20);
    for (const token of tokens) expect(written).not.toContain(token ?? "?");
  });
});

describe("refused requests in the API's log", () => {
  const PROFILE = "/api/users/profile/";

  test("are written five times in ten seconds for a status and a network, and then counted", async () => {
    const server = await startTestServer("embedded", { TRUSTED_PROXIES: "1" });
    const ann = await server.person();
    server.apiLog.length = 0;
    const ask = (path: string, address: string) => server.visitor().get(path, { "X-Forwarded-For": address });
    for (let n = 0; n < 100; n++) await ask(PROFILE, "192.0.2.1");
    const lines = (text: string) => server.apiLog.filter((line) => line.includes(text));
    expect(lines("Status: 401")).toHaveLength(5);
    expect(lines("API Request: ")).toHaveLength(5);
    // Another status, another network, and what is not refused are told as ever.
    await ask("/api/nowhere/", "192.0.2.1");
    await ask(PROFILE, "192.0.2.2");
    await ann.get(PROFILE, { "X-Forwarded-For": "192.0.2.1" });
    expect(lines("Status: 404")).toHaveLength(1);
    expect(lines("192.0.2.2")).toHaveLength(1);
    expect(server.apiLog.slice(-2)).toEqual([
      `API Request: GET ${PROFILE} - User: ${ann.id} - IP: 192.0.2.1`,
      expect.stringContaining(`API Response: GET ${PROFILE} - Status: 200`),
    ]);
    await server.stop();
    expect(lines("API Refused")).toEqual(["API Refused: 95 more - Status: 401 - From: 192.0.2.1"]);
  });

  test("are counted when they come from very many networks at once", async () => {
    const server = await startTestServer("embedded", { TRUSTED_PROXIES: "1" });
    const started = performance.now();
    const asked = 1_000;
    for (let n = 0; n < asked; n += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          server.visitor().get(PROFILE, { "X-Forwarded-For": `2001:db8:${(n + i).toString(16)}::1` }),
        ),
      );
    const seconds = Math.ceil((performance.now() - started) / 1_000) + 1;
    await server.stop();
    const told = server.apiLog.filter((line) => line.startsWith("API Response")).length;
    const counts = server.apiLog.flatMap((line) => /Refused: (\d+) more - From: many/.exec(line)?.[1] ?? []);
    // Those that were under way when a second had its fill are told all the same.
    expect(told).toBeLessThanOrEqual(seconds * 150);
    expect(told + counts.reduce((sum, count) => sum + Number(count), 0)).toBeGreaterThanOrEqual(asked);
  });
});

describe("api.log", () => {
  test("has each line in the form of the original server, with its time", async () => {
    const folder = mkdtempSync(join(tmpdir(), "confab-log-"));
    const logs = openLogs({ LOG_LEVEL: "info", LOG_DIR: folder, LOG_FORMAT: "json" });
    logs.writeApiLog("API Request: POST /api/users/login/ - User: anonymous - IP: 127.0.0.1");
    await logs.close();
    const text = readFileSync(join(folder, "api.log"), "utf8");
    rmSync(folder, { recursive: true });
    expect(text).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO API Request: POST \/api\/users\/login\/ - User: anonymous - IP: 127\.0\.0\.1\n$/,
    );
    expect(Math.abs(Date.now() - Date.parse(`${text.slice(0, 19).replace(" ", "T")}Z`))).toBeLessThan(60_000);
  });
});
