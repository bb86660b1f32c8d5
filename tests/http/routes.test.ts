import { afterAll, beforeAll, expect, test } from "bun:test";
import { type AppServices, createApp } from "../../src/http/app.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { expectError, UNKNOWN_ID } from "./expectations.ts";
import { handshake } from "./raw.ts";

/** Only what the app looks at while it is put together: its routes are read here, never called. */
const UNUSED = { corsOrigins: [], limits: {}, trustedProxies: 0 } as unknown as AppServices;
const routes = [
  ...new Set(
    createApp(UNUSED)
      .routes.filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path}`),
  ),
].sort();

/** What strangers may call, and what they are answered when they send nothing. */
const PUBLIC: Record<string, number> = {
  "POST /api/users/register": 400,
  "POST /api/users/login": 400,
  "POST /api/users/logout": 400,
  "GET /api/chat/health": 200,
  "GET /api/chat/health/ready": 200,
};
const guarded = routes.filter((route) => !(route in PUBLIC));

let server: TestServer;
let conversationId: string;
beforeAll(async () => {
  server = await startTestServer("embedded");
  const ann = await server.person();
  conversationId = (await ann.conversation([await server.person()])).id;
});
afterAll(() => server.stop());

/** Every way to fill in a path: what is there, what isn't, and what can't be. */
const filledIn = (path: string) =>
  [conversationId, UNKNOWN_ID, "no-id"].map(
    (id) => `${path.replace(/:\w+/g, id).replace(/\/?$/, "/")}?limit=x&after_version=x`,
  );

test("the app has these many routes, the public ones among them", () => {
  expect(routes).toHaveLength(24);
  expect(routes).toEqual(expect.arrayContaining(Object.keys(PUBLIC)));
  expect(guarded).toContain("GET /ws/chat/:conversationId");
});

test.each(Object.entries(PUBLIC))("%s is public", async (route, status) => {
  const [method = "", path = ""] = route.split(" ");
  expect((await server.visitor().call(method, path)).status).toBe(status);
});

test.each(guarded)("%s answers nobody but who is logged in", async (route) => {
  const [method = "", path = ""] = route.split(" ");
  const methods = method === "GET" ? ["GET", "HEAD"] : [method];
  for (const filled of filledIn(path))
    for (const cookie of [undefined, "x".repeat(43)])
      for (const each of methods) {
        const visitor = server.visitor();
        visitor.cookie = cookie;
        const answer = await visitor.call(each, filled);
        if (each === "HEAD") expect(answer.status).toBe(401);
        else expectError(answer, 401, { message: "Authentication required", code: "authentication_required" });
      }
});

test.each(guarded.filter((route) => route.startsWith("GET /ws")))("%s opens no socket to strangers", async (route) => {
  for (const filled of filledIn(route.replace("GET ", "")))
    expectError(await handshake(server.url, filled), 401, { message: "Authentication required" });
});
