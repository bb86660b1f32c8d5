import { expect, test } from "bun:test";
import postgres from "postgres";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachMode, modes } from "../support/modes.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { dataOf, expectError, times, UNKNOWN_ID } from "./expectations.ts";

const MAX = 4;
const SESSIONS = "/api/users/sessions/";
const profile = (who: Client) => who.get("/api/users/profile/");

inEachMode("sessions", (mode) => {
  const server = withServer(mode, { MAX_SESSIONS_PER_USER: String(MAX) });

  const again = (who: Client) => server.visitor().logIn(who.user?.email ?? "");

  test("all other sessions of a user end at once, with their sockets", async () => {
    const [ann, bob] = [await server.person(), await server.person()];
    const others = [await again(ann), await again(ann)];
    const sockets = [await ann.hub(), ...(await Promise.all(others.map((other) => other.hub())))];
    const answer = await ann.delete(SESSIONS);
    dataOf(answer, 200, "Sessions ended");
    expect(answer.body.meta).toEqual({ ended: 2 });
    for (const socket of sockets.slice(1)) expect((await socket.closed).code).toBe(4401);
    for (const other of others) expectError(await profile(other), 401);
    dataOf(await profile(ann));
    dataOf(await profile(bob));
    expect(dataOf(await ann.get(SESSIONS))).toHaveLength(1);
    expect((await ann.delete(SESSIONS)).body.meta).toEqual({ ended: 0 });
    expectError(await server.visitor().delete(SESSIONS), 401);
    for (const socket of sockets) socket.close();
  });

  test("a login beyond MAX_SESSIONS_PER_USER ends the one that was used longest ago", async () => {
    const first = await server.person();
    const rest = [];
    for (const _ of times(MAX - 1, () => 0)) rest.push(await again(first));
    const [second] = rest;
    const socket = await first.hub();
    for (const who of [first, ...rest]) dataOf(await profile(who));
    const newest = await again(first);
    expect((await socket.closed).code).toBe(4401);
    expectError(await profile(first), 401);
    for (const who of [...rest, newest]) dataOf(await profile(who));
    expect(dataOf(await newest.get(SESSIONS))).toHaveLength(MAX);
    await again(first);
    expectError(await profile(second as Client), 401);
  });

  test("logins that race leave MAX_SESSIONS_PER_USER sessions", async () => {
    const ann = await server.person();
    const clients = await Promise.all(times(20, () => again(ann)));
    const statuses = await Promise.all([ann, ...clients].map(async (who) => (await profile(who)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(MAX);
  });
});

if (modes.includes("postgres"))
  for (const mode of modes.filter((mode) => mode !== "embedded"))
    test(`an admin's act that can't be undone needs a password that was shown lately (${mode})`, async () => {
      const server = await startTestServer(mode);
      const sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1 });
      try {
        const root = await superuser(server, "Root");
        const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
        const { id } = await ann.conversation([bob]);
        const message = await ann.send(id, "stays");
        const user = `/api/admin/users/${ann.id}/`;
        const conversation = `/api/admin/conversations/${id}/`;
        const added = { email: "added@example.com", first_name: "Added", last_name: "Person", is_superuser: true };
        const acts: [string, () => ReturnType<Client["get"]>][] = [
          ["granting", () => root.patch(user, { is_superuser: true })],
          ["revoking", () => root.patch(user, { is_superuser: false })],
          ["making a password link", () => root.post(`${user}reset-link/`)],
          ["adding a superuser", () => root.post("/api/admin/users/", added)],
          ["deactivating", () => root.patch(user, { is_active: false })],
          ["removing a message", () => root.delete(`${conversation}messages/${message.id}/`)],
          ["removing a conversation", () => root.delete(conversation)],
        ];
        await sql`UPDATE sessions SET proved_at = now() - interval '15 minutes' WHERE user_id = ${root.id}`;
        // The node believes for five seconds what it read of a session; a new name makes it read again.
        await server.person().then(() => root.patch("/api/users/profile/", { first_name: "Root" }));
        const stale = async () => {
          for (const [act, ask] of acts) {
            const answer = await ask();
            expect([act, answer.status]).toEqual([act, 403]);
            expectError(answer, 403, { message: "Confirm your password first.", code: "confirmation_required" });
          }
        };
        await stale();
        // The rest goes on: looking, reactivating, ending sessions.
        dataOf(await root.get(user));
        dataOf(await root.patch(user, { is_active: true }));
        dataOf(await root.delete(`${user}sessions/`));
        // To all others the acts are not there, proved or not.
        expectError(await bob.delete(conversation), 404, { message: "Not found" });
        expect((await bob.get(`/api/chat/conversations/${id}/`)).status).toBe(200);

        // The node has read it of late, and goes on believing it.
        dataOf(await root.get("/api/users/profile/"));
        // Another node has written it down: it counts here at once, though this one was told nothing.
        await sql`UPDATE sessions SET proved_at = now() - interval '14 minutes' WHERE user_id = ${root.id}`;
        for (const [act, ask] of acts) expect([200, 201], act).toContain((await ask()).status);

        // A changed password was shown just now.
        await sql`UPDATE sessions SET proved_at = now() - interval '1 day' WHERE user_id = ${root.id}`;
        await root.patch("/api/users/profile/", { first_name: "Root" });
        expectError(await root.delete(`/api/admin/conversations/${UNKNOWN_ID}/`), 403);
        const change = { old_password: PASSWORD, password: "An0ther one", password_confirm: "An0ther one" };
        dataOf(await root.post("/api/users/password/", change));
        expectError(await root.delete(`/api/admin/conversations/${UNKNOWN_ID}/`), 404);
      } finally {
        await sql.end();
        await server.stop();
      }
    });
