import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { PASSWORD } from "../support/client.ts";
import { inEachMode, type Mode, makePlace, type Place } from "../support/modes.ts";
import { CONFAB, run, type ServerProcess, spawnServer } from "../support/process.ts";
import { openTerminal } from "../support/terminal.ts";

// Each test starts several programs on the database's files.
setDefaultTimeout(120_000);

const NEW = "A new password 7";

/** Runs a command that reads standard input. */
async function pipe(args: string[], input: string, environment: Record<string, string>) {
  const child = Bun.spawn([...CONFAB, ...args], {
    env: { PATH: process.env["PATH"], ...environment },
    stdin: Buffer.from(input),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
}

inEachMode("commands for accounts", (mode: Mode) => {
  let place: Place;
  let server: ServerProcess | undefined;
  const root = () =>
    run(["createsuperuser", "--email", "root@example.com", "--first-name", "Rosa", "--last-name", "Root"], {
      ...place.environment,
      SUPERUSER_PASSWORD: PASSWORD,
    });

  afterEach(async () => {
    server?.kill("SIGTERM");
    await server?.exited;
    server = undefined;
    place.remove();
  });

  test("setpassword lets the last admin back in and ends all sessions, beside a running server", async () => {
    place = await makePlace(mode);
    server = await spawnServer(place.environment);
    await root();
    const admin = await server.visitor().logIn("root@example.com");
    const hub = await admin.hub();
    const set = await pipe(["setpassword", "Root@Example.com", "--password-stdin"], `${NEW}\n`, place.environment);
    expect(set).toEqual({
      code: 0,
      stdout: "The password of root@example.com was set, and its one session ended.\n",
      stderr: "",
    });
    expect((await hub.closed).code).toBe(4401);
    expect((await admin.get("/api/users/profile/")).status).toBe(401);
    await admin.logIn("root@example.com", NEW);
    expect((await admin.get("/api/admin/audit/?action=password_set")).body.data).toHaveLength(1);
  });

  test("setpassword works without a server, asks twice on a terminal, and says what is wrong", async () => {
    place = await makePlace(mode);
    await root();
    const terminal = openTerminal(["setpassword", "root@example.com"], place.environment);
    await terminal.answer("Password: ", NEW);
    await terminal.answer("The same password again: ", NEW);
    expect(await terminal.exited).toBe(0);
    expect(terminal.text()).not.toContain(NEW);
    for (const [args, input, code, text] of [
      [["setpassword"], "", 2, "setpassword needs an e-mail address: confab setpassword EMAIL"],
      [["setpassword", "root"], "", 2, "is no e-mail address"],
      [["setpassword", "root@example.com"], "", 2, "--password-stdin"],
      [["setpassword", "root@example.com", "--password-stdin"], "short\n", 1, "at least 8 characters"],
      [["setpassword", "root@example.com", "--password-stdin"], "Root@Example.com\n", 1, "too common"],
      [["setpassword", "no@example.com", "--password-stdin"], NEW, 1, "There is no account with the e-mail"],
    ] as const) {
      const answer = await pipe([...args], input, place.environment);
      expect([args, answer.code, answer.stderr]).toEqual([args, code, expect.stringContaining(text)]);
    }
    server = await spawnServer(place.environment);
    await server.visitor().logIn("root@example.com", NEW);
  });

  test("user list, deactivate and reactivate work beside a running server, and keep the last superuser", async () => {
    place = await makePlace(mode);
    server = await spawnServer(place.environment);
    const ann = await server.visitor().signUp("Ann");
    const email = ann.user?.email ?? "";
    await root();
    const list = await run(["user", "list"], place.environment);
    expect(list).toMatchObject({ code: 0, stderr: "" });
    const [head, ...rows] = list.stdout.trimEnd().split("\n");
    expect(head).toMatch(/^ID +E-MAIL +NAME +ROLE +LAST LOGIN$/);
    expect(rows[0]).toMatch(/^\d+ +root@example.com +Rosa Root +superuser +never$/);
    expect(rows[1]).toContain(email);
    const found = await run(["user", "list", "--search", "tester", "--json"], place.environment);
    expect(JSON.parse(found.stdout)).toMatchObject({ email, is_superuser: false, is_active: true });

    const hub = await ann.hub();
    const out = await run(["user", "deactivate", email], place.environment);
    expect(out).toMatchObject({ code: 0, stdout: `${email} is deactivated, and signed out everywhere.\n` });
    expect((await hub.closed).code).toBe(4401);
    expect((await ann.get("/api/users/profile/")).status).toBe(401);
    expect((await run(["user", "deactivate", email], place.environment)).stdout).toContain("is deactivated already");
    expect((await run(["user", "list"], place.environment)).stdout).toContain("member, deactivated");
    expect((await run(["user", "reactivate", email], place.environment)).stdout).toContain("is active again");
    await ann.logIn(email);

    const last = await run(["user", "deactivate", "root@example.com"], place.environment);
    expect(last).toMatchObject({ code: 1, stdout: "" });
    expect(last.stderr).toContain("The last active superuser can't be lost");
    const nobody = await run(["user", "deactivate", "no@example.com"], place.environment);
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no account") });
  });

  test("invite prints a link in the name of a superuser, and says when there is none", async () => {
    place = await makePlace(mode);
    const none = await run(["invite"], place.environment);
    expect(none).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("createsuperuser") });
    await root();
    const environment = { ...place.environment, PUBLIC_URL: "https://chat.example.com" };
    const link = /^https:\/\/chat\.example\.com\/invite\/[0-9a-hjkmnp-tv-z]{16}\n$/;
    expect((await run(["invite", "--uses", "10", "--days", "3"], environment)).stdout).toMatch(link);
    server = await spawnServer(environment);
    expect((await run(["invite"], environment)).stdout).toMatch(link);
    for (const args of [
      ["--uses", "0"],
      ["--uses", "ten"],
      ["--days", "366"],
    ])
      expect(await run(["invite", ...args], environment)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${args[0]} must be a whole number from 1 to`),
      });
  });
});
