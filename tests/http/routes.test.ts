import { beforeAll, expect, test } from "bun:test";
import { routes as registered } from "../support/documents.ts";
import { withServer } from "../support/server.ts";
import { handshake } from "../support/wire.ts";
import { expectError, UNKNOWN_ID } from "./expectations.ts";

const routes = [
  ...new Set(registered.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`)),
].sort();

/** The calls that strangers may make, with the status that an empty request gets. */
const PUBLIC: Record<string, number> = {
  "POST /api/users/register": 400,
  "POST /api/users/login": 400,
  "POST /api/users/logout": 400,
  "POST /api/users/password/reset/check": 400,
  "POST /api/users/password/reset/confirm": 400,
  "GET /api/invites/:code": 404,
  "GET /api/server": 200,
  "GET /api/chat/health": 200,
  "GET /api/chat/health/ready": 200,
  "GET /": 200,
  "GET /search": 200,
  "GET /sign-in": 200,
  "GET /register": 200,
  "GET /password": 200,
  "GET /invite/:code": 200,
  "GET /c/:id/:seq?": 200,
  "GET /mentions": 200,
  "GET /saved": 200,
  "GET /scheduled": 200,
  "GET /people": 200,
  "GET /c/:id/t/:seq": 200,
  "GET /threads": 200,
  "GET /archive": 200,
  "GET /settings/:part?": 200,
  "GET /assets/:name": 404,
  "GET /icons/:name": 404,
  "GET /manifest.webmanifest": 200,
  "GET /robots.txt": 200,
  "GET /sw.js": 200,
  "GET /.well-known/security.txt": 404,
  "GET /api/openapi.json": 200,
  "GET /api/asyncapi.json": 200,
  "GET /api/docs": 200,
  "OPTIONS /api/files": 204,
};
const isAdmin = (route: string) => route.includes(" /api/admin/");
const guarded = routes.filter((route) => !(route in PUBLIC) && !isAdmin(route));
const hidden = routes.filter(isAdmin);

const server = withServer("embedded");
let conversationId: string;
beforeAll(async () => {
  const ann = await server.person();
  conversationId = (await ann.conversation([await server.person()])).id;
});

/** Every way to fill in a path: what is there, what isn't, and what can't be. */
const filledIn = (path: string) =>
  [conversationId, UNKNOWN_ID, "no-id"].map(
    (id) => `${path.replace(/:\w+/g, id).replace(/\/?$/, "/")}?limit=x&after_version=x`,
  );

test("the app has these many routes, the public ones among them", () => {
  expect(routes).toHaveLength(134);
  expect(routes).toEqual(expect.arrayContaining(Object.keys(PUBLIC)));
  expect(guarded).toContain("GET /ws/chat/:conversationId");
  expect(hidden).toHaveLength(21);
});

test.each(Object.entries(PUBLIC))("%s is public", async (route, status) => {
  const [method = "", path = ""] = route.split(" ");
  expect((await server.visitor().call(method, path)).status).toBe(status);
});

test.each(guarded)("%s needs a login", async (route) => {
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

test.each(hidden)("%s is 404 for everybody but superusers", async (route) => {
  const [method = "", path = ""] = route.split(" ");
  const person = await server.person();
  for (const filled of filledIn(path))
    for (const visitor of [server.visitor(), person])
      expectError(await visitor.call(method, filled), 404, { message: "Not found", code: "not_found" });
});

test.each(guarded.filter((route) => route.startsWith("GET /ws")))(
  "%s opens no socket without a login",
  async (route) => {
    for (const filled of filledIn(route.replace("GET ", "")))
      expectError(await handshake(server.url, filled), 401, { message: "Authentication required" });
  },
);
