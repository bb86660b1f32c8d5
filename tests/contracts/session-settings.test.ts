import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import pino from "pino";
import postgres, { type Sql } from "postgres";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { SESSION_SETTINGS } from "../../src/server/platform/postgres/session.ts";
import { expectChatWorks } from "../support/chat-flow.ts";
import { modes } from "../support/modes.ts";
import { sharedPostgres } from "../support/postgres.ts";

/** For each setting that Confab sets: a value under which something is wrong, or could be. */
const HOSTILE: Record<string, string> = {
  client_encoding: "LATIN1",
  DateStyle: "SQL, DMY",
  IntervalStyle: "sql_standard",
  TimeZone: "Asia/Kathmandu",
  bytea_output: "escape",
  extra_float_digits: "-9",
  standard_conforming_strings: "off",
  array_nulls: "off",
  transform_null_equals: "on",
  row_security: "on",
  default_transaction_isolation: "serializable",
  default_transaction_read_only: "on",
  default_transaction_deferrable: "on",
  session_replication_role: "replica",
  gin_fuzzy_search_limit: "1",
  exit_on_error: "on",
  "plpgsql.variable_conflict": "use_variable",
  "plpgsql.extra_errors": "all",
  search_path: "elsewhere, pg_temp, pg_catalog",
  statement_timeout: "80",
  lock_timeout: "1",
  idle_in_transaction_session_timeout: "1",
  idle_session_timeout: "100",
  transaction_timeout: "1",
  enable_seqscan: "on",
  enable_bitmapscan: "on",
  enable_indexscan: "off",
  enable_indexonlyscan: "off",
  enable_nestloop: "off",
  plan_cache_mode: "force_generic_plan",
  jit: "on",
};

/** Only superusers may set these: to an ordinary role they are what they are. */
const FOR_SUPERUSERS = ["session_replication_role", "plpgsql.variable_conflict"];

describe.skipIf(!modes.includes("postgres"))("settings of the given database", () => {
  let admin: Sql;
  let known: Set<string>;

  beforeAll(async () => {
    admin = postgres(await (await sharedPostgres()).createDatabase(), { max: 1, onnotice: () => {} });
    const rows = await admin<{ name: string }[]>`SELECT name FROM pg_settings`;
    known = new Set(rows.map(({ name }) => name));
  });
  afterAll(() => admin.end());

  const isKnown = (name: string) => known.has(name) || name.startsWith("plpgsql.");
  const literal = (value: string) => (value.includes(",") ? value : `'${value}'`);

  /** The tables are made before: where they belong, the search_path of then has said. */
  async function withTables() {
    const made = await database();
    const driver = await openDriver(readConfig({ DATABASE_URL: made.url.href }), pino({ level: "silent" }));
    await driver.migrate(true);
    await driver.close();
    return made;
  }

  async function database() {
    const url = new URL(await (await sharedPostgres()).createDatabase());
    const sql = postgres(url.href, { max: 1, onnotice: () => {} });
    // A schema that is looked in first, and has tables and functions of the same names.
    await sql.unsafe(`CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.users (id text); CREATE TABLE elsewhere.changes (id text);
      CREATE FUNCTION elsewhere.lower(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'fooled'`);
    return { url, name: url.pathname.slice(1), sql };
  }

  test("each setting that Confab sets has a hostile value here", () => {
    expect(Object.keys(HOSTILE).sort()).toEqual([...SESSION_SETTINGS].sort());
  });

  /** Those that were seen to break something are tried one by one. */
  const alone = ["DateStyle", "extra_float_digits", "array_nulls", "default_transaction_read_only", "search_path"];
  const isLimit = (name: string) => name.endsWith("_timeout");
  const isPlan = (name: string) => /^(enable_|plan_|jit)/.test(name);
  const all = Object.keys(HOSTILE);
  const cases = {
    ...Object.fromEntries(alone.map((name) => [name, [name]])),
    limits: all.filter(isLimit),
    plans: all.filter(isPlan),
    "everything else": all.filter((name) => !alone.includes(name) && !isLimit(name) && !isPlan(name)),
    everything: all,
  };

  for (const [title, names] of Object.entries(cases))
    test(`the chat works when the database sets ${title}`, async () => {
      const { url, name: database, sql } = await withTables();
      for (const name of names)
        if (isKnown(name)) await sql.unsafe(`ALTER DATABASE ${database} SET ${name} = ${literal(HOSTILE[name] ?? "")}`);
      await sql.end();
      await expectChatWorks(url.href);
    });

  test("the chat works when an ordinary role has other values for all settings", async () => {
    const { url, name, sql } = await database();
    const role = `role_${crypto.randomUUID().slice(0, 8)}`;
    const asRole = new URL(url);
    asRole.username = role;
    await sql.unsafe(
      `CREATE ROLE ${role} LOGIN; ALTER DATABASE ${name} OWNER TO ${role}; GRANT ALL ON SCHEMA public TO ${role}`,
    );
    try {
      const driver = await openDriver(readConfig({ DATABASE_URL: asRole.href }), pino({ level: "silent" }));
      await driver.migrate(true);
      await driver.close();
      for (const [setting, value] of Object.entries(HOSTILE))
        if (isKnown(setting) && !FOR_SUPERUSERS.includes(setting))
          await sql.unsafe(`ALTER ROLE ${role} IN DATABASE ${name} SET ${setting} = ${literal(value)}`);
      await expectChatWorks(asRole.href, url.href);
    } finally {
      await sql.unsafe(`REASSIGN OWNED BY ${role} TO confab; DROP OWNED BY ${role}; DROP ROLE ${role}`);
      await sql.end();
    }
  });

  test("the chat works when the URL has other settings, by name and in options", async () => {
    const { url, sql } = await database();
    await sql.end();
    url.searchParams.set("datestyle", "SQL, DMY");
    url.searchParams.set("client_encoding", "LATIN1");
    url.searchParams.set("extra_float_digits", "-9");
    url.searchParams.set(
      "options",
      "-c TimeZone=Asia/Kathmandu -c array_nulls=off -c default_transaction_read_only=on",
    );
    await expectChatWorks(url.href, new URL(url.pathname, url).href);
  });
});
