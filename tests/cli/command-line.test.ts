import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../package.json";
import { envExample, settingsDoc } from "../../scripts/settings.ts";
import { readConfig } from "../../src/server/config.ts";
import { settings } from "../../src/server/settings.ts";
import { run } from "../support/process.ts";

const root = join(import.meta.dir, "../..");

test("--version and --help tell the version, the commands and every setting", async () => {
  expect(await run(["--version"], {})).toMatchObject({ code: 0, stdout: `${version}\n` });
  const { code, stdout } = await run(["--help"], {});
  expect(code).toBe(0);
  for (const word of [
    "serve",
    "migrate",
    "createsuperuser",
    "setpassword EMAIL",
    "invite",
    "user list",
    "user deactivate EMAIL",
    "user reactivate EMAIL",
    "set-up code",
    "backup",
    "restore",
    "healthcheck",
    ...Object.keys(settings),
  ])
    expect(stdout).toContain(word);
});

test("a wrong command line says what is wrong and how to go on", async () => {
  for (const [args, text] of [
    [["srve"], "Unknown command: srve"],
    [["serve", "now"], "Unexpected argument: now"],
    [["--prot", "1"], "Unknown option: --prot."],
    [["--host", "1"], "HOST is a setting: confab reads it from the environment"],
    [["--port", "80000"], "--port must be a whole number from 0 to 65535, as in --port 8000"],
    [["--port", "http"], "--port must be a whole number"],
    [["--port", "-5"], "--port must be a whole number"],
    [["--port"], "--port must be a whole number from 0 to 65535, as in --port 8000"],
    [["--env-file"], "--env-file needs a value, as in --env-file=VALUE"],
    [["createsuperuser", "--email", "--promote"], "--email needs a value, as in --email=VALUE"],
    [["--port", "8000", "migrate"], "--port is no option of migrate. It has none."],
    [["invite", "--json"], "--json is no option of invite. It takes --uses, --days."],
    [["user"], "user needs one of: user list, user deactivate EMAIL, user reactivate EMAIL"],
    [["user", "remove"], "user needs one of"],
    [["user", "deactivate"], "user deactivate needs an e-mail address: confab user deactivate EMAIL"],
    [["user", "list", "all"], "Unexpected argument: all"],
    [["backup"], "backup needs a file: confab backup FILE"],
    [["--env-file", "/nowhere/.env"], "Can't read --env-file /nowhere/.env"],
  ] as const) {
    const { code, stderr } = await run([...args], {});
    expect(code).toBe(2);
    expect(stderr).toContain(text);
    expect(stderr).toContain("confab --help");
  }
});

test("a bad setting stops the start, and every fault is named at once", async () => {
  const { code, stderr } = await run(["serve"], {
    PORT: "80000",
    RATE_LIMIT_USER: "many",
    DATABASE_URL: "mysql://x",
    CORS_ORIGINS: "https://a.example/path",
    TRUSTED_PROXIES: "10.0.0.0/99",
    MESSAGE_RETENTION: "0d",
    COOKIE_SECURE: "maybe",
    COLOR: "teal",
  });
  expect(code).toBe(2);
  expect(stderr).toContain("PORT must be a whole number from 0 to 65535");
  expect(stderr).toContain("RATE_LIMIT_USER must be a rate like 20/minute");
  expect(stderr).toContain("DATABASE_URL must be a URL like postgres://");
  expect(stderr).toContain('CORS_ORIGINS "https://a.example/path" must be an origin');
  expect(stderr).toContain("TRUSTED_PROXIES");
  expect(stderr).toContain("MESSAGE_RETENTION must be a time like 24h");
  expect(stderr).toContain("COOKIE_SECURE must be auto or always");
  expect(stderr).toContain("COLOR must be a colour like #0f766e: # and six digits from 0 to f");
});

test("an empty setting counts as not set", () => {
  expect(readConfig({ PORT: "", DATABASE_URL: "", RATE_LIMIT_ANON: "" })).toEqual(readConfig({}));
});

test("rates, times, proxies and origins are read as documented", () => {
  const config = readConfig({
    RATE_LIMIT_ANON: "off",
    RATE_LIMIT_SENDS: "7/2m",
    MESSAGE_RETENTION: "30d",
    TRUSTED_PROXIES: "2",
    CORS_ORIGINS: "https://a.example, http://localhost:3000",
  });
  expect(config.RATE_LIMIT_ANON).toBe("off");
  expect(config.RATE_LIMIT_USER).toEqual({ limit: 100, windowMs: 60_000 });
  expect(config.RATE_LIMIT_SENDS).toEqual({ limit: 7, windowMs: 120_000 });
  expect(config.MESSAGE_RETENTION).toBe(30 * 86_400_000);
  expect(config.TRUSTED_PROXIES).toBe(2);
  expect(config.CORS_ORIGINS).toEqual(["https://a.example", "http://localhost:3000"]);
});

test(".env.example and docs/settings.md are current", () => {
  expect(readFileSync(join(root, ".env.example"), "utf8")).toBe(envExample());
  expect(readFileSync(join(root, "docs/settings.md"), "utf8")).toBe(settingsDoc());
});

test("no .env is read unasked; --env-file reads one, and the environment wins over it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "confab-env-"));
  try {
    writeFileSync(join(folder, ".env"), "PORT=not-a-port\nLOG_LEVEL=shouting\n");
    expect((await run(["healthcheck"], { PORT: "1" }, folder)).stderr).toContain("http://127.0.0.1:1/");
    const asked = await run(["--env-file", join(folder, ".env"), "healthcheck"], { PORT: "1" }, folder);
    expect(asked).toMatchObject({ code: 2 });
    expect(asked.stderr).toContain("LOG_LEVEL must be");
    expect(asked.stderr).not.toContain("PORT must be");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
