import { afterEach, expect, test } from "bun:test";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { PASSWORD } from "../support/client.ts";
import { inEachMode, type Mode, makePlace, type Place } from "../support/modes.ts";
import { run, type ServerProcess, spawnServer } from "../support/process.ts";

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

  test("works beside a running server, and makes an existing user one", async () => {
    place = await makePlace(mode);
    server = await spawnServer(place.environment);
    const ann = await server.visitor().signUp("Ann");
    const email = ann.user?.email ?? "";
    const options = ["createsuperuser", "--email", email, "--first-name", "Other", "--last-name", "Name"];
    const made = await run(options, { ...place.environment, SUPERUSER_PASSWORD: "another password" });
    expect(made.code).toBe(0);
    expect(made.stdout).toContain(`${email} exists already and is a superuser now`);
    expect((await ann.get("/api/users/profile/")).body.data.first_name).toBe("Ann");
    expect((await run(ROOT, { ...place.environment, SUPERUSER_PASSWORD: PASSWORD })).code).toBe(0);
    const root = await server.visitor().logIn("root@example.com");
    await root.patch(`/api/admin/users/${ann.id}/`, { is_active: false });
    expect((await run(options, { ...place.environment, SUPERUSER_PASSWORD: PASSWORD })).code).toBe(0);
    await server.visitor().logIn(email);
    server.kill("SIGTERM");
    await server.exited;
    expect(await superusers(place)).toEqual([email, "root@example.com"]);
    const audited =
      "SELECT action || ' ' || (details ->> 'email') AS line FROM audit_log WHERE actor_id IS NULL ORDER BY id";
    expect(await linesOf(place, audited)).toEqual([
      `superuser_granted ${email}`,
      "superuser_created root@example.com",
      `user_reactivated ${email}`,
    ]);
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
