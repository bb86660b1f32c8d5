import { beforeAll, describe, expect, test } from "bun:test";
import { addedUser } from "../../src/protocol/admin.ts";
import { resetCheck } from "../../src/protocol/users.ts";
import { PASSWORD_COST } from "../../src/server/features/accounts/passwords.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { startTestServer, type TestServer, withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { dataOf, expectError, expectFaults, expectShape, expectUser, times } from "./expectations.ts";

const NEW_PASSWORD = "AnotherPass456";
const UNKNOWN_TOKEN = "A".repeat(43);
const BAD_TOKEN = ["This link has expired or was used. Ask for a new one."];
let people = 0;
const newPerson = (changes: Record<string, unknown> = {}) => ({
  email: `added${++people}@example.com`,
  first_name: "Ada",
  last_name: "Example",
  ...changes,
});
const tokenOf = ({ url }: { url: string }) => new URL(url).hash.slice(1);
const check = (by: Client, token: unknown) => by.post("/api/users/password/reset/check/", { token });
const confirm = (by: Client, token: unknown, more: object = {}) =>
  by.post("/api/users/password/reset/confirm/", {
    token,
    password: NEW_PASSWORD,
    password_confirm: NEW_PASSWORD,
    ...more,
  });
const logIn = (server: TestServer, email: string | undefined, password: string) =>
  server.visitor().post("/api/users/login/", { email, password });

inEachMode("password links", (mode) => {
  const server = withServer(mode);
  let root: Client;
  beforeAll(async () => {
    root = await superuser(server, "Root");
  });

  const resetLink = async (person: Client) =>
    dataOf(await root.post(`/api/admin/users/${person.id}/reset-link/`), 201, "Reset link created successfully");
  const add = (body: object, by = root) => by.post("/api/admin/users/", body);
  const actionsOn = async (id: number) =>
    dataOf(await root.get(`/api/admin/audit/?target_type=user&target_id=${id}`)).map(
      (entry: { action: string }) => entry.action,
    );
  const expectBadToken = async (token: unknown) => {
    for (const answer of [await check(server.visitor(), token), await confirm(server.visitor(), token)]) {
      expectFaults(answer, "token");
      expect(answer.body.errors.token).toEqual(BAD_TOKEN);
    }
  };

  describe("a reset link", () => {
    test("lets a person who forgot their password set another one, and sign in with it", async () => {
      const ann = await server.person("Ann");
      const email = ann.user?.email ?? "";
      const [chat, hub] = [await ann.chat((await ann.conversation([root])).id), await ann.hub()];
      const link = await resetLink(ann);
      expect(link.url).toMatch(new RegExp(`^${server.url}/password#[\\w-]{43}$`));
      const life = Date.parse(link.expires_at) - Date.now();
      expect(Math.abs(life - 86_400_000)).toBeLessThan(60_000);
      const told = dataOf(await check(server.visitor(), tokenOf(link)));
      expectShape(resetCheck.strict(), told);
      expect(told).toEqual({ email, full_name: "Ann Tester", is_new: false });
      const visitor = server.visitor();
      const answer = await confirm(visitor, tokenOf(link));
      const user = dataOf(answer, 200, "Password changed successfully");
      expectUser(user);
      expect(user.id).toBe(ann.id);
      expect(visitor.cookie).toBeUndefined();
      for (const socket of [chat, hub]) expect((await socket.closed).code).toBe(4401);
      expect((await ann.get("/api/users/profile/")).status).toBe(401);
      expectError(await logIn(server, email, PASSWORD), 401);
      dataOf(await logIn(server, email, NEW_PASSWORD));
      await expectBadToken(tokenOf(link));
    });

    test("signs in when it is asked to, in place of the person who is signed in there", async () => {
      const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
      const before = bob.at(server.url);
      dataOf(await confirm(bob, tokenOf(await resetLink(ann)), { sign_in: true }));
      expect(dataOf(await bob.get("/api/users/profile/")).id).toBe(ann.id);
      expect((await before.get("/api/users/profile/")).status).toBe(401);
    });

    test("voids the earlier ones, and is void with the use of another", async () => {
      const ann = await server.person("Ann");
      const first = tokenOf(await resetLink(ann));
      const second = tokenOf(await resetLink(ann));
      await expectBadToken(first);
      dataOf(await check(server.visitor(), second));
      dataOf(await confirm(server.visitor(), second));
      await expectBadToken(second);
    });

    test("one of 50 racing uses sets the password", async () => {
      const ann = await server.person("Ann");
      const token = tokenOf(await resetLink(ann));
      const passwords = times(50, (i) => `Password-${i}-racing`);
      const answers = await Promise.all(
        passwords.map((password) => confirm(server.visitor(), token, { password, password_confirm: password })),
      );
      const won = passwords.filter((_, i) => answers[i]?.status === 200);
      expect(won).toHaveLength(1);
      for (const answer of answers) if (answer.status !== 200) expectFaults(answer, "token");
      dataOf(await logIn(server, ann.user?.email, won[0] ?? ""));
    });

    test("wants a password as registering does, and is not used up by a wrong one", async () => {
      const ann = await server.person("Ann");
      const token = tokenOf(await resetLink(ann));
      expectFaults(await confirm(server.visitor(), token, { password: "short" }), "password");
      expectFaults(await confirm(server.visitor(), token, { password_confirm: "different1" }), "password");
      const none = await server.visitor().post("/api/users/password/reset/confirm/", {});
      expectFaults(none, "token", "password", "password_confirm");
      expectFaults(await confirm(server.visitor(), token, { sign_in: "yes" }), "sign_in");
      const email = ann.user?.email ?? "";
      for (const own of [email, email.toUpperCase(), "Ann Tester"]) {
        const answer = await confirm(server.visitor(), token, { password: own, password_confirm: own });
        expectFaults(answer, "password");
        expect(answer.body.errors.password).toEqual(["This password is too common."]);
      }
      dataOf(await confirm(server.visitor(), token));
    });

    test("is nothing but the right token", async () => {
      for (const token of [UNKNOWN_TOKEN, "", "x", "\0", "A".repeat(5_000), `${UNKNOWN_TOKEN}'`])
        await expectBadToken(token);
      for (const token of [undefined, null, 7, {}, []])
        for (const answer of [await check(server.visitor(), token), await confirm(server.visitor(), token)])
          expectFaults(answer, "token");
    });

    test("opens no deactivated account, and is not made for one", async () => {
      const ann = await server.person("Ann");
      const token = tokenOf(await resetLink(ann));
      const change = (is_active: boolean) => root.patch(`/api/admin/users/${ann.id}/`, { is_active });
      dataOf(await change(false));
      await expectBadToken(token);
      expectError(await root.post(`/api/admin/users/${ann.id}/reset-link/`), 409, { code: "user_inactive" });
      // The link may be in other hands: who is let in again gets another one.
      dataOf(await change(true));
      await expectBadToken(token);
      dataOf(await confirm(server.visitor(), tokenOf(await resetLink(ann))));
    });

    test("is void once its person has changed their password themselves", async () => {
      const ann = await server.person("Ann");
      const token = tokenOf(await resetLink(ann));
      const change = { old_password: PASSWORD, password: NEW_PASSWORD, password_confirm: NEW_PASSWORD };
      dataOf(await ann.post("/api/users/password/", change));
      await expectBadToken(token);
    });

    test("is made for people who are there, by superusers", async () => {
      for (const unknown of ["999999", "0", "x", "2147483648"])
        expectError(await root.post(`/api/admin/users/${unknown}/reset-link/`), 404, { message: "User not found" });
      const ann = await server.person("Ann");
      for (const who of [ann, server.visitor()])
        expectError(await who.post(`/api/admin/users/${ann.id}/reset-link/`), 404, { message: "Not found" });
    });

    test("is in the audit log and the security log, without its token", async () => {
      const ann = await server.person("Ann");
      const token = tokenOf(await resetLink(ann));
      dataOf(await confirm(server.visitor(), token));
      expect(await actionsOn(ann.id)).toEqual(["reset_link_made"]);
      const events = server.securityLog.map((line) => JSON.parse(line));
      const made = { event: "reset_link_made", user_id: ann.id, by: root.id };
      expect(events).toContainEqual(expect.objectContaining(made));
      expect(events).toContainEqual(expect.objectContaining({ event: "password_reset", user_id: ann.id }));
      expect([...server.log, ...server.apiLog, ...server.securityLog].join("\n")).not.toContain(token);
    });
  });

  describe("a person whom a superuser adds", () => {
    test("has an account, sets a password by the link and is signed in", async () => {
      const body = newPerson();
      const added = dataOf(await add(body), 201, "User added successfully");
      expectShape(addedUser.strict(), added);
      expect(added.user).toMatchObject({
        email: body.email,
        full_name: "Ada Example",
        is_superuser: false,
        is_active: true,
      });
      const life = Date.parse(added.expires_at) - Date.now();
      expect(Math.abs(life - 7 * 86_400_000)).toBeLessThan(60_000);
      expect(dataOf(await check(server.visitor(), tokenOf(added))).is_new).toBe(true);
      const ada = server.visitor();
      dataOf(await confirm(ada, tokenOf(added), { sign_in: true }));
      expect(dataOf(await ada.get("/api/users/profile/")).email).toBe(body.email);
      dataOf(await logIn(server, body.email, NEW_PASSWORD));
      expect(await actionsOn(added.user.id)).toEqual(["user_added"]);
    });

    test("is found and written to before they have come", async () => {
      const { user } = dataOf(await add(newPerson({ first_name: "Early" })), 201);
      const ann = await server.person("Ann");
      const found = dataOf(await ann.get("/api/users/list/?search=early"));
      expect(found).toContainEqual(expect.objectContaining({ id: user.id }));
      const made = await ann.post("/api/chat/conversations/", { participant_ids: [user.id] });
      await ann.send(dataOf(made, 201).id, "welcome");
    });

    test("may be a superuser", async () => {
      const added = dataOf(await add(newPerson({ is_superuser: true })), 201);
      expect(added.user.is_superuser).toBe(true);
      const ada = server.visitor();
      dataOf(await confirm(ada, tokenOf(added), { sign_in: true }));
      dataOf(await ada.get("/api/admin/users/"));
    });

    test("has an e-mail that nobody else has", async () => {
      const ann = await server.person("Ann");
      const answer = await add(newPerson({ email: ann.user?.email?.toUpperCase() }));
      expectFaults(answer, "email");
      expect(answer.body.errors.email).toEqual(["A user with this email already exists."]);
    });

    test("must have a valid name and e-mail", async () => {
      expectFaults(await add({}), "email", "first_name", "last_name");
      expectFaults(
        await add(newPerson({ email: "x", first_name: "J", is_superuser: 1 })),
        "email",
        "first_name",
        "is_superuser",
      );
    });

    test("is added by superusers alone", async () => {
      const ann = await server.person("Ann");
      for (const who of [ann, server.visitor()])
        expectError(await add(newPerson(), who), 404, { message: "Not found" });
    });
  });
});

test("a superuser adds people where registration is closed", async () => {
  const server = await startTestServer("embedded");
  const { environment } = server;
  const root = await superuser(server, "Root");
  await server.running.stop();
  const closed = await startTestServer("embedded", { ...environment, REGISTRATION: "closed" });
  try {
    const added = dataOf(await root.at(closed.url).post("/api/admin/users/", newPerson()), 201);
    const ada = closed.visitor();
    dataOf(await confirm(ada, tokenOf(added), { sign_in: true }));
    dataOf(await ada.get("/api/users/profile/"));
  } finally {
    await closed.stop();
  }
});

test("a login to an account without a password costs and looks like any other wrong one", async () => {
  const server = await startTestServer("embedded", {}, { passwordCost: PASSWORD_COST });
  try {
    const root = await superuser(server, "Root");
    const { email } = dataOf(await root.post("/api/admin/users/", newPerson()), 201).user;
    const timed = async (address: string | undefined) => {
      const started = performance.now();
      const answer = await logIn(server, address, PASSWORD);
      expectError(answer, 401, { code: "invalid_credentials" });
      return { ms: performance.now() - started, text: answer.text };
    };
    const ann = await server.person("Ann");
    dataOf(
      await confirm(server.visitor(), tokenOf(dataOf(await root.post(`/api/admin/users/${ann.id}/reset-link/`), 201))),
    );
    const [added, known]: { ms: number; text: string }[][] = [[], []];
    for (const _ of times(9, (i) => i)) {
      added?.push(await timed(email));
      known?.push(await timed(ann.user?.email));
    }
    expect(added?.[0]?.text).toBe(known?.[0]?.text ?? "");
    const fastest = (tries: { ms: number }[] | undefined) => Math.min(...(tries ?? []).map(({ ms }) => ms));
    // The work is the same; what cost none would be ten times faster.
    expect(fastest(added)).toBeGreaterThan(fastest(known) / 2);
    expect(fastest(added)).toBeLessThan(fastest(known) * 2);
  } finally {
    await server.stop();
  }
});
