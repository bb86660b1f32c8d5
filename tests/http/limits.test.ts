import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Answer, PASSWORD } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { startTestServer, type TestServer, withServer } from "../support/server.ts";
import { Via } from "../support/via.ts";
import { handshake, httpAnswer, Wire } from "../support/wire.ts";
import { dataOf, expectError, expectThrottled, times, UNKNOWN_ID } from "./expectations.ts";

const PROFILE = "/api/users/profile/";

let addresses = 0;
/** An address of the documentation's range that no test has used yet. */
const newAddress = () => `2001:db8:${(++addresses).toString(16)}::1`;

const statuses = async (count: number, ask: () => Promise<Answer>) => {
  const seen: number[] = [];
  for (const _ of times(count, () => 0)) seen.push((await ask()).status);
  return seen;
};

inEachMode("limits", (mode) => {
  const server = withServer(mode, {
    TRUSTED_PROXIES: "1",
    RATE_LIMIT_ANON: "6/minute",
    RATE_LIMIT_USER: "8/minute",
    RATE_LIMIT_MESSAGES: "3/minute",
    RATE_LIMIT_LOGIN: "3/minute",
    RATE_LIMIT_SENDS: "3/10s",
    RATE_LIMIT_FRAMES: "4/10s",
  });

  const visitor = (address = newAddress()) => new Via(server.url, address);
  const person = () => visitor().signUp();

  test("RATE_LIMIT_ANON is per address, for all of /api/ together", async () => {
    const [one, other] = [visitor(), visitor()];
    expect(await statuses(3, () => one.get(PROFILE))).toEqual([401, 401, 401]);
    expect(await statuses(3, () => one.get("/api/nowhere/"))).toEqual([404, 404, 404]);
    expectThrottled(await one.get(PROFILE));
    expectThrottled(await one.post("/api/users/register/", {}));
    expectError(await other.get(PROFILE), 401);
  });

  test("RATE_LIMIT_ANON counts upgrades", async () => {
    const address = newAddress();
    const upgrade = () => handshake(server.url, "/ws/", { "X-Forwarded-For": address });
    expect(await statuses(6, upgrade)).toEqual(times(6, () => 401));
    expectThrottled(await upgrade());
    expectThrottled(await visitor(address).get(PROFILE));
  });

  test("RATE_LIMIT_USER is per user, whatever device and address", async () => {
    const [ann, bob] = [await person(), await person()];
    const phone = await visitor().logIn(ann.user?.email ?? "");
    expect(await statuses(5, () => ann.get(PROFILE))).toEqual(times(5, () => 200));
    expect(await statuses(3, () => phone.get(PROFILE))).toEqual(times(3, () => 200));
    expectThrottled(await ann.get(PROFILE));
    expectThrottled(await phone.get("/api/chat/conversations/"));
    dataOf(await bob.get(PROFILE));
  });

  test("RATE_LIMIT_USER counts upgrades", async () => {
    const ann = await person();
    for (const _ of times(8, () => 0)) (await ann.hub()).close();
    expectThrottled(await handshake(server.url, "/ws/", { Cookie: `sessionid=${ann.cookie}` }));
  });

  test("RATE_LIMIT_MESSAGES is on top, for reading, sending and changing together", async () => {
    const [ann, bob] = [await person(), await person()];
    const { id } = await ann.conversation([bob]);
    const path = `/api/chat/conversations/${id}/messages/`;
    const sent = await ann.send(id, "one");
    dataOf(await ann.get(path));
    dataOf(await ann.patch(`${path}${sent.id}/`, { content: "two" }));
    expectThrottled(await ann.post(path, { content: "three" }));
    expectThrottled(await ann.delete(`${path}${sent.id}/`));
    dataOf(await ann.get(PROFILE));
    const { messages } = dataOf(await bob.get(path));
    expect(messages).toMatchObject([{ content: "two" }]);
  });

  test("RATE_LIMIT_LOGIN is per account and address, right passwords or wrong", async () => {
    const ann = await person();
    const email = ann.user?.email ?? "";
    const address = newAddress();
    const attempt = (from: string, account: string, password = "wrong password") =>
      visitor(from).post("/api/users/login/", { email: account, password });
    expect(await statuses(3, () => attempt(address, email))).toEqual([401, 401, 401]);
    expectThrottled(await attempt(address, email, PASSWORD));
    expectThrottled(await attempt(address, ` ${email.toUpperCase()}`, PASSWORD));
    expectError(await attempt(address, "another@example.com"), 401);
    dataOf(await attempt(newAddress(), email, PASSWORD));
  });

  test("RATE_LIMIT_LOGIN holds up guessing the old password", async () => {
    const ann = await person();
    const body = { old_password: "wrong password", password: "N3w password", password_confirm: "N3w password" };
    expect(await statuses(3, () => ann.post("/api/users/password/", body))).toEqual([400, 400, 400]);
    expectThrottled(await ann.post("/api/users/password/", { ...body, old_password: PASSWORD }));
  });

  test.each([
    ["RATE_LIMIT_SENDS", { content: "x" }, 3, "message"],
    ["RATE_LIMIT_FRAMES", { type: "ping" }, 4, "pong"],
  ] as const)("%s is per user, over all sockets", async (_, frame, limit, answered) => {
    const [ann, bob] = [await person(), await person()];
    const { id } = await ann.conversation([bob]);
    const [first, second] = [await ann.chat(id), await ann.chat(id)];
    first.send(frame);
    await first.next(answered);
    for (const ref of times(limit, String)) second.send({ ...frame, ref });
    const error = await second.next("error");
    expect(error).toMatchObject({ code: "throttled", ref: String(limit - 1) });
    expect(error.retry_after).toBeWithin(0, 11);
    expect(error.message).toMatch(/^Request was throttled\. Expected available in \d+ seconds?\.$/);
    await second.until(() => second.all(answered).length >= limit - 1);
    first.close();
    second.close();
  });

  test("health is not throttled, and counts for nothing", async () => {
    const one = visitor();
    expect(await statuses(20, () => one.get("/api/chat/health/"))).toEqual(times(20, () => 200));
    expect(await statuses(20, () => one.get("/api/chat/health/ready"))).toEqual(times(20, () => 200));
    expect(await statuses(6, () => one.get(PROFILE))).toEqual(times(6, () => 401));
    expectThrottled(await one.get(PROFILE));
    dataOf(await one.get("/api/chat/health"));
  });

  test("a path that only starts like the health call counts", async () => {
    const one = visitor();
    await statuses(6, () => one.get("/api/chat/healthy/"));
    expectThrottled(await one.get(PROFILE));
  });

  test("pages don't count", async () => {
    const one = visitor();
    expect(await statuses(10, () => one.get("/nowhere/"))).toEqual(times(10, () => 404));
    expectError(await one.get(PROFILE), 401);
  });

  test("a throttled request is refused before its body is read, and does nothing", async () => {
    const ann = await person();
    await statuses(8, () => ann.get(PROFILE));
    expectThrottled(await ann.patch(PROFILE, "{"));
    expectThrottled(await ann.patch(PROFILE, { first_name: "Changed" }));
    expectThrottled(await ann.post("/api/users/logout/"));
  });
});

describe("a limit", () => {
  test("is over after its window", async () => {
    const server = await startTestServer("embedded", { RATE_LIMIT_ANON: "2/1s" });
    const one = server.visitor();
    expect(await statuses(2, () => one.get(PROFILE))).toEqual([401, 401]);
    const answer = await one.get(PROFILE);
    expectThrottled(answer, 1);
    await Bun.sleep(Number(answer.headers.get("retry-after")) * 1000);
    expectError(await one.get(PROFILE), 401);
    await server.stop();
  });

  test("that is off is no limit", async () => {
    const server = await startTestServer("embedded");
    expect(new Set(await statuses(150, () => server.visitor().get(PROFILE)))).toEqual(new Set([401]));
    await server.stop();
  });

  test("is the contract's where no setting says otherwise", async () => {
    const names = ["ANON", "USER", "MESSAGES", "LOGIN"].map((name) => [`RATE_LIMIT_${name}`, ""]);
    const server = await startTestServer("embedded", Object.fromEntries(names));
    const ann = await server.person();
    const path = `/api/chat/conversations/${UNKNOWN_ID}/messages/`;
    expect(await statuses(11, () => ann.get(path))).toEqual([...times(10, () => 404), 429]);
    expect(await statuses(90, () => ann.get(PROFILE))).toEqual([...times(89, () => 200), 429]);
    // Registering and logging in don't count among them: they succeeded.
    expect(await statuses(21, () => server.visitor().get(PROFILE))).toEqual([...times(20, () => 401), 429]);
    await server.stop();
  });
});

describe("X-Forwarded-For", () => {
  let server: TestServer;
  const start = async (trusted: string) => {
    server = await startTestServer("embedded", { TRUSTED_PROXIES: trusted, RATE_LIMIT_ANON: "1/minute" });
  };
  const ask = (forwardedFor: string) => new Via(server.url, forwardedFor).get(PROFILE).then((answer) => answer.status);
  const [counted, full] = [401, 429];

  describe("without TRUSTED_PROXIES", () => {
    beforeAll(() => start(""));
    afterAll(() => server.stop());

    test("is ignored", async () => {
      expect(await ask("203.0.113.1")).toBe(counted);
      expect(await ask("203.0.113.2")).toBe(full);
    });
  });

  describe("behind 1 proxy", () => {
    beforeAll(() => start("1"));
    afterAll(() => server.stop());

    test("is believed in its last address only", async () => {
      expect(await ask("203.0.113.1")).toBe(counted);
      expect(await ask("198.51.100.1, 203.0.113.1")).toBe(full);
      expect(await ask("203.0.113.1, 203.0.113.2")).toBe(counted);
    });

    test("counts IPv6 per /64, however it is spelled", async () => {
      expect(await ask("2001:db8:1:2::1")).toBe(counted);
      expect(await ask("2001:db8:1:2:ffff:ffff:ffff:ffff")).toBe(full);
      expect(await ask("2001:0DB8:0001:0002:0000::0009")).toBe(full);
      expect(await ask("[2001:db8:1:2::5]:443")).toBe(full);
      expect(await ask("2001:db8:1:3::1")).toBe(counted);
    });

    test("counts IPv4 as one address, mapped into IPv6 or with a port too", async () => {
      expect(await ask("203.0.113.7")).toBe(counted);
      expect(await ask("::ffff:203.0.113.7")).toBe(full);
      expect(await ask("::ffff:cb00:7107")).toBe(full);
      expect(await ask("203.0.113.7:5555")).toBe(full);
      expect(await ask("::ffff:203.0.113.8")).toBe(counted);
    });

    test("has no spelling that makes one address two: zones, capitals, brackets, spaces", async () => {
      expect(await ask("2001:db8:7:7::1%eth0")).toBe(counted);
      expect(await ask("[2001:DB8:7:7::1%25eth1]:1")).toBe(full);
      expect(await ask(" \t2001:DB8:7:7:0:0:203.0.113.9 ")).toBe(full);
      expect(await ask("203.0.113.20")).toBe(counted);
      expect(await ask("::FFFF:203.0.113.20")).toBe(full);
      expect(await ask("[::ffff:203.0.113.20%1]:65535")).toBe(full);
      expect(await ask("0:0:0:0:0:ffff:cb00:7114")).toBe(full);
    });

    test("is believed in its last address behind empty parts, in many lines and in a huge one", async () => {
      expect(await ask("203.0.113.30")).toBe(counted);
      expect(await ask("198.51.100.1,, ,203.0.113.30, ,,")).toBe(full);
      expect(await ask(`${"198.51.100.9, ".repeat(700)}203.0.113.30`)).toBe(full);
      const lines = Array.from({ length: 50 }, (_, n) => `X-Forwarded-For: 198.51.100.${n}`);
      const head = [`GET ${PROFILE} HTTP/1.1`, "Host: a", ...lines, "X-Forwarded-For: 203.0.113.30"];
      const wire = new Wire(server.url).write(`${head.join("\r\n")}\r\n\r\n`);
      expect((await wire.take(httpAnswer))?.status).toBe(full);
      wire.destroy();
    });

    test("that is nonsense counts as its sender", async () => {
      expect(await ask("nonsense")).toBe(counted);
      expect(await ask("more nonsense")).toBe(full);
      expect(await ask("")).toBe(full);
    });
  });

  describe("behind 2 proxies", () => {
    beforeAll(() => start("2"));
    afterAll(() => server.stop());

    test("is believed in the last but one", async () => {
      expect(await ask("203.0.113.1, 10.0.0.1")).toBe(counted);
      expect(await ask("203.0.113.1, 10.0.0.2")).toBe(full);
      expect(await ask("198.51.100.1, 203.0.113.1, 10.0.0.3")).toBe(full);
      expect(await ask("203.0.113.1, 203.0.113.2, 10.0.0.1")).toBe(counted);
    });
  });

  describe("from trusted networks", () => {
    beforeAll(() => start("127.0.0.0/8, 10.0.0.0/8, 2001:db8:ffff::/48"));
    afterAll(() => server.stop());

    test("is believed up to the first address that is in none of them", async () => {
      expect(await ask("203.0.113.1")).toBe(counted);
      expect(await ask("203.0.113.1, 10.1.2.3")).toBe(full);
      expect(await ask("203.0.113.1, 2001:db8:ffff::1, 10.1.2.3")).toBe(full);
      expect(await ask("198.51.100.1, 203.0.113.1, ::ffff:10.1.2.3")).toBe(full);
      expect(await ask("203.0.113.1, 11.0.0.1")).toBe(counted);
    });
  });

  describe("from elsewhere than the trusted networks", () => {
    beforeAll(() => start("10.0.0.0/8"));
    afterAll(() => server.stop());

    test("is ignored", async () => {
      expect(await ask("203.0.113.1")).toBe(counted);
      expect(await ask("203.0.113.2, 10.0.0.1")).toBe(full);
    });
  });
});
