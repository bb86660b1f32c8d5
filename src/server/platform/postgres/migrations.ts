import { join } from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { OLDEST_READER, RELEASE } from "./release.ts";
import { arrayLiteral } from "./values.ts";

/** The folder that drizzle-kit makes from the schema: beside the source, or in the single binary beside all its modules. */
const MIGRATIONS = join(import.meta.dir, Bun.isStandaloneExecutable ? "drizzle" : "../../../../drizzle");

/** Runs one statement of a transaction. The statement names tables without a schema: `search_path` leads to them. */
export type Run = <Row>(text: string, parameters?: readonly (string | number)[]) => Promise<Row[]>;

/** The texts of all SQL functions, each after those that it needs: one `CREATE OR REPLACE FUNCTION confab_…` a text. */
export interface SqlFunctions {
  /** Generated columns, indexes, triggers and the migrations use these. They come before the tables and name none of them. */
  beforeTables: readonly string[];
  afterTables: readonly string[];
}

/** The tables of the database are not those of this release. The text says what to do. */
class MigrationError extends Error {}

/** The migrations that this release knows, by the time that names each, oldest first. */
export const knownMigrations = () => readMigrationFiles({ migrationsFolder: MIGRATIONS });
export const newestKnown = () => Math.max(...knownMigrations().map(({ folderMillis }) => folderMillis));

/** The migrations that a database has. */
export async function appliedMigrations(run: Run): Promise<number[]> {
  if (!(await isThere(run, "drizzle.__drizzle_migrations"))) return [];
  const rows = await run<{ created_at: number | string }>("SELECT created_at FROM drizzle.__drizzle_migrations");
  return rows.map((row) => Number(row.created_at));
}

/**
 * Brings a database to the tables and SQL functions of this release. Tables come from `drizzle/`. A function is its one
 * current text, and is created again when its checksum differs from the one recorded.
 */
export class Migrations {
  private readonly beforeTables: readonly SqlFunction[];
  private readonly afterTables: readonly SqlFunction[];

  constructor(functions: SqlFunctions) {
    this.beforeTables = functions.beforeTables.map(sqlFunction);
    this.afterTables = functions.afterTables.map(sqlFunction);
  }

  /**
   * MUST run in one transaction: nodes of the last release serve meanwhile, and each state between two statements would
   * be wrong for them. MUST hold the migration lock where several nodes can start.
   * @param upTo the last migration to apply. With it, the functions that need all tables wait for a call without it.
   */
  async apply(run: Run, upTo = Number.POSITIVE_INFINITY): Promise<void> {
    for (const statement of RECORDS) await run(statement);
    const database = await releaseOf(run);
    // A node that restarts after a newer release has migrated must not put its own functions back.
    if (database && database.release > RELEASE) return;
    const applied = await appliedMigrations(run);
    const pending = knownMigrations().filter(
      ({ folderMillis }) => folderMillis <= upTo && !applied.includes(folderMillis),
    );
    if (pending.length > 0 && (await isThere(run, "conversations"))) await run(LOCK_TABLES);
    await applyFunctions(run, this.beforeTables);
    for (const { sql, hash, folderMillis } of pending) {
      for (const statement of sql) await run(statement);
      await run("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)", [hash, folderMillis]);
    }
    if (upTo < newestKnown()) return;
    await applyFunctions(run, this.afterTables);
    await this.dropOthers(run);
    await run(
      `INSERT INTO drizzle.schema_release (release, oldest_reader) VALUES ($1, $2)
       ON CONFLICT (id) DO UPDATE SET release = excluded.release, oldest_reader = excluded.oldest_reader`,
      [RELEASE, OLDEST_READER],
    );
  }

  /** Throws unless this release can serve the database as it is. */
  async require(run: Run): Promise<void> {
    const known = knownMigrations().map(({ folderMillis }) => folderMillis);
    const applied = await appliedMigrations(run);
    const database = await releaseOf(run);
    const isTooNew = database
      ? database.oldestReader > RELEASE
      : applied.some((migration) => migration > Math.max(...known));
    if (isTooNew)
      throw new MigrationError(
        "The database belongs to a newer version of Confab. Start that version, or restore a backup.",
      );
    const missing = known.filter((migration) => !applied.includes(migration)).length;
    if (missing > 0)
      throw new MigrationError(
        `The database lacks ${missing} of ${known.length} migrations and AUTO_MIGRATE is off. Run: confab migrate`,
      );
    if (!database || database.release < RELEASE)
      throw new MigrationError(
        "The database has the SQL functions of an older version and AUTO_MIGRATE is off. Run: confab migrate",
      );
  }

  /** Drops every function of Confab, and every record of a migration. The tables must be gone. */
  async forget(run: Run): Promise<void> {
    for (const statement of RECORDS) await run(statement);
    for (const signature of await functionsBut(run, [])) await run(`DROP FUNCTION IF EXISTS ${signature} CASCADE`);
    for (const table of ["__drizzle_migrations", "sql_functions", "schema_release"])
      await run(`DELETE FROM drizzle.${table}`);
  }

  /** Drops functions that this release no longer has. */
  private async dropOthers(run: Run) {
    const names = [...this.beforeTables, ...this.afterTables].map(({ name }) => name);
    for (const signature of await functionsBut(run, names)) await run(`DROP FUNCTION ${signature}`);
    await run("DELETE FROM drizzle.sql_functions WHERE name <> ALL ($1::text[])", [arrayLiteral(names)]);
  }
}

interface SqlFunction {
  name: string;
  text: string;
  checksum: string;
}

function sqlFunction(text: string): SqlFunction {
  const name = /^CREATE OR REPLACE FUNCTION (confab_\w+)\(/m.exec(text)?.[1];
  if (name === undefined) throw new Error(`this text creates no function of Confab: ${text.slice(0, 100)}`);
  return { name, text, checksum: new Bun.CryptoHasher("sha256").update(text).digest("hex") };
}

/**
 * The records of migrations. They are beside drizzle's own records, so that a backup and an empty database have none of
 * them.
 */
const RECORDS = [
  "CREATE SCHEMA IF NOT EXISTS drizzle",
  "CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)",
  `CREATE TABLE IF NOT EXISTS drizzle.sql_functions (
     name text PRIMARY KEY, checksum text NOT NULL, release integer NOT NULL
   )`,
  `CREATE TABLE IF NOT EXISTS drizzle.schema_release (
     id boolean PRIMARY KEY DEFAULT true CHECK (id), release integer NOT NULL, oldest_reader integer NOT NULL
   )`,
];

/**
 * Migrations lock these tables one by one and keep the locks. Calls of serving nodes lock several of them too, and begin
 * with a conversation. In the same order neither waits for the other in a circle.
 */
const LOCK_TABLES =
  "LOCK TABLE conversations, messages, changes, participants, users, sessions IN ACCESS EXCLUSIVE MODE";

async function applyFunctions(run: Run, functions: readonly SqlFunction[]) {
  const rows = await run<{ name: string; checksum: string }>("SELECT name, checksum FROM drizzle.sql_functions");
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  for (const { name, text, checksum } of functions) {
    if (applied.get(name) === checksum) continue;
    await run(text);
    await run(
      `INSERT INTO drizzle.sql_functions (name, checksum, release) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, release = excluded.release`,
      [name, checksum, RELEASE],
    );
  }
}

/** The release that has migrated a database last, and the oldest that can serve it. `undefined`: release 1, or none. */
async function releaseOf(run: Run): Promise<{ release: number; oldestReader: number } | undefined> {
  if (!(await isThere(run, "drizzle.schema_release"))) return undefined;
  const [row] = await run<{ release: number; oldestReader: number }>(
    'SELECT release, oldest_reader AS "oldestReader" FROM drizzle.schema_release',
  );
  return row;
}

/** The signatures of Confab's functions in the database, but for those with these names. */
async function functionsBut(run: Run, names: readonly string[]): Promise<string[]> {
  const rows = await run<{ signature: string }>(
    `SELECT oid::regprocedure::text AS signature FROM pg_proc
     WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'confab\\_%' AND proname <> ALL ($1::text[])`,
    [arrayLiteral(names)],
  );
  return rows.map(({ signature }) => signature);
}

async function isThere(run: Run, table: string): Promise<boolean> {
  const [row] = await run<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [table]);
  return row?.there ?? false;
}
