import { afterAll, describe, expect, test } from "bun:test";
import postgres from "postgres";
import { profile as profileShape, sessionInfo } from "../../src/protocol/users.ts";
import { PASSWORD_COST } from "../../src/server/features/accounts/passwords.ts";
import { type Answer, type Client, PASSWORD } from "../support/client.ts";
import { startClosedDirectory } from "../support/closed-directory.ts";
import { inEachMode } from "../support/modes.ts";
import { startTestServer, type TestServer, withServer } from "../support/server.ts";
import {
  dataOf,
  expectError,
  expectFaults,
  expectShape,
  expectUser,
  ids,
  rows,
  times,
  UNKNOWN_ID,
} from "./expectations.ts";

let people = 0;
const newEmail = () => `somebody${++people}@example.com`;

/** A faultless registration, but for what the test says. */
const registration = (changes: Record<string, unknown> = {}) => ({
  email: newEmail(),
  first_name: "John",
  last_name: "Doe",
  password: PASSWORD,
  password_confirm: PASSWORD,
  ...changes,
});
const withPassword = (password: unknown) => registration({ password, password_confirm: password });

const register = (server: TestServer, body: unknown) => server.visitor().post("/api/users/register/", body);
const logIn = (client: Client, email: unknown, password: unknown = PASSWORD, headers?: Record<string, string>) =>
  client.post("/api/users/login/", { email, password }, headers);
const profile = (client: Client) => client.get("/api/users/profile/");

/** A client that has this session cookie. */
function withCookie(server: TestServer, cookie: string | undefined): Client {
  const client = server.visitor();
  client.cookie = cookie;
  return client;
}

/** The same account on another device. */
const otherDevice = (server: TestServer, { user }: Client) => server.visitor().logIn(user?.email ?? "");

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const started = performance.now();
  const result = await work();
  return { result, ms: performance.now() - started };
}

inEachMode("users", (mode) => {
  const server = withServer(mode, { TRUSTED_PROXIES: "1" });

  describe("registering", () => {
    test("answers 201 with the user, and logs nobody in", async () => {
      const body = registration({ first_name: "Jane", last_name: "Smith" });
      const answer = await register(server, body);
      const user = dataOf(answer, 201, "User registered successfully");
      expectUser(user);
      expect(user).toMatchObject({ email: body.email, first_name: "Jane", last_name: "Smith", last_seen: null });
      expect(user.full_name).toBe("Jane Smith");
      expect(answer.headers.getSetCookie()).toEqual([]);
    });

    test("names every faulty field at once", async () => {
      expectFaults(await register(server, {}), "email", "first_name", "last_name", "password", "password_confirm");
      const wrong = { email: "x", first_name: "J", last_name: "1", password: "short", password_confirm: "other" };
      const answer = await register(server, wrong);
      expectFaults(answer, "email", "first_name", "last_name", "password");
      expect(answer.body.errors.password).toContain("Passwords do not match.");
    });

    test("refuses passwords that differ, with the contract's text", async () => {
      const answer = await register(server, registration({ password_confirm: "SecurePass124" }));
      expectFaults(answer, "password");
      expect(answer.body.errors.password).toEqual(["Passwords do not match."]);
    });

    test("refuses an e-mail that is taken, in any letter case, with the contract's text", async () => {
      const { email } = dataOf(await register(server, registration()), 201);
      for (const taken of [email, email.toUpperCase()]) {
        const answer = await register(server, registration({ email: taken }));
        expectFaults(answer, "email");
        expect(answer.body.errors.email).toEqual(["A user with this email already exists."]);
      }
    });

    test("of 10 racing registrations of one e-mail one is done", async () => {
      const email = newEmail();
      const answers = await Promise.all(times(10, () => register(server, registration({ email }))));
      expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...times(9, () => 400)]);
      for (const refused of answers.filter((answer) => answer.status === 400))
        expect(refused.body.errors).toEqual({ email: ["A user with this email already exists."] });
    });

    test("stores the e-mail in lower case", async () => {
      const email = newEmail();
      expect(dataOf(await register(server, registration({ email: email.toUpperCase() })), 201).email).toBe(email);
    });

    const domain = `${"d".repeat(60)}.${"e".repeat(60)}.${"f".repeat(60)}.com`;
    const longest = `${"a".repeat(254 - domain.length - 1)}@${domain}`;
    test.each([
      longest,
      "first.last+tag@sub.example.co.uk",
      "o'neil@example.com",
      "ivan@example.xn--p1ai",
      "a/b!c#d@example.com",
    ])("takes the e-mail %s", async (email) => {
      expect(dataOf(await register(server, registration({ email })), 201).email).toBe(email);
    });

    const badEmails = [
      "",
      " ",
      "plain",
      "a@b",
      "a b@example.com",
      "@example.com",
      "a@",
      "a@exam..ple.com",
      "a\0@example.com",
    ];
    test.each(rows([...badEmails, `a${longest}`, 5, null, [], undefined]))("refuses the e-mail %j", async (email) => {
      expectFaults(await register(server, registration({ email })), "email");
    });

    test.each([
      ["two letters", "Jo", "Jo"],
      ["100 letters", "x".repeat(100), "x".repeat(100)],
      ["100 letters of two UTF-16 units each", "𐐀".repeat(100), "𐐀".repeat(100)],
      ["100 letters that were typed as 200", "e\u0301".repeat(100), "é".repeat(100)],
      ["Cyrillic", "Иван", "Иван"],
      ["Chinese", "李小龙", "李小龙"],
      ["Arabic", "محمد", "محمد"],
      ["Devanagari, with combining marks", "नरेन्द्र", "नरेन्द्र"],
      ["single inner spaces", "Mary Ann Lou", "Mary Ann Lou"],
      ["surrounding space, which goes", "  Ann\t", "Ann"],
      ["a decomposed letter, which is composed", "Zoe\u0308", "Zo\u00eb"],
      ["an apostrophe", "O'Brien", "O'Brien"],
      ["a typographic apostrophe", "D’Arcy", "D’Arcy"],
      ["an apostrophe after a space", "van 't Hoff", "van 't Hoff"],
      ["a hyphen", "Mary-Jane", "Mary-Jane"],
      ["dots", "J. R.-P. King Jr.", "J. R.-P. King Jr."],
      ["middle dots", "ジョン・スミス", "ジョン・スミス"],
      ["one Chinese character", "李", "李"],
      ["one Kana", "あ", "あ"],
      ["one Hangul syllable", "한", "한"],
      ["joined Sinhala letters", "ශ්‍රී", "ශ්‍රී"],
      ["Persian letters that are kept apart", "علی‌رضا", "علی‌رضا"],
      ["Burmese, with five marks on a letter", "နန်းမွှို့", "နန်းမွှို့"],
    ])("takes a name of %s", async (_, name, stored) => {
      const user = dataOf(await register(server, registration({ first_name: name, last_name: name })), 201);
      expect(user).toMatchObject({ first_name: stored, last_name: stored, full_name: `${stored} ${stored}` });
    });

    const badNames = [
      "",
      "  ",
      "J",
      "𐐀",
      "e\u0301",
      "x".repeat(101),
      "J.",
      "ㅋ",
      "Ann1",
      "Ann--Lou",
      "-Ann",
      "Ann-",
      "O''Neil",
      "Ann'",
      "Ann..",
      "Ann_Lou",
      "Ann  Lou",
      "Ann\u200cLou",
      "Ann\u200b",
      "\u3164\u3164",
      `Z${"\u0301".repeat(88)}`,
      `क${"\u094d".repeat(7)}`,
      `${"a'".repeat(49)}!`,
      "Ann\nLou",
    ];
    test.each(rows([...badNames, "Ann😀", "Ann\0", "Ann\ud800", "Ann\u202e", 5, null, {}, undefined]))(
      "refuses the name %j",
      async (name) => {
        const answer = await register(server, registration({ first_name: name, last_name: name }));
        expectFaults(answer, "first_name", "last_name");
      },
    );

    test("refuses what is no letter with the contract's texts", async () => {
      const answer = await register(server, registration({ first_name: "Ann1", last_name: "Sm!th" }));
      expect(answer.body.errors).toEqual({
        first_name: ["First name should contain only letters."],
        last_name: ["Last name should contain only letters."],
      });
    });

    test("names a blank password_confirm too", async () => {
      expect((await register(server, registration({ password_confirm: "" }))).body.errors).toEqual({
        password: ["Passwords do not match."],
        password_confirm: ["This field may not be blank."],
      });
    });

    test.each(["x".repeat(128), "😀".repeat(8), "😀".repeat(128), "  spaces kept  "])(
      "takes the password %j, to the letter",
      async (password) => {
        const { email } = dataOf(await register(server, withPassword(password)), 201);
        expect((await logIn(server.visitor(), email, password)).status).toBe(200);
        expectError(await logIn(server.visitor(), email, `${password} `), 401);
      },
    );

    test.each(["1234567", "😀".repeat(7), "x".repeat(129), "😀".repeat(129), "nul\0nul\0nul"])(
      "refuses the password %j",
      async (password) => {
        expectFaults(await register(server, withPassword(password)), "password");
      },
    );

    test.each(rows(["", 5, null, undefined, ["12345678"]]))(
      "refuses %j, which is no password at all",
      async (password) => {
        expectFaults(await register(server, withPassword(password)), "password", "password_confirm");
      },
    );
  });

  describe("logging in", () => {
    test("answers the user, last_seen set, and a cookie with the contract's attributes", async () => {
      const { email } = dataOf(await register(server, registration()), 201);
      const answer = await logIn(server.visitor(), email);
      const user = dataOf(answer, 200, "Login successful");
      expectUser(user);
      expect(Date.now() - Date.parse(user.last_seen)).toBeLessThan(60_000);
      const [cookie = "", own = "", ...more] = answer.headers.getSetCookie();
      expect(more).toEqual([]);
      // A second one, the same but for its name, which is this server's own.
      expect(own.replace(/^confab-[\da-f]{8}=/, "sessionid=")).toBe(cookie);
      const [pair, ...attributes] = cookie.split("; ");
      expect(pair).toMatch(/^sessionid=[^\s;,"]{40,}$/);
      expect(attributes).toEqual(expect.arrayContaining(["HttpOnly", "SameSite=Lax", "Path=/"]));
      expect(attributes).not.toContain("Secure");
      expect(attributes.join()).not.toContain("Domain");
    });

    test("knows the e-mail in any letter case", async () => {
      const { email, id } = dataOf(await register(server, registration()), 201);
      expect(dataOf(await logIn(server.visitor(), email.toUpperCase())).id).toBe(id);
    });

    test("by HTTPS, as a trusted proxy tells, the cookie is Secure", async () => {
      const { email } = dataOf(await register(server, registration()), 201);
      const answer = await logIn(server.visitor(), email, PASSWORD, { "X-Forwarded-Proto": "https" });
      expect(answer.headers.getSetCookie()[0]).toContain("; Secure");
    });

    test("gives a fresh token each time, and ends the session it came with", async () => {
      const ann = await server.person();
      const first = ann.cookie;
      await ann.logIn(ann.user?.email ?? "");
      expect(ann.cookie).not.toBe(first);
      dataOf(await profile(ann));
      expectError(await profile(withCookie(server, first)), 401);
    });

    test("never adopts a planted token", async () => {
      const { email } = dataOf(await register(server, registration()), 201);
      const attacker = await server.person();
      for (const planted of ["planted", "x".repeat(43), attacker.cookie]) {
        const victim = await withCookie(server, planted).logIn(email);
        expect(victim.cookie).not.toBe(planted);
        const seen = await profile(withCookie(server, planted));
        expect(seen.body.data?.id).not.toBe(victim.id);
      }
    });

    test("a failed one leaves the session it came with alone", async () => {
      const ann = await server.person();
      expectError(await logIn(ann, ann.user?.email, "wrong password"), 401);
      dataOf(await profile(ann));
    });

    test.each(["x".repeat(129), "😀".repeat(10_000), "nul\0nul\0", "\ud800xxxxxxxx"])(
      "a password nobody can have is a wrong one",
      async (password) => {
        const { email } = dataOf(await register(server, registration()), 201);
        expectError(await logIn(server.visitor(), email, password), 401, { message: "Invalid email or password" });
      },
    );

    test.each(["", "no address", `${"x".repeat(300)}@example.com`, "a\0b@example.com", "\ud800@example.com"])(
      "%j, an e-mail nobody can have, is a fault of the field",
      async (email) => {
        expectFaults(await logIn(server.visitor(), email), "email");
      },
    );

    test("names both fields when they are missing", async () => {
      expectFaults(await server.visitor().post("/api/users/login/", {}), "email", "password");
    });

    if (mode === "postgres")
      test("the database has only a hash of the token and of the password", async () => {
        const ann = await server.person();
        const sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1 });
        const stored = JSON.stringify([await sql`SELECT * FROM sessions`, await sql`SELECT * FROM users`]);
        await sql.end();
        expect(stored).toContain(ann.user?.email ?? "?");
        expect(stored).not.toContain(ann.cookie ?? "?");
        expect(stored).not.toContain(PASSWORD);
      });
  });

  describe("logging in, at the cost that a password has outside of tests", () => {
    const server = withServer(mode, {}, { passwordCost: PASSWORD_COST });

    test("a wrong password and an unknown e-mail get the same bytes, and take alike long", async () => {
      const { email } = dataOf(await register(server, registration()), 201);
      const bytes = ({ status, headers, text }: Answer) => {
        const kept = [...headers].filter(([name]) => name !== "x-request-id" && name !== "date");
        return { status, text, headers: kept };
      };
      const wrong: number[] = [];
      const unknown: number[] = [];
      for (const _ of times(15, () => 0)) {
        const a = await timed(() => logIn(server.visitor(), email, "wrong password"));
        const b = await timed(() => logIn(server.visitor(), newEmail(), "wrong password"));
        expectError(a.result, 401, { message: "Invalid email or password" });
        expect(bytes(b.result)).toEqual(bytes(a.result));
        wrong.push(a.ms);
        unknown.push(b.ms);
      }
      const ratio = median(unknown) / median(wrong);
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
    });

    test("200 at once don't hold up the health call", async () => {
      const { email } = dataOf(await register(server, registration()), 201);
      const login = () => logIn(server.visitor(), email);
      const health = () => server.visitor().get("/api/chat/health/");
      const alone: number[] = [];
      for (const _ of times(5, () => 0)) alone.push((await timed(login)).ms);
      let done = 0;
      const logins = times(200, () => login().then(() => done++));
      await Bun.sleep(50);
      const calls: number[] = [];
      for (const _ of times(40, () => 0)) calls.push((await timed(health)).ms);
      expect(done).toBeLessThan(100);
      expect(median(calls)).toBeLessThan(median(alone));
      await Promise.all(logins);
      expect(done).toBe(200);
    });
  });

  describe("logging out", () => {
    test("ends the session: its cookie is taken away, and worth nothing where it was kept", async () => {
      const ann = await server.person();
      const kept = ann.cookie;
      const answer = await ann.post("/api/users/logout/");
      dataOf(answer, 200, "Logout successful");
      expect(answer.headers.getSetCookie()[0]).toMatch(/^sessionid=; .*(Max-Age=0|Expires=Thu, 01 Jan 1970)/);
      expectError(await profile(withCookie(server, kept)), 401);
    });

    test("closes the session's sockets with 4401, and no other's", async () => {
      const ann = await server.person();
      const phone = await otherDevice(server, ann);
      const [here, there] = [await ann.hub(), await phone.hub()];
      await ann.post("/api/users/logout/");
      expect((await here.closed).code).toBe(4401);
      await there.settled();
      there.close();
    });

    test("with nobody logged in answers 400", async () => {
      const expected = { message: "No user is currently logged in" };
      expectError(await server.visitor().post("/api/users/logout/"), 400, expected);
      expectError(await withCookie(server, "x".repeat(43)).post("/api/users/logout/"), 400, expected);
    });
  });

  describe("the profile", () => {
    test("is the caller's own", async () => {
      const ann = await server.person("Ann");
      const user = dataOf(await profile(ann));
      expectShape(profileShape.strict(), user);
      expect(user).toMatchObject({ id: ann.id, first_name: "Ann", full_name: "Ann Tester" });
    });

    test("changes either name, and nothing else", async () => {
      const ann = await server.person("Ann");
      const body = { first_name: " Zoe\u0308 ", email: "other@example.com", id: 1, is_superuser: true };
      const changed = dataOf(await ann.patch("/api/users/profile/", body));
      expectShape(profileShape.strict(), changed);
      expect(changed).toMatchObject({ id: ann.id, email: ann.user?.email, full_name: "Zo\u00eb Tester" });
      expect(dataOf(await ann.patch("/api/users/profile/", { last_name: "Smith" })).full_name).toBe("Zo\u00eb Smith");
      expect(dataOf(await profile(ann)).full_name).toBe("Zo\u00eb Smith");
    });

    test("refuses faulty names, all at once", async () => {
      const ann = await server.person("Ann");
      const answer = await ann.patch("/api/users/profile/", { first_name: "1", last_name: null });
      expectFaults(answer, "first_name", "last_name");
      expect(dataOf(await profile(ann)).full_name).toBe("Ann Tester");
    });
  });

  describe("the list", () => {
    const list = (client: Client, query = "") => client.get(`/api/users/list/${query}`);

    test("has everyone but the caller, newest first", async () => {
      const [ann, bob, cid] = [await server.person(), await server.person(), await server.person()];
      const answer = await list(bob);
      const users = dataOf(answer);
      for (const user of users) expectUser(user);
      expect(ids(users).slice(0, 2)).toEqual([cid.id, ann.id]);
      expect(ids(users)).not.toContain(bob.id);
      expect(answer.body.meta.total).toBe(users.length);
    });

    test("pages by limit and offset; `total` counts all", async () => {
      const ann = await server.person();
      const all = ids(dataOf(await list(ann)));
      const page = await list(ann, "?limit=2&offset=1");
      expect(ids(dataOf(page))).toEqual(all.slice(1, 3));
      expect(page.body.meta.total).toBe(all.length);
      expect(ids(dataOf(await list(ann, "?limit=5000")))).toEqual(all);
    });

    test("is searched by name and e-mail, whatever the case, taking % and _ as they are", async () => {
      const ann = await server.person();
      const bob = await server.person("Quirinus");
      for (const text of ["quirin", "QUIRINUS TEST", bob.user?.email])
        expect(ids(dataOf(await list(ann, `?search=${text}`)))).toEqual([bob.id]);
      for (const text of ["%25", "Quirin_s", "nobody at all", "\\"])
        expect(dataOf(await list(ann, `?search=${text}`))).toEqual([]);
    });

    test("is searched for a text as it is pasted: in any Unicode form, with spaces around it", async () => {
      const [ann, zoe] = [await server.person(), await server.person("Zoélie")];
      const email = zoe.user?.email ?? "";
      for (const text of [
        "Zoélie".normalize("NFC"),
        "Zoélie".normalize("NFD"),
        ` ${email}`,
        `${email} `,
        `\t${email}\n`,
      ])
        expect(ids(dataOf(await list(ann, `?search=${encodeURIComponent(text)}`)))).toEqual([zoe.id]);
      expect(ids(dataOf(await list(ann, "?search=%20")))).toEqual(ids(dataOf(await list(ann))));
    });

    test("a search for what can't be in a name finds nobody, or is refused", async () => {
      const ann = await server.person();
      for (const text of ["%00", "a%00b", "%ff"]) {
        const answer = await list(ann, `?search=${text}`);
        if (answer.status === 200) expect(answer.body.data).toEqual([]);
        else expectFaults(answer, "search");
      }
    });

    test.each(["limit=0", "limit=-1", "limit=x", "limit=1.5", "limit=", "offset=-1", "offset=x"])(
      "refuses ?%s",
      async (query) => {
        const ann = await server.person();
        expectFaults(await list(ann, `?${query}`), query.split("=")[0] ?? "");
      },
    );
  });

  describe("changing the password", () => {
    const change = (client: Client, body: Record<string, unknown>) =>
      client.post("/api/users/password/", {
        old_password: PASSWORD,
        password: "N3w password",
        password_confirm: "N3w password",
        ...body,
      });

    test("ends all other sessions, renews this one, and counts from now on", async () => {
      const ann = await server.person();
      const phone = await otherDevice(server, ann);
      const before = ann.cookie;
      dataOf(await change(ann, {}));
      expect(ann.cookie).not.toBe(before);
      dataOf(await profile(ann));
      expectError(await profile(withCookie(server, before)), 401);
      expectError(await profile(phone), 401);
      expectError(await logIn(server.visitor(), ann.user?.email), 401);
      dataOf(await logIn(server.visitor(), ann.user?.email, "N3w password"));
      expect(dataOf(await ann.get("/api/users/sessions/"))).toHaveLength(2);
    });

    test("needs the old password; refused, it leaves everything as it was", async () => {
      const ann = await server.person();
      expectFaults(await change(ann, { old_password: "not this one" }), "old_password");
      expectFaults(await change(ann, { old_password: "x".repeat(20_000) }), "old_password");
      expectFaults(await change(ann, { password_confirm: "another" }), "password");
      expectFaults(await ann.post("/api/users/password/", {}), "old_password", "password", "password_confirm");
      dataOf(await profile(ann));
      dataOf(await logIn(server.visitor(), ann.user?.email));
    });
  });

  describe("the sessions", () => {
    test("are listed with what a person knows them by, to their user alone", async () => {
      const ann = await server.person();
      await server.person();
      const from = { "User-Agent": "Phone/1.0", "X-Forwarded-For": "203.0.113.9" };
      const phone = server.visitor();
      dataOf(await logIn(phone, ann.user?.email, PASSWORD, from));
      const sessions = dataOf(await ann.get("/api/users/sessions/"));
      for (const session of sessions) expectShape(sessionInfo, session);
      expect(sessions).toHaveLength(2);
      expect(sessions.filter((session: { current: boolean }) => session.current)).toHaveLength(1);
      const other = sessions.find((session: { current: boolean }) => !session.current);
      expect(other).toMatchObject({ client: "Phone/1.0", address: "203.0.113.9" });
      expect(JSON.stringify(sessions)).not.toContain(phone.cookie ?? "?");
    });

    test("can be ended, one by one", async () => {
      const ann = await server.person();
      const phone = await otherDevice(server, ann);
      dataOf(await profile(phone));
      const sessions = dataOf(await ann.get("/api/users/sessions/"));
      const { id } = sessions.find((session: { current: boolean }) => !session.current);
      dataOf(await ann.delete(`/api/users/sessions/${id}/`));
      expectError(await profile(phone), 401);
      dataOf(await profile(ann));
      expectError(await ann.delete(`/api/users/sessions/${id}/`), 404);
    });

    test("of other people don't exist", async () => {
      const [ann, bob] = [await server.person(), await server.person()];
      const [{ id }] = dataOf(await ann.get("/api/users/sessions/"));
      for (const unknown of [id, UNKNOWN_ID, "x"])
        expectError(await bob.delete(`/api/users/sessions/${unknown}/`), 404);
      dataOf(await profile(ann));
    });

    if (mode === "postgres") {
      const ages = [
        ["13 days after its last use", "13 days", "13 days", 200],
        ["14 days after its last use", "14 days", "14 days", 401],
        ["89 days after its start", "89 days", "1 hour", 200],
        ["90 days after its start", "90 days", "1 hour", 401],
      ] as const;
      test.each(ages)("%s a session answers as it must", async (_, created, used, status) => {
        const ann = await server.person();
        const sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1 });
        await sql`UPDATE sessions SET created_at = now() - ${created}::interval, last_used_at = now() - ${used}::interval
          WHERE user_id = ${ann.id}`;
        expect((await profile(ann)).status).toBe(status);
        const [row] = await sql`SELECT last_used_at > now() - interval '1 minute' AS fresh FROM sessions
          WHERE user_id = ${ann.id}`;
        await sql.end();
        // Use counts, so that the 14 days start anew.
        expect(row?.["fresh"]).toBe(status === 200);
      });
    }
  });

  test.each(["", "x", "x".repeat(43), "../../etc", "%00"])("the cookie sessionid=%s is nobody", async (cookie) => {
    const answer = await profile(withCookie(server, cookie));
    expectError(answer, 401, { message: "Authentication required", code: "authentication_required" });
  });
});

inEachMode("a closed community", (mode) => {
  let server: TestServer;
  afterAll(() => server.stop());

  test("REGISTRATION=closed registers nobody", async () => {
    server = await startTestServer(mode, { REGISTRATION: "closed" });
    const body = registration();
    expectError(await register(server, body), 403);
    expectError(await logIn(server.visitor(), body.email), 401);
  });
});

inEachMode("DIRECTORY=shared", (mode) => {
  let server: TestServer;
  afterAll(() => server.stop());

  test("lists only people who share a conversation with the caller", async () => {
    const meet = async (open: TestServer) => {
      const people: [Client, Client, Client, Client] = [
        await open.person(),
        await open.person(),
        await open.person(),
        await open.person(),
      ];
      const [a, b, c] = people;
      await a.conversation([b]);
      await a.conversation([b, c]);
      return people;
    };
    const closed = await startClosedDirectory(mode, meet);
    server = closed.server;
    const [ann, bob, cid, dee] = closed.people;
    const seenBy = async (client: Client) => {
      const answer = await client.get("/api/users/list/");
      expect(answer.body.meta.total).toBe(answer.body.data.length);
      return ids(dataOf(answer));
    };
    expect(await seenBy(ann)).toEqual([cid.id, bob.id]);
    expect(await seenBy(cid)).toEqual([bob.id, ann.id]);
    expect(await seenBy(dee)).toEqual([]);
    expect(dataOf(await dee.get(`/api/users/list/?search=${ann.user?.email}`))).toEqual([]);
  });
});

describe("the Secure cookie", () => {
  const cookieOf = async (settings: Record<string, string>, headers: Record<string, string>) => {
    const server = await startTestServer("embedded", settings);
    const { email } = dataOf(await register(server, registration()), 201);
    const answer = await logIn(server.visitor(), email, PASSWORD, headers);
    await server.stop();
    return answer.headers.getSetCookie()[0];
  };

  test("is not made on the word of a stranger", async () => {
    expect(await cookieOf({}, { "X-Forwarded-Proto": "https" })).not.toContain("Secure");
  });

  test("is always made with COOKIE_SECURE=always", async () => {
    expect(await cookieOf({ COOKIE_SECURE: "always" }, {})).toContain("; Secure");
  });
});
