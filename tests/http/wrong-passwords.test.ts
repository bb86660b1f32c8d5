import { describe, expect, test } from "bun:test";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachMode, makePlace, modes } from "../support/modes.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { Via } from "../support/via.ts";
import { dataOf, expectError, expectThrottled, times } from "./expectations.ts";

const LOGIN = "/api/users/login/";
const REGISTER = "/api/users/register/";

let networks = 0;
/** A /64 in a /48 of its own, in which no other test is. */
const newNetwork = (within = ++networks + 0x1000, n = 1) => `2001:db8:${within.toString(16)}:${n.toString(16)}::1`;
let accounts = 0;
const newAccount = () => `nobody${++accounts}@example.com`;
const body = (email: string) => ({
  email,
  first_name: "New",
  last_name: "Person",
  password: PASSWORD,
  password_confirm: PASSWORD,
});

inEachMode("limits on logins", (mode) => {
  const server = withServer(mode, {
    TRUSTED_PROXIES: "1",
    RATE_LIMIT_REGISTER: "3/minute",
    RATE_LIMIT_LOGIN_NETWORK: "4/minute",
    RATE_LIMIT_LOGIN_ACCOUNT: "6/hour",
  });

  const at = (network = newNetwork()) => new Via(server.url, network);
  const person = (network = newNetwork()) => at(network).signUp();
  const attempt = (who: Client, email: string, password = "wrong password") => who.post(LOGIN, { email, password });
  const wrong = async (who: Client, count: number, email = newAccount) => {
    for (const _ of times(count, () => 0)) expectError(await attempt(who, email()), 401);
  };

  test("RATE_LIMIT_REGISTER is per network, with or without a session", async () => {
    const network = newNetwork();
    const people = [await person(network), await person(network), await person(network)];
    for (const who of [at(network), ...people]) expectThrottled(await who.post(REGISTER, body(newAccount())));
    expect((await at().post(REGISTER, body(newAccount()))).status).toBe(201);
  });

  test("a wide network may register five times as many people as one network, and its neighbours as ever", async () => {
    const within = 0x7002;
    const register = async (n: number) => (await at(newNetwork(within, n)).post(REGISTER, body(newAccount()))).status;
    for (const n of times(15, (i) => i)) expect(await register(n)).toBe(201);
    expectThrottled(await at(newNetwork(within, 99)).post(REGISTER, body(newAccount())));
    expect((await at(newNetwork(0x7003)).post(REGISTER, body(newAccount()))).status).toBe(201);
  });

  test("a refused network that goes on uses up nothing of its wide network's limit", async () => {
    const within = 0x7004;
    for (const _ of times(20, (i) => i)) await at(newNetwork(within)).post(REGISTER, body(newAccount()));
    expect((await at(newNetwork(within, 2)).post(REGISTER, body(newAccount()))).status).toBe(201);
  });

  test("RATE_LIMIT_LOGIN_NETWORK counts wrong passwords over all accounts, with or without a session", async () => {
    const network = newNetwork();
    const [ann, bob] = [await person(network), await person(network)];
    await wrong(ann, 2);
    await wrong(bob, 1);
    await wrong(at(network), 1);
    for (const who of [ann, bob, at(network)]) expectThrottled(await attempt(who, newAccount()));
    // The right password of somebody who signed in from there before is none of many guesses, but looks like one.
    expectThrottled(await attempt(at(network), ann.user?.email ?? "", PASSWORD));
    // Their own cookie tells them apart from their neighbours.
    dataOf(await attempt(ann, ann.user?.email ?? "", PASSWORD));
    dataOf(await attempt(at(), bob.user?.email ?? "", PASSWORD));
  });

  test("right passwords count for none of the limits", async () => {
    const network = newNetwork();
    const ann = await person(network);
    for (const _ of times(8, () => 0)) dataOf(await attempt(at(network), ann.user?.email ?? "", PASSWORD));
    await wrong(at(network), 4);
    expectThrottled(await attempt(at(network), newAccount()));
  });

  test("a wide network may fail five times as often as one network, and its neighbours as ever", async () => {
    const within = 0x7001;
    const home = newNetwork(within, 9);
    const ann = await person(home);
    for (const n of times(5, (i) => i + 1)) await wrong(at(newNetwork(within, n)), 4);
    expectThrottled(await attempt(at(newNetwork(within, 6)), newAccount()));
    await wrong(at(newNetwork(within + 1)), 1);
    // The guesses of neighbours hold nobody up where they signed in before.
    dataOf(await attempt(at(home), ann.user?.email ?? "", PASSWORD));
    expectThrottled(await attempt(at(newNetwork(within, 6)), ann.user?.email ?? "", PASSWORD));
    for (const n of times(5, (i) => i + 1)) await wrong(at(`203.0.113.${n}`), 4);
    expectThrottled(await attempt(at("203.0.113.77"), newAccount()));
    await wrong(at("203.0.114.77"), 1);
  });

  test("RATE_LIMIT_LOGIN_ACCOUNT stops strangers, but nobody at a place they signed in from", async () => {
    const home = newNetwork();
    const ann = await person(home);
    const email = ann.user?.email ?? "";
    for (const _ of times(6, () => 0)) await wrong(at(), 1, () => email);
    // This holds for any spelling, and for the right password too.
    expectThrottled(await attempt(at(), ` ${email.toUpperCase()}`), 3600);
    expectThrottled(await attempt(at(), email, PASSWORD), 3600);
    // From where she signed in, and with her cookie from anywhere.
    dataOf(await attempt(at(home), email, PASSWORD));
    const travelling = Object.assign(at(), { cookie: ann.cookie });
    dataOf(await attempt(travelling, email, PASSWORD));
    // Somebody else's cookie proves nothing.
    expectThrottled(await attempt(await person(), email, PASSWORD), 3600);
  });

  test("an account that does not exist is counted like one that does", async () => {
    const email = newAccount();
    for (const _ of times(6, () => 0)) await wrong(at(), 1, () => email);
    expectThrottled(await attempt(at(), email), 3600);
  });

  test("a wrong old password counts as a failed login of the account", async () => {
    const ann = await person();
    const email = ann.user?.email ?? "";
    const change = { old_password: "wrong password", password: "N3w password", password_confirm: "N3w password" };
    for (const _ of times(6, () => 0))
      expectError(await Object.assign(at(), { cookie: ann.cookie }).post("/api/users/password/", change), 400);
    expectThrottled(await attempt(at(), email, PASSWORD), 3600);
    // A new password that is not right is no guess.
    const bob = await person();
    const faulty = { old_password: PASSWORD, password: "short", password_confirm: "short" };
    for (const _ of times(8, () => 0)) expectError(await bob.post("/api/users/password/", faulty), 400);
    await wrong(bob, 4);
  });

  test("wrong passwords that come at once are checked as often as those that come one by one", async () => {
    const network = newNetwork();
    const answers = await Promise.all(times(50, () => attempt(at(network), newAccount())));
    const checked = answers.filter(({ status }) => status === 401).length;
    // As many as are hashed at once may be under way when the last one that is allowed fails.
    expect(checked).toBeWithin(4, 4 + 2 * navigator.hardwareConcurrency);
    expect(answers.filter(({ status }) => status === 429).length).toBe(50 - checked);
  });
});

if (modes.includes("redis"))
  test("registrations and wrong passwords count over all nodes", async () => {
    const place = await makePlace("redis");
    const settings = {
      ...place.environment,
      TRUSTED_PROXIES: "1",
      RATE_LIMIT_REGISTER: "4/minute",
      RATE_LIMIT_LOGIN_NETWORK: "4/minute",
      RATE_LIMIT_LOGIN_ACCOUNT: "3/hour",
    };
    const [one, two] = [await startTestServer("redis", settings), await startTestServer("redis", settings)];
    try {
      const network = newNetwork();
      const answers = async (count: number, ask: (at: Client) => ReturnType<Client["get"]>, from = () => network) => {
        const statuses: number[] = [];
        for (const n of times(count, (i) => i))
          statuses.push((await ask(new Via((n % 2 ? one : two).url, from()))).status);
        return statuses;
      };
      expect(await answers(5, (who) => who.post(REGISTER, body(newAccount())))).toEqual([201, 201, 201, 201, 429]);
      const guess = (email: string) => (who: Client) => who.post(LOGIN, { email, password: "wrong password" });
      expect(await answers(5, (who) => guess(newAccount())(who))).toEqual([401, 401, 401, 401, 429]);
      expect(await answers(5, guess(newAccount()), newNetwork)).toEqual([401, 401, 401, 429, 429]);
    } finally {
      await one.stop();
      await two.stop();
      place.remove();
    }
  });

describe("with the default limits", () => {
  const DEFAULTS = Object.fromEntries(
    ["ANON", "USER", "MESSAGES", "LOGIN", "REGISTER", "LOGIN_NETWORK", "LOGIN_ACCOUNT"].map((name) => [
      `RATE_LIMIT_${name}`,
      "",
    ]),
  );

  test("ten people of one address register, log in and open the page within a minute", async () => {
    const server = await startTestServer("embedded", DEFAULTS, { passwordCost: { memoryCost: 19_456, timeCost: 2 } });
    const started = performance.now();
    await Promise.all(
      times(10, async () => {
        const who = server.visitor();
        const email = newAccount();
        expect((await who.get("/api/users/profile/")).status).toBe(401);
        expect((await who.post(REGISTER, body(email))).status).toBe(201);
        expect((await who.post(LOGIN, { email, password: PASSWORD })).status).toBe(200);
        expect((await who.get("/")).status).toBe(200);
        expect((await who.get("/api/chat/conversations/")).status).toBe(200);
      }),
    );
    expect(performance.now() - started).toBeLessThan(60_000);
    await server.stop();
  });

  test("a login gives back its own anonymous request, and a wrong one does not", async () => {
    const server = await startTestServer("embedded", {
      ...DEFAULTS,
      RATE_LIMIT_ANON: "3/minute",
      RATE_LIMIT_LOGIN: "off",
    });
    const ann = await server.person();
    const email = ann.user?.email ?? "";
    const login = async (password: string) => (await server.visitor().post(LOGIN, { email, password })).status;
    for (const _ of times(5, () => 0)) expect(await login(PASSWORD)).toBe(200);
    for (const _ of times(3, () => 0)) expect(await login("wrong password")).toBe(401);
    expect(await login(PASSWORD)).toBe(429);
    await server.stop();
  });
});
