import { beforeAll, beforeEach, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { type Client, PASSWORD } from "../support/client.ts";
import { inEachMode, makePlace } from "../support/modes.ts";
import { spawnServer } from "../support/process.ts";
import { withServer } from "../support/server.ts";
import { promote, superuser } from "../support/superuser.ts";
import { dataOf, times } from "./expectations.ts";

const LOGIN = "/api/users/login/";

inEachMode("the security log", (mode) => {
  const server = withServer(mode, { RATE_LIMIT_LOGIN: "3/minute", TRUSTED_PROXIES: "1" });
  let root: Client;
  beforeAll(async () => {
    root = await superuser(server, "Root");
  });
  beforeEach(() => {
    server.securityLog.length = 0;
  });

  const events = () => server.securityLog.map((line) => JSON.parse(line));
  const from = { network: "127.0.0.1", address: "127.0.0.1" };

  test("has a registration, a login, a new password and a logout, with account and network", async () => {
    const ann = await server.person();
    const account = ann.user?.email;
    const change = { old_password: PASSWORD, password: "An0ther one", password_confirm: "An0ther one" };
    dataOf(await ann.post("/api/users/password/", change));
    dataOf(await ann.post("/api/users/logout/"));
    expect(events()).toMatchObject([
      { event: "registered", account, user_id: ann.id, ...from },
      { event: "login", account, user_id: ann.id, ...from },
      { event: "password_changed", account, user_id: ann.id, ...from },
      { event: "session_ended", user_id: ann.id, ...from },
    ]);
    expect(server.securityLog.join()).not.toContain(PASSWORD);
    expect(server.securityLog.join()).not.toContain(ann.cookie ?? "?");
  });

  test("names the account and the network of wrong passwords, whether there is such an account or not", async () => {
    const ann = await server.person();
    server.securityLog.length = 0;
    const via = { "X-Forwarded-For": "2001:db8:1:2:3::4" };
    const attempt = (email: string) => server.visitor().post(LOGIN, { email, password: "wrong password" }, via);
    await attempt(ann.user?.email ?? "");
    await attempt(" Nobody@Example.com");
    for (const _ of times(8, () => 0)) await attempt("nobody@example.com");
    const where = { network: "2001:db8:1:2::/64", address: "2001:db8:1:2:3::4" };
    expect(events()).toMatchObject([
      { event: "login_failed", account: ann.user?.email, ...where },
      { event: "login_failed", account: "nobody@example.com", ...where },
      { event: "login_failed", account: "nobody@example.com", ...where },
      { event: "login_failed", account: "nobody@example.com", ...where },
      { event: "login_throttled", account: "nobody@example.com", ...where },
    ]);
  });

  test("has the acts of an admin on an account, with the admin", async () => {
    const ann = await server.person();
    server.securityLog.length = 0;
    const path = `/api/admin/users/${ann.id}/`;
    for (const change of [{ is_superuser: true }, { is_superuser: false }]) dataOf(await root.patch(path, change));
    dataOf(await root.delete(`${path}sessions/`));
    for (const change of [{ is_active: false }, { is_active: true }]) dataOf(await root.patch(path, change));
    // It is so already.
    dataOf(await root.patch(path, { is_active: true }));
    const by = { user_id: ann.id, by: root.id, ...from };
    expect(events()).toMatchObject([
      { event: "superuser_granted", account: ann.user?.email, ...by },
      { event: "superuser_revoked", ...by },
      { event: "sessions_ended", count: 1, ...by },
      { event: "user_deactivated", ...by },
      { event: "user_reactivated", ...by },
    ]);
    expect(events()).toHaveLength(5);
  });

  if (mode === "embedded")
    test("has superusers that the command line makes", async () => {
      const ann = await server.person();
      server.securityLog.length = 0;
      const about = { account: ann.user?.email, user_id: ann.id };
      await promote(server, ann);
      expect(events()).toMatchObject([
        { event: "password_reset", ...about, by: null },
        { event: "superuser_granted", ...about, by: null },
        { event: "login", ...about },
      ]);
      server.securityLog.length = 0;
      // They are one already.
      await promote(server, ann);
      expect(events()).toMatchObject([{ event: "password_reset", by: null }, { event: "login" }]);
    });

  if (mode === "embedded")
    test("has each deactivation and reactivation by the command line once", async () => {
      const ann = await server.person();
      const email = ann.user?.email ?? "";
      const command = (body: object) =>
        fetch("http://confab/accounts", {
          unix: join(server.environment["DATA_DIR"] ?? "", "confab.sock"),
          method: "POST",
          body: JSON.stringify({ email, ...body }),
        });
      server.securityLog.length = 0;
      await command({ do: "set_active", active: false });
      await command({ do: "set_active", active: true });
      await command({ do: "set_active", active: false });
      // It opens the account too.
      await command({ do: "promote", password: PASSWORD });
      const about = { account: email, user_id: ann.id, by: null };
      const told = ["user_deactivated", "user_reactivated", "user_deactivated"];
      const promoted = ["password_reset", "user_reactivated", "superuser_granted"];
      expect(events()).toMatchObject([...told, ...promoted].map((event) => ({ event, ...about })));
    });

  test("has people whom an admin adds, and a new superuser", async () => {
    const add = (email: string, is_superuser: boolean) =>
      root.post("/api/admin/users/", { email, first_name: "Ada", last_name: "Example", is_superuser });
    dataOf(await add(`member.${mode}@example.com`, false), 201);
    dataOf(await add(`admin.${mode}@example.com`, true), 201);
    expect(events()).toMatchObject([
      { event: "user_added", account: `member.${mode}@example.com`, by: root.id, ...from },
      { event: "user_added", account: `admin.${mode}@example.com`, by: root.id, ...from },
      { event: "superuser_granted", account: `admin.${mode}@example.com`, by: root.id, ...from },
    ]);
  });

  test("an admin who looks at a user's sessions is in the audit log, once", async () => {
    const ann = await server.person();
    for (const _ of times(3, () => 0)) dataOf(await root.get(`/api/admin/users/${ann.id}/`));
    dataOf(await root.get(`/api/admin/users/${root.id}/`));
    const entries = async (id: number) =>
      dataOf(await root.get(`/api/admin/audit/?action=user_viewed&target_type=user&target_id=${id}`));
    expect(await entries(ann.id)).toMatchObject([{ actor: { id: root.id }, details: { email: ann.user?.email } }]);
    expect(await entries(root.id)).toEqual([]);
  });
});

test("a server writes its security log to its file and to standard output", async () => {
  const place = await makePlace("embedded");
  const stdout = join(place.environment["LOG_DIR"] ?? "", "../stdout");
  const file = Bun.file(stdout);
  await Bun.write(file, "");
  const descriptor = openSync(stdout, "a");
  const server = await spawnServer(place.environment, { stdout: descriptor });
  await server.visitor().signUp();
  server.kill("SIGTERM");
  await server.exited;
  closeSync(descriptor);
  const written = await Bun.file(join(place.environment["LOG_DIR"] ?? "", "security.log")).text();
  const lines = written.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(["registered", "login"]);
  const said = (await file.text()).split("\n");
  for (const line of lines) expect(said).toContain(line);
  place.remove();
});
