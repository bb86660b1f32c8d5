import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type PGlite, types } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import type { Logger } from "../../domain/logger.ts";
import { CleanStop } from "./clean-stop.ts";
import { makeCluster } from "./empty-cluster.ts";
import { lockFolder } from "./folder-lock.ts";
import { stopOnPanic } from "./panic.ts";
import { createPglite } from "./pglite-files.ts";

/** The in-process database has no background processes: what they would do is done here, this often. */
const CHECKPOINT_EVERY_MS = 5 * 60_000;
const VACUUM_EVERY_MS = 60 * 60_000;

/**
 * It works on one statement at a time, and each waits for the event loop's turn: so many calls do so together. With one,
 * a busy log, a batch every turn, would leave readers one statement a batch.
 */
const CALLS_A_TURN = 16;

/** One connection on one machine: what a server's defaults would keep in memory and on the disk is not needed. */
const SETTINGS = ["shared_buffers=16MB", "max_wal_size=64MB", "min_wal_size=32MB"];

async function open(folder: string) {
  await makeCluster(folder);
  return createPglite({ dataDir: folder, postgresqlconf: SETTINGS, serializers: { [types.TEXT]: keepByteOrderMark } });
}

/** PGlite's reader takes U+FEFF off the start of a text, once: one more is put there, for it to take. */
const keepByteOrderMark = (text: string) => (text.startsWith("\ufeff") ? `\ufeff${text}` : text);

async function checkpoint(client: PGlite) {
  await client.exec("CHECKPOINT");
}

/** Table by table: the database works on the event loop's own thread, and sends go in between. */
async function vacuum(client: PGlite) {
  const { rows } = await client.query<{ name: string }>(
    "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  for (const { name } of rows) await client.exec(`VACUUM ANALYZE ${name}`);
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

type Schema = Record<string, unknown>;

/** How stores/postgres wants its migrations: which folder, and a check once they are in. Passed in, as stores know no other store. */
interface Migrations {
  folder: string;
  require(query: (text: string) => Promise<Record<string, unknown>[]>): Promise<void>;
}

function makeFolder(dataDir: string) {
  try {
    mkdirSync(dataDir, { recursive: true });
    // PGlite writes files that anyone may read: the folder is what keeps others out.
    chmodSync(dataDir, 0o700);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `DATA_DIR ${dataDir} can't be used: ${why}. It must be a folder that belongs to whoever runs the server.`,
      { cause: error },
    );
  }
}

/**
 * PostgreSQL inside this process, its files in `DATA_DIR/db`. Commits survive kill -9; they are not synced to the
 * disk, so a loss of power may take the newest. The folder stays locked until `close`.
 */
export async function openPglite<S extends Schema>(options: {
  dataDir: string;
  /** Outside it: where clean stops are noted. */
  stateDir: string;
  schema: S;
  migrations: Migrations;
  logger: Logger;
  /** The database has stopped and answers nothing any more. */
  onStopped(error: Error): void;
}) {
  makeFolder(options.dataDir);
  const lock = lockFolder(options.dataDir);
  const client = await open(join(options.dataDir, "db")).catch((error: unknown) => {
    lock.release();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The embedded database in ${options.dataDir} can't be opened: ${why}. Is the disk full?`, {
      cause: error,
    });
  });
  stopOnPanic(client, options.onStopped);
  const query = async <Row>(text: string, parameters: readonly unknown[]) => {
    // Answered within the same turn of the event loop, what arrives together could share no batch and no read.
    await nextTurn();
    return (await client.query<Row>(text, [...parameters])).rows;
  };
  const care = (work: () => Promise<void>) => () =>
    void work().catch((error: unknown) => options.logger.error({ err: error }, "the database's upkeep failed"));
  const timers = [
    setInterval(
      care(() => checkpoint(client)),
      CHECKPOINT_EVERY_MS,
    ),
    setInterval(
      care(() => vacuum(client)),
      VACUUM_EVERY_MS,
    ),
  ];
  const orm = drizzle(client, { schema: options.schema });
  const cleanStop = new CleanStop(options.dataDir, options.stateDir, options.logger);
  let hasBegun = false;
  return {
    concurrency: CALLS_A_TURN,
    orm,
    query,
    logQuery: query,
    waitingLogQuery: query,
    async migrate(apply: boolean) {
      if (apply) await migrate(orm, { migrationsFolder: options.migrations.folder });
      await options.migrations.require((text) => query(text, []));
      if (!hasBegun) await cleanStop.begin(query);
      hasBegun = true;
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      // A database that has stopped by itself is left without a mark.
      const stop = hasBegun ? await cleanStop.end(query).catch(() => undefined) : undefined;
      await client.close();
      stop?.finish();
      lock.release();
    },
  };
}
