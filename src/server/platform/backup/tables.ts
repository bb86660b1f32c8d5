import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { version } from "../../../../package.json";
import { appliedMigrations, knownMigrations, type Migrations, newestKnown, type Run } from "../postgres/migrations.ts";
import * as schema from "../postgres/schema.ts";
import { BackupFileError, type BackupHeader, type BackupWriter, readBackup } from "./format.ts";

/** A database that one transaction reads or fills, on a connection of its own. */
export interface BackupDatabase {
  kind: BackupHeader["from"];
  transaction<T>(mode: "read only" | "read write", work: (run: Run) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** How many rows are fetched, or inserted, at a time. */
const ROWS_AT_ONCE = 500;
/** And about how many letters, so that fewer rows go together when messages are long. */
const LETTERS_AT_ONCE = 1_000_000;

/**
 * Tables and rows that name a database stay out of backups; two databases with the same names would be taken for one.
 * `history` shows that a database went back in time. All secrets but two belong to the database and its Redis: `session`
 * seals sessions, and `digest` keys the digests by which resends are recognised.
 */
const STAYS = new Set(["history"]);
/**
 * Tables that no backup has and every restore empties. A restored link might have been used since, or open another
 * account. A trigger fills `file_usage` from the restored files.
 */
const VOID = new Set(["password_links", "file_usage"]);
const PORTABLE: Record<string, string> = { secrets: "name IN ('session', 'digest')" };

/** All tables in a backup, each after the tables that its rows point to. */
export function backupTables(): string[] {
  const wanted = new Map<string, string[]>();
  for (const table of Object.values(schema).filter((value) => is(value, PgTable))) {
    const { name, foreignKeys } = getTableConfig(table);
    if (STAYS.has(name) || VOID.has(name)) continue;
    wanted.set(
      name,
      foreignKeys.map((key) => getTableConfig(key.reference().foreignTable).name),
    );
  }
  const ordered: string[] = [];
  while (ordered.length < wanted.size) {
    const ready = [...wanted].filter(
      ([name, needs]) => !ordered.includes(name) && needs.every((n) => ordered.includes(n)),
    );
    if (ready.length === 0) throw new Error("the tables' foreign keys make a circle");
    ordered.push(...ready.map(([name]) => name));
  }
  return ordered;
}

/** A database can't be backed up, or a backup can't be restored there. The text says what to do. */
export class BackupError extends Error {}

/** Writes all tables, as they are at one moment. */
export async function dump(
  database: BackupDatabase,
  writer: BackupWriter,
  onRows: (done: number, all: number) => void,
) {
  return database.transaction("read only", async (run) => {
    const migration = await newestMigration(run);
    if (migration === 0) throw new BackupError("There is nothing to back up: this database has no tables of Confab.");
    if (migration > newestKnown())
      throw new BackupError("The database belongs to a newer version of Confab. Back it up with that version.");
    const tables: BackupHeader["tables"] = [];
    for (const name of backupTables()) {
      const [{ there } = { there: false }] = await run<{ there: boolean }>(
        "SELECT to_regclass($1) IS NOT NULL AS there",
        [name],
      );
      if (!there) continue;
      const [counted] = await run<{ rows: number | string }>(`SELECT count(*) AS rows FROM ${selected(name)} AS t`);
      tables.push({ name, rows: Number(counted?.rows) });
    }
    const header: BackupHeader = {
      confab: version,
      created_at: new Date().toISOString(),
      from: database.kind,
      migration,
      epoch: await epochOf(run),
      tables,
    };
    await writer.lines([JSON.stringify(header)]);
    const all = tables.reduce((sum, { rows }) => sum + rows, 0);
    let done = 0;
    for (const { name } of tables) {
      await run(
        `DECLARE backup NO SCROLL CURSOR FOR
         SELECT row_to_json(t)::text AS row FROM (SELECT ${await writable(run, name)} FROM ${selected(name)} AS t) AS t`,
      );
      for (;;) {
        const rows = await run<{ row: string }>(`FETCH ${ROWS_AT_ONCE} FROM backup`);
        if (rows.length === 0) break;
        await writer.lines(rows.map(({ row }) => row));
        done += rows.length;
        onRows(done, all);
      }
      await run("CLOSE backup");
    }
    return header;
  });
}

function selected(table: string): string {
  const portable = PORTABLE[table];
  return portable === undefined ? table : `(SELECT * FROM ${table} WHERE ${portable})`;
}

/** The columns of a table without generated ones, which can't be restored and need not be. */
async function writable(run: Run, table: string): Promise<string> {
  const [row] = await run<{ columns: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [table],
  );
  if (!row) throw new Error(`the table ${table} has no columns`);
  return row.columns;
}

/** The epoch of the database; null when it has no such table. */
async function epochOf(run: Run): Promise<string | null> {
  const [row] = await run<{ there: boolean }>("SELECT to_regclass('history') IS NOT NULL AS there");
  if (!row?.there) return null;
  const [history] = await run<{ epoch: string }>("SELECT epoch::text AS epoch FROM history");
  return history?.epoch ?? null;
}

/** 0: the database has no tables. */
const newestMigration = async (run: Run) => Math.max(0, ...(await appliedMigrations(run)));

/** Throws when this version can't restore a backup. */
export function requireKnown(header: BackupHeader, path: string): void {
  if (knownMigrations().some(({ folderMillis }) => folderMillis === header.migration)) return;
  throw new BackupFileError(
    header.migration > newestKnown()
      ? `${path} was made by Confab ${header.confab}, which is newer than this one (${version}). Restore it with that version or a newer one.`
      : `${path} was made by a Confab ${header.confab} whose tables this version (${version}) does not know.`,
  );
}

/** Whether a database has no data: no users, conversations, or anything else that a backup would have. */
export async function isEmpty(run: Run): Promise<boolean> {
  for (const name of backupTables().filter((table) => !(table in PORTABLE))) {
    const [row] = await run<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [name]);
    if (row?.there && (await run(`SELECT 1 FROM ${name} LIMIT 1`)).length > 0) return false;
  }
  return true;
}

export interface LoadOptions {
  migrations: Migrations;
  /** Whether the data in the database may be deleted. */
  replace: boolean;
  /** How many nodes use the database. If there are any, its tables must stay. */
  nodesInUse(run: Run): Promise<number>;
  onRows(done: number, all: number): void;
}

/**
 * Fills a database from a backup whose file has been verified, brings it up to this version, and begins a new epoch: all
 * of it or nothing.
 */
export async function load(database: BackupDatabase, path: string, header: BackupHeader, options: LoadOptions) {
  const all = header.tables.reduce((sum, { rows }) => sum + rows, 0);
  return database.transaction("read write", async (run) => {
    const level = await newestMigration(run);
    if (level > newestKnown())
      throw new BackupError("The database belongs to a newer version of Confab. Restore with that version.");
    if (!options.replace && !(await isEmpty(run)))
      throw new BackupError(
        "The database is not empty. To throw away everything in it and put the backup in its place, add --replace.",
      );
    if (level !== header.migration) {
      if (level !== 0 && (await options.nodesInUse(run)) > 0)
        throw new BackupError(
          "The backup is of an older version, and nodes are running on the database. Stop them all, then restore again.",
        );
      if (level !== 0) await dropAll(run, options.migrations);
      await options.migrations.apply(run, header.migration);
    }
    await empty(run, header);
    await insertAll(run, path, (done) => options.onRows(done, all));
    await options.migrations.apply(run);
    await setSequences(run);
    await beginHistory(run);
    return epochOf(run);
  });
}

/** Removes everything that the migrations have made. Other tables and functions in the same database stay. */
async function dropAll(run: Run, migrations: Migrations) {
  await run(`DROP TABLE IF EXISTS ${[...backupTables(), ...STAYS, ...VOID].join(", ")} CASCADE`);
  await migrations.forget(run);
}

/** Locks all tables against everybody and empties them, also of rows that migrations have inserted. */
async function empty(run: Run, header: BackupHeader) {
  const names = header.tables.map(({ name }) => name);
  const whole = names.filter((name) => !(name in PORTABLE));
  const there: string[] = [];
  for (const name of VOID)
    if ((await run(`SELECT WHERE to_regclass('${name}') IS NOT NULL`)).length > 0) there.push(name);
  await run(`TRUNCATE ${[...whole, ...there].join(", ")}`);
  for (const name of names.filter((name) => name in PORTABLE)) await run(`DELETE FROM ${name} WHERE ${PORTABLE[name]}`);
}

async function insertAll(run: Run, path: string, onRows: (done: number) => void) {
  let done = 0;
  let batch: string[] = [];
  let letters = 0;
  let into = "";
  const insert = async () => {
    if (batch.length === 0) return;
    // The insert names only the columns that the rows have. A column that the older version did not know gets its
    // default.
    const columns = columnsOf(batch[0] ?? "");
    await run(
      `INSERT INTO ${into} (${columns}) OVERRIDING SYSTEM VALUE
       SELECT ${columns} FROM json_populate_recordset(NULL::${into}, $1::text::json)`,
      [`[${batch.join(",")}]`],
    );
    done += batch.length;
    onRows(done);
    batch = [];
    letters = 0;
  };
  for await (const { table, rows } of readBackup(path)) {
    if (table !== into) await insert();
    into = table;
    for (const row of rows) {
      batch.push(row);
      letters += row.length;
      if (batch.length >= ROWS_AT_ONCE || letters >= LETTERS_AT_ONCE) await insert();
    }
  }
  await insert();
}

const columnsOf = (row: string) =>
  Object.keys(JSON.parse(row))
    .map((name) => `"${name.replaceAll('"', '""')}"`)
    .join(", ");

/** Sets each sequence so that the next row gets the number after the highest restored one. */
async function setSequences(run: Run) {
  const identities = await run<{ table: string; column: string }>(
    `SELECT table_name AS table, column_name AS column FROM information_schema.columns
     WHERE table_schema = current_schema() AND is_identity = 'YES'`,
  );
  const known = new Set(backupTables());
  for (const { table, column } of identities.filter(({ table }) => known.has(table)))
    await run(
      `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), coalesce(max("${column}"), 0) + 1, false) FROM ${table}`,
    );
}

/** Begins a new epoch, because clients have seen another past than the restored one and must not mix the two. */
async function beginHistory(run: Run) {
  await run(
    `INSERT INTO history (place) VALUES (confab_place())
     ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, place = excluded.place, stopped = NULL`,
  );
}
