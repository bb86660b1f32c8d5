import { afterEach, expect, test } from "bun:test";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { PASSWORD } from "../support/client.ts";
import { inEachMode, type Mode, makePlace, type Place } from "../support/modes.ts";
import { run, type ServerProcess, spawnServer } from "../support/process.ts";
import { openTerminal } from "../support/terminal.ts";

const ROOT = ["createsuperuser", "--email", "Root@Example.com", "--first-name", "Rosa", "--last-name", "Root"];

inEachMode("createsuperuser", (mode: Mode) => {
  let place: Place;
  let server: ServerProcess | undefined;

  afterEach(async () => {
    server?.kill("SIGTERM");
    await server?.exited;
    server = undefined;
    place.remove();
  });

  test("makes a superuser without a server, who can log in", async () => {
    place = await makePlace(mode);
    const made = await run(ROOT, { ...place.environment, SUPERUSER_PASSWORD: PASSWORD });
    expect(made).toMatchObject({ code: 0, stdout: "Superuser root@example.com was created.\n", stderr: "" });
    server = await spawnServer(place.environment);
    const root = await server.visitor().logIn("root@example.com");
    expect(root.user).toMatchObject({ email: "root@example.com", full_name: "Rosa Root" });
    expect(root.user).toMatchObject({ is_superuser: true });
  });

  test("works beside a running server", async () => {
    place = await makePlace(mode);
    server = await spawnServer(place.environment);
    expect((await run(ROOT, { ...place.environment, SUPERUSER_PASSWORD: PASSWORD })).code).toBe(0);
    const root = await server.visitor().logIn("root@example.com");
    expect((await root.get("/api/admin/limits/")).status).toBe(200);
  });

  test("changes no existing account without --promote", async () => {
    place = await makePlace(mode);
    server = await spawnServer(place.environment);
    const ann = await server.visitor().signUp("Ann");
    const email = ann.user?.email ?? "";
    const options = ["createsuperuser", "--email", email, "--first-name", "Other", "--last-name", "Name"];
    const environment = { ...place.environment, SUPERUSER_PASSWORD: "another password" };
    const refused = await run(options, environment);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`${email} has an account already`);
    expect(refused.stderr).toContain("--promote");
    expect((await ann.get("/api/admin/limits/")).status).toBe(404);
    await server.visitor().logIn(email);

    // Names need not be given, and stay.
    const hub = await ann.hub();
    const promoted = await run(["createsuperuser", "--promote", "--email", email], environment);
    expect(promoted).toMatchObject({ code: 0, stderr: "" });
    expect(promoted.stdout).toBe(
      `${email} is a superuser now. Its password is the one you gave, and its 2 sessions ended.\n`,
    );
    expect((await hub.closed).code).toBe(4401);
    expect((await ann.get("/api/users/profile/")).status).toBe(401);
    const wrong = await server.visitor().post("/api/users/login/", { email, password: PASSWORD });
    expect(wrong.status).toBe(401);
    await ann.logIn(email, "another password");
    expect((await ann.get("/api/users/profile/")).body.data).toMatchObject({ first_name: "Ann", is_superuser: true });

    // It is the way back in for one who was deactivated.
    expect((await run(ROOT, { ...place.environment, SUPERUSER_PASSWORD: PASSWORD })).code).toBe(0);
    const root = await server.visitor().logIn("root@example.com");
    await root.patch(`/api/admin/users/${ann.id}/`, { is_active: false });
    const back = await run(["createsuperuser", "--promote", "--email", email], environment);
    expect(back.stdout).toContain("was deactivated and is active again");
    await server.visitor().logIn(email, "another password");
    server.kill("SIGTERM");
    await server.exited;
    expect(await superusers(place)).toEqual([email, "root@example.com"]);
    const audited =
      "SELECT action || ' ' || (details ->> 'email') AS line FROM audit_log WHERE actor_id IS NULL ORDER BY id";
    expect(await linesOf(place, audited)).toEqual([
      `password_set ${email}`,
      `superuser_granted ${email}`,
      "superuser_created root@example.com",
      `password_set ${email}`,
      `user_reactivated ${email}`,
    ]);
  });

  test("asks question by question on a terminal, and checks each answer at once", async () => {
    place = await makePlace(mode);
    const terminal = openTerminal(["createsuperuser"], place.environment);
    for (const [question, wrong, text, right] of [
      ["E-mail: ", "nobody", "Enter a valid email address.", "root@example.com"],
      ["First name: ", "R2", "First name should contain only letters.|This field may only contain letters.", "Rosa"],
      ["Last name: ", "", "This field may not be blank.", "Root"],
      ["Password: ", "short", "at least 8 characters", PASSWORD],
    ] as const) {
      await terminal.answer(question, wrong);
      await terminal.sees(new RegExp(text));
      await terminal.answer(question, right);
    }
    await terminal.answer("The same password again: ", "another one");
    await terminal.sees(/not the same/);
    await terminal.answer("Password: ", PASSWORD);
    await terminal.answer("The same password again: ", PASSWORD);
    expect(await terminal.exited).toBe(0);
    expect(terminal.text()).toContain("Superuser root@example.com was created.");
    expect(terminal.text()).not.toContain(PASSWORD);

    // It says so before it asks for more.
    const again = openTerminal(["createsuperuser"], place.environment);
    await again.answer("E-mail: ", "root@example.com");
    expect(await again.exited).toBe(1);
    expect(again.text()).toContain("has an account already");
    expect(again.text()).not.toContain("First name");
  });

  test("says what is wrong with what it was given, and changes nothing", async () => {
    place = await makePlace(mode);
    await run(["migrate"], place.environment);
    const { code, stderr } = await run(["createsuperuser", "--email", "nobody", "--first-name", "R2"], {
      ...place.environment,
      SUPERUSER_PASSWORD: "short",
    });
    expect(code).toBe(1);
    expect(stderr).toContain("E-mail (--email): Enter a valid email address.");
    expect(stderr).toContain("First name (--first-name): First name should contain only letters.");
    expect(stderr).toContain("Last name (--last-name): This field is required.");
    expect(stderr).toContain("Password (SUPERUSER_PASSWORD): Ensure this field has at least 8 characters.");
    expect(await superusers(place)).toEqual([]);
  });
});

test("the embedded server's socket for commands is for its own user only", async () => {
  const place = await makePlace("embedded");
  const folder = place.environment["DATA_DIR"] ?? "";
  // Somebody may have opened the folder to others; the socket stays closed to them.
  chmodSync(folder, 0o755);
  const server = await spawnServer(place.environment);
  expect(statSync(join(folder, "confab.sock")).mode & 0o777).toBe(0o600);
  server.kill("SIGTERM");
  expect(await server.exited).toBe(0);
  place.remove();
});

/** E-mails of all superusers, read from the database itself. */
const superusers = (place: Place) => linesOf(place, "SELECT email AS line FROM users WHERE is_superuser ORDER BY id");

async function linesOf(place: Place, statement: string): Promise<string[]> {
  const { DATABASE_URL, DATA_DIR } = place.environment;
  if (DATABASE_URL !== undefined) {
    const client = postgres(DATABASE_URL, { max: 1 });
    const rows = await client.unsafe(statement);
    await client.end();
    return rows.map((row) => row["line"]);
  }
  const { PGlite } = await import("@electric-sql/pglite");
  const client = await PGlite.create(join(DATA_DIR ?? "", "db"));
  const { rows } = await client.query<{ line: string }>(statement);
  await client.close();
  return rows.map((row) => row.line);
}
