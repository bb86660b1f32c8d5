import { describe } from "bun:test";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { afterAllFiles } from "./cleanup.ts";
import { postgresPrograms, sharedPostgres } from "./postgres.ts";
import { redisProgram, sharedRedis } from "./redis.ts";

/** How a server keeps its data. */
export type Mode = "embedded" | "postgres" | "redis";

/** Settings of a mode, with a database of its own, and how to remove it. */
export interface Place {
  environment: Record<string, string>;
  remove(): void;
}

/** The modes that this machine can run; a line of the output names each mode that it can't run. */
export const modes: Mode[] = ["embedded"];
if (postgresPrograms()) modes.push("postgres");
if (postgresPrograms() && redisProgram()) modes.push("redis");
if (!modes.includes("postgres"))
  process.stderr.write("SKIPPED: all tests on PostgreSQL, which is not installed (Debian: postgresql)\n");
if (!modes.includes("redis"))
  process.stderr.write("SKIPPED: all tests on Redis, which is not installed (Debian: redis-server, postgresql)\n");

/** The same tests in each mode. */
export function inEachMode(name: string, tests: (mode: Mode) => void): void {
  for (const mode of modes) describe(`${name} (${mode})`, () => tests(mode));
}

/** Each database once, with all services beside it that this machine has. */
export const databases = modes.filter((mode) => mode === "embedded" || mode === modes.at(-1));

/** The same tests on each database. */
export function inEachDatabase(name: string, tests: (mode: Mode) => void): void {
  for (const mode of databases) describe(`${name} (${mode})`, () => tests(mode));
}

export async function makePlace(mode: Mode): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "confab-test-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const environment = {
    DATA_DIR: join(folder, "data"),
    STATE_DIR: join(folder, "state"),
    LOG_DIR: join(folder, "logs"),
  };
  if (mode !== "embedded") {
    const DATABASE_URL = await (await sharedPostgres()).createDatabase();
    const redis = mode === "redis" ? { REDIS_URL: (await sharedRedis()).database() } : {};
    return { environment: { ...environment, DATABASE_URL, ...redis }, remove };
  }
  cpSync(await embeddedTemplate(), environment.DATA_DIR, { recursive: true });
  return { environment, remove };
}

/** Where scripts/test.ts tells the processes that it starts of its template. */
export const SHARED_TEMPLATE = "TEST_EMBEDDED_TEMPLATE";

let template: Promise<string> | undefined;

/** Making an embedded database takes seconds; the tests copy one that is made once, for all processes where they share it. */
export function embeddedTemplate(): Promise<string> {
  const folder = process.env[SHARED_TEMPLATE];
  template ??= folder ? Promise.resolve(folder) : makeTemplate();
  return template;
}

async function makeTemplate(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "confab-template-"));
  afterAllFiles(() => rmSync(folder, { recursive: true, force: true }));
  const driver = await openDriver(readConfig({ DATA_DIR: folder, STATE_DIR: folder }), pino({ level: "silent" }));
  await driver.migrate(true);
  await driver.close();
  if (!existsSync(join(folder, "db"))) throw new Error("the embedded database was not made");
  return folder;
}
