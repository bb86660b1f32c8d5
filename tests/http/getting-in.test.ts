import { describe, expect, test } from "bun:test";
import { hash } from "@node-rs/argon2";
import { ConfigError, readConfig } from "../../src/server/config.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { openTestStores } from "../support/stores.ts";
import { superuser } from "../support/superuser.ts";
import { dataOf, expectError, expectFaults, expectUser, times } from "./expectations.ts";

let people = 0;
const newEmail = () => `newcomer${++people}@example.com`;
const registration = (changes: Record<string, unknown> = {}) => ({
  email: newEmail(),
  first_name: "John",
  last_name: "Doe",
  password: PASSWORD,
  password_confirm: PASSWORD,
  ...changes,
});
const register = (client: Client, changes: Record<string, unknown> = {}) =>
  client.post("/api/users/register/", registration(changes));
const logIn = (client: Client, email: string, password = PASSWORD) =>
  client.post("/api/users/login/", { email, password });
const profile = (client: Client) => client.get("/api/users/profile/");

inEachMode("passwords", (mode) => {
  const server = withServer(mode);
  const twice = (password: string, changes: Record<string, unknown> = {}) =>
    register(server.visitor(), { password, password_confirm: password, ...changes });

  test.each(["password", "12345678", "PassWord1", " qwertyuiop ", "iloveyou1"])(
    "%j is too common",
    async (password) => {
      const answer = await twice(password);
      expectFaults(answer, "password");
      expect(answer.body.errors.password).toEqual(["This password is too common."]);
    },
  );

  test.each([
    ["its e-mail address", "Konstantin.Doe@example.com"],
    ["the part before the @", "konstantin.doe"],
    ["its first name", "KONSTANTIN"],
    ["its full name", "Konstantin Pettersen"],
    ["its full name the other way round", "pettersenkonstantin"],
  ])("an account's own is refused: %s", async (_, password) => {
    const own = { email: "konstantin.doe@example.com", first_name: "Konstantin", last_name: "Pettersen" };
    expect((await twice(password, own)).body.errors).toEqual({ password: ["This password is too common."] });
  });

  test("are as strict when they are changed", async () => {
    const ann = await server.person("Wilhelmina");
    const change = (password: string) =>
      ann.post("/api/users/password/", { old_password: PASSWORD, password, password_confirm: password });
    for (const password of ["password1", "wilhelmina", ann.user?.email ?? ""]) {
      const answer = await change(password);
      expect(answer.body.errors).toEqual({ password: ["This password is too common."] });
    }
    dataOf(await logIn(server.visitor(), ann.user?.email ?? ""));
  });

  test("count in whatever Unicode form a keyboard writes them", async () => {
    const composed = "Zürich-café-1".normalize("NFC");
    const decomposed = composed.normalize("NFD");
    for (const [set, typed] of [
      [composed, decomposed],
      [decomposed, composed],
    ] as const) {
      const { email } = dataOf(await register(server.visitor(), { password: set, password_confirm: typed }), 201);
      for (const password of [set, typed]) dataOf(await logIn(server.visitor(), email, password));
      expectError(await logIn(server.visitor(), email, "Zurich-cafe-1"), 401);
    }
  });

  test("of 128 letters that were typed as 256 are taken; of 129 they are not", async () => {
    const { email } = dataOf(await twice("e\u0301".repeat(128)), 201);
    dataOf(await logIn(server.visitor(), email, "é".repeat(128)));
    dataOf(await logIn(server.visitor(), email, "e\u0301".repeat(128)));
    expectFaults(await twice("é".repeat(129)), "password");
    expectFaults(await twice("e\u0301".repeat(7)), "password");
  });
});

describe("hashes of earlier releases", () => {
  test("of a form that is not normal still count, and are renewed at the login", async () => {
    const stores = await openTestStores("postgres");
    const server = await startTestServer("postgres", { DATABASE_URL: stores.databaseUrl ?? "" });
    const raw = "Zürich-café-1".normalize("NFD");
    const email = newEmail();
    const passwordHash = await hash(raw, { algorithm: 2, memoryCost: 128, timeCost: 2, parallelism: 1 });
    await stores.users.create({ email, firstName: "Old", lastName: "Timer", passwordHash, isSuperuser: false });
    const stored = async () => (await stores.users.byEmail(email))?.passwordHash ?? "";

    expectError(await logIn(server.visitor(), email, "wrong password"), 401);
    expect(await stored()).toBe(passwordHash);
    dataOf(await logIn(server.visitor(), email, raw));
    for (;;) if ((await stored()) !== passwordHash) break;
    expect(await stored()).toStartWith("$argon2id$v=19$m=64,t=1,p=1$");
    dataOf(await logIn(server.visitor(), email, raw));
    dataOf(await logIn(server.visitor(), email, raw.normalize("NFC")));
    await server.stop();
    await stores.close();
  });

  test("are renewed beside other logins, none of which fails", async () => {
    const stores = await openTestStores("postgres");
    const server = await startTestServer("postgres", { DATABASE_URL: stores.databaseUrl ?? "" });
    const email = newEmail();
    const passwordHash = await hash(PASSWORD, { algorithm: 2, memoryCost: 128, timeCost: 1, parallelism: 1 });
    await stores.users.create({ email, firstName: "Old", lastName: "Timer", passwordHash, isSuperuser: false });
    const answers = await Promise.all(times(50, () => logIn(server.visitor(), email)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    await server.stop();
    await stores.close();
  });
});

inEachMode("signing in", (mode) => {
  const server = withServer(mode);

  test("with the registration gives the cookies of a login, and the same body", async () => {
    const ann = server.visitor();
    const answer = await register(ann, { sign_in: true });
    const user = dataOf(answer, 201, "User registered successfully");
    expectUser(user);
    expect(user.last_seen).toBeNull();
    const [cookie = "", own = "", ...more] = answer.headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(/^sessionid=[^;]{40,}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(own.replace(/^confab-[\da-f]{8}=/, "sessionid=")).toBe(cookie);
    const seen = dataOf(await profile(ann));
    expect(seen.id).toBe(user.id);
    expect(Date.now() - Date.parse(seen.last_seen)).toBeLessThan(60_000);
  });

  test("with the registration ends the session that came along, as a login does", async () => {
    const ann = await server.person();
    const before = Object.assign(server.visitor(), { cookie: ann.cookie });
    const { id } = dataOf(await register(ann, { sign_in: true }), 201);
    expect(dataOf(await profile(ann)).id).toBe(id);
    expectError(await profile(before), 401);
  });

  test.each([undefined, false, null, "true", 1])("with sign_in %p sets no cookie", async (sign_in) => {
    const answer = await register(server.visitor(), { sign_in });
    expect(answer.headers.getSetCookie()).toEqual([]);
    if (sign_in) expectFaults(answer, "sign_in");
  });

  test("a registration that is refused signs nobody in and leaves the session alone", async () => {
    const ann = await server.person();
    expectFaults(await register(ann, { sign_in: true, email: ann.user?.email }), "email");
    expect(dataOf(await profile(ann)).id).toBe(ann.id);
  });

  test("tells superusers, and nobody else, that they are superusers", async () => {
    const [ann, root] = [await server.person(), await superuser(server)];
    expect(dataOf(await logIn(server.visitor(), root.user?.email ?? "")).is_superuser).toBe(true);
    expectUser(dataOf(await logIn(server.visitor(), ann.user?.email ?? "")));
  });
});

inEachMode("confirming the password", (mode) => {
  const server = withServer(mode, { RATE_LIMIT_LOGIN: "5/minute" });
  const confirm = (client: Client, body: unknown) => client.post("/api/users/confirm/", body);

  test("answers whether it is right, and is for people who are logged in", async () => {
    const ann = await server.person();
    dataOf(await confirm(ann, { password: PASSWORD }), 200, "Password confirmed");
    const wrong = await confirm(ann, { password: "wrong password" });
    expect(wrong.body.errors).toEqual({ password: ["The password is not right."] });
    expectFaults(await confirm(ann, {}), "password");
    expectError(await confirm(server.visitor(), { password: PASSWORD }), 401);
    expect(dataOf(await profile(ann)).id).toBe(ann.id);
  });

  test("counts as a login", async () => {
    const ann = await server.person();
    for (const _ of times(5, () => 0)) expectFaults(await confirm(ann, { password: "wrong password" }), "password");
    expectError(await confirm(ann, { password: PASSWORD }), 429);
  });

  if (mode === "postgres")
    test("counts for this session alone", async () => {
      const stores = await openTestStores("postgres");
      const other = await startTestServer("postgres", { DATABASE_URL: stores.databaseUrl ?? "" });
      const ann = await other.person();
      await other.visitor().logIn(ann.user?.email ?? "");
      await stores.query("UPDATE sessions SET proved_at = now() - interval '1 hour'", []);
      dataOf(await confirm(ann, { password: PASSWORD }));
      const proved = await stores.query<{ fresh: boolean }>(
        "SELECT proved_at > now() - interval '1 minute' AS fresh FROM sessions ORDER BY created_at",
        [],
      );
      expect(proved).toEqual([{ fresh: true }, { fresh: false }]);
      await other.stop();
      await stores.close();
    });
});

inEachMode("NAMES=any", (mode) => {
  const server = withServer(mode, { NAMES: "any" });

  test.each(["J", "Madonna", "R2-D2", "😀", "X Æ A-12", "C3PO", "★".repeat(100)])("takes the name %s", async (name) => {
    const user = dataOf(await register(server.visitor(), { first_name: name, last_name: name }), 201);
    expect(user.full_name).toBe(`${name} ${name}`);
  });

  test.each([
    "",
    " ",
    "\u200b\u2060",
    "\u3164",
    "\u2800",
    "a\u202eb",
    "a\u2067b",
    "a\u200fb",
    "a\0b",
    "a\nb",
    "x".repeat(101),
  ])("refuses the first name %j", async (name) => {
    expectFaults(await register(server.visitor(), { first_name: name }), "first_name");
  });

  test("refuses marks that would paint over other rows", async () => {
    expectFaults(await register(server.visitor(), { first_name: `Z${"\u0301".repeat(88)}` }), "first_name");
  });

  test("lets people have one name, without a space behind it anywhere", async () => {
    const solange = server.visitor();
    const user = dataOf(await register(solange, { first_name: "Solange", last_name: " ", sign_in: true }), 201);
    expect(user).toMatchObject({ first_name: "Solange", last_name: "", full_name: "Solange" });
    solange.user = user;
    const bob = await server.person("Bob");

    const found = async (search: string) =>
      dataOf(await bob.get(`/api/users/list/?search=${encodeURIComponent(search)}`)).map(
        ({ id }: { id: number }) => id,
      );
    for (const search of ["solange", `solange ${user.email}`, "SOLANGE NEW"])
      expect(await found(search)).toEqual([user.id]);

    const { id } = await bob.conversation([solange]);
    const socket = await bob.chat(id);
    const theirs = await solange.chat(id);
    theirs.send({ type: "typing", is_typing: true });
    expect(await socket.next("typing")).toMatchObject({ user_name: "Solange" });
    theirs.close();
    expect((await solange.send(id, "one")).sender_name).toBe("Solange");
    expect((await solange.send(id, "two", "2")).sender_name).toBe("Solange");
    const many = await Promise.all(times(20, (i) => solange.send(id, `${i}`)));
    expect(new Set(many.map(({ sender_name }) => sender_name))).toEqual(new Set(["Solange"]));
    expect(dataOf(await bob.get(`/api/chat/conversations/${id}/`)).display_name).toBe("Chat with Solange");
    socket.close();

    dataOf(await solange.patch("/api/users/profile/", { last_name: "Ciccone" }));
    expect(dataOf(await solange.patch("/api/users/profile/", { last_name: "" })).full_name).toBe("Solange");
  });
});

inEachMode("COOKIE_PREFIX=host", (mode) => {
  const server = withServer(mode, { COOKIE_PREFIX: "host" });
  const main = (set: string[]) => /^__Host-sessionid=([^;]*); /.exec(set[0] ?? "")?.[1] ?? "";
  const asked = (cookie: string, path = "/api/users/profile/") => server.visitor().get(path, { Cookie: cookie });

  test("names the cookies so that browsers take them from this host alone, by HTTPS", async () => {
    const body = registration();
    dataOf(await server.visitor().post("/api/users/register/", body), 201);
    const set = (await logIn(server.visitor(), body.email)).headers.getSetCookie();
    const [first = "", second = "", ...more] = set;
    expect(more).toEqual([]);
    expect(first).toMatch(/^__Host-sessionid=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(second.replace(/^__Host-confab-[\da-f]{8}=/, "__Host-sessionid=")).toBe(first);
    const token = main(set);
    for (const [, own = ""] of [/^([^;]+)/.exec(second) ?? []]) dataOf(await asked(own));
    dataOf(await asked(`__Host-sessionid=${token}`));
    dataOf(await asked(`__Host-sessionid=stale; __Host-sessionid=${token}`));
    expectError(await asked(`sessionid=${token}`), 401);

    const out = await server.visitor().post("/api/users/logout/", undefined, { Cookie: `__Host-sessionid=${token}` });
    dataOf(out);
    expect(out.headers.getSetCookie()[0]).toMatch(/^__Host-sessionid=; .*Secure/);
  });

  test("opens sockets, and the API's documents name it", async () => {
    const set = (await register(server.visitor(), { sign_in: true })).headers.getSetCookie();
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws/`, {
      headers: { Cookie: `__Host-sessionid=${main(set)}` },
    });
    await new Promise((opened, failed) => {
      socket.onopen = opened;
      socket.onerror = failed;
    });
    socket.close();
    for (const file of ["openapi", "asyncapi"]) {
      const { body } = await server.visitor().get(`/api/${file}.json`);
      expect(body.components.securitySchemes.session.name).toBe("__Host-sessionid");
    }
  });
});

test("COOKIE_PREFIX=host is refused where people come by HTTP", () => {
  const settings = { COOKIE_PREFIX: "host", PUBLIC_URL: "http://chat.example.com" };
  expect(() => readConfig(settings)).toThrow(ConfigError);
  expect(() => readConfig(settings)).toThrow("COOKIE_PREFIX host needs HTTPS");
  expect(readConfig({ ...settings, PUBLIC_URL: "https://chat.example.com" }).COOKIE_PREFIX).toBe("host");
});

test("the admin panel looks at all cookies of a name, up to four", async () => {
  const server = await startTestServer("embedded");
  const root = await superuser(server);
  const page = (cookie: string) => fetch(`${server.url}/admin`, { headers: { Cookie: cookie } });
  const token = root.cookie;
  expect((await page(`sessionid=stale; sessionid=${token}`)).status).toBe(200);
  expect((await page(`sessionid=1; sessionid=2; sessionid=3; sessionid=${token}`)).status).toBe(200);
  expect((await page(`sessionid=1; sessionid=2; sessionid=3; sessionid=4; sessionid=${token}`)).status).toBe(404);
  await server.stop();
});
