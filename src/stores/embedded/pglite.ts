import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type PGlite, types } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import type { Logger } from "../../domain/logger.ts";
import { makeCluster } from "./empty-cluster.ts";
import { lockFolder } from "./folder-lock.ts";
import { stopOnPanic } from "./panic.ts";
import { createPglite } from "./pglite-files.ts";
import { SYNCED_SETTINGS, SYNCED_START, SyncedFiles, syncChanged } from "./synced-files.ts";

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

/**
 * Opens the files of a database.
 * @param sync whether what is committed outlives a loss of power; without it, only the end of the process
 */
export function openCluster(folder: string, sync: boolean, fs = new SyncedFiles(folder)): Promise<PGlite> {
  const serializers = { [types.TEXT]: keepByteOrderMark };
  if (!sync) return createPglite({ fs, postgresqlconf: SETTINGS, serializers });
  return createPglite({
    fs,
    postgresqlconf: [...SETTINGS, ...SYNCED_SETTINGS],
    startParams: SYNCED_START,
    serializers,
  });
}

/** PGlite's reader takes U+FEFF off the start of a text, once: one more is put there, for it to take. */
const keepByteOrderMark = (text: string) => (text.startsWith("\ufeff") ? `\ufeff${text}` : text);

/**
 * Writes down what the log alone has, and lets go of that part of it. Nothing else does: the database never does so by
 * itself while it runs.
 */
export class Checkpoints {
  private running: Promise<void> = Promise.resolve();
  private startedAt = 0;
  private held = 0;

  constructor(
    private readonly client: PGlite,
    private readonly folder: string,
    private readonly sync: boolean,
  ) {}

  run(): Promise<void> {
    if (this.held === 0) this.running = this.running.catch(() => {}).then(() => this.checkpoint());
    return this.running;
  }

  /**
   * From when this resolves until it is let go, the files and then the log, copied as they are, are the database at the
   * moment of the log's copy.
   */
  async hold(): Promise<() => void> {
    this.held++;
    await this.running.catch(() => {});
    let isHeld = true;
    return () => {
      if (isHeld) this.held--;
      isHeld = false;
    };
  }

  private async checkpoint() {
    const startedAt = Date.now();
    // A checkpoint stands still until the disk has it all: most of it is there already then.
    if (this.sync) await syncChanged(join(this.folder, "base"), this.startedAt);
    await this.client.exec("CHECKPOINT");
    this.startedAt = startedAt;
  }
}

/** Table by table: the database works on the event loop's own thread, and sends go in between. */
async function vacuum(client: PGlite) {
  const { rows } = await client.query<{ name: string }>(
    "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  for (const { name } of rows) await client.exec(`VACUUM ANALYZE ${name}`);
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The database's folder in DATA_DIR. */
export const CLUSTER = "db";

type Schema = Record<string, unknown>;

/** How stores/postgres wants its migrations: which folder, and a check once they are in. Passed in, as stores know no other store. */
interface Migrations {
  folder: string;
  require(query: (text: string) => Promise<Record<string, unknown>[]>): Promise<void>;
}

export function makeFolder(dataDir: string) {
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
 * PostgreSQL inside this process, its files in `DATA_DIR/db`. Commits survive kill -9, and with `sync` a loss of power.
 * The folder stays locked until `close`.
 */
export async function openPglite<S extends Schema>(options: {
  dataDir: string;
  schema: S;
  migrations: Migrations;
  logger: Logger;
  /** Whether a commit waits until the disk has it. */
  sync: boolean;
  /** Others than the usual ones, for tests. */
  files?: SyncedFiles;
  /** The database has stopped and answers nothing any more. */
  onStopped(error: Error): void;
}) {
  makeFolder(options.dataDir);
  const lock = lockFolder(options.dataDir);
  const folder = join(options.dataDir, CLUSTER);
  const open = async () => {
    await makeCluster(folder);
    return openCluster(folder, options.sync, options.files);
  };
  const client = await open().catch((error: unknown) => {
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
  const checkpoints = new Checkpoints(client, folder, options.sync);
  const timers = [
    setInterval(
      care(() => checkpoints.run()),
      CHECKPOINT_EVERY_MS,
    ),
    setInterval(
      care(() => vacuum(client)),
      VACUUM_EVERY_MS,
    ),
  ];
  const orm = drizzle(client, { schema: options.schema });
  return {
    concurrency: CALLS_A_TURN,
    orm,
    query,
    logQuery: query,
    waitingLogQuery: query,
    async migrate(apply: boolean) {
      if (apply) await migrate(orm, { migrationsFolder: options.migrations.folder });
      await options.migrations.require((text) => query(text, []));
    },
    holdCheckpoints: () => checkpoints.hold(),
    async close() {
      for (const timer of timers) clearInterval(timer);
      await checkpoints.hold();
      await client.close();
      lock.release();
    },
  };
}
