import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/pglite";
import type { Logger } from "../../base/logger.ts";
import { type Parameter, Texts } from "../postgres/database.ts";
import { Checkpoints } from "./checkpoints.ts";
import { CleanStop } from "./clean-stop.ts";
import { CLUSTER } from "./folder.ts";
import { lockFolder } from "./folder-lock.ts";
import { type Lane, PgliteThread } from "./thread-client.ts";

/** The in-process database has no background processes. Their work is done here, this often. */
const CHECKPOINT_EVERY_MS = 5 * 60_000;
const VACUUM_EVERY_MS = 60 * 60_000;

/** The most calls that wait for their turn in the database's thread. Others wait where a caller can give up. */
const CALLS_AT_ONCE = 16;
/** The most rows that a statement searches, so that it takes a few ms: sends wait for its end. */
const PIECE_ROWS = 1_000;

/** Table by table, so that sends go in between. */
async function vacuum(client: PgliteThread) {
  const { rows } = await client.query(
    "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  for (const { name } of rows) await client.exec(`VACUUM ANALYZE ${name}`);
}

const parameterOf = (parameter: Parameter) => (parameter instanceof Texts ? parameter.values : parameter);

type Schema = Record<string, unknown>;

type Run = <Row>(text: string, parameters?: readonly (string | number)[]) => Promise<Row[]>;

/** The migrations of platform/postgres. They are passed in, because the two drivers do not import each other. */
interface Migrations {
  apply(run: Run): Promise<void>;
  require(run: Run): Promise<void>;
}

export function makeFolder(dataDir: string) {
  try {
    mkdirSync(dataDir, { recursive: true });
    // PGlite writes files that anyone may read, so the mode of the folder has to keep others out.
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
  /** The folder outside the data folder in which clean stops are noted. */
  stateDir: string;
  /** The program of the database's thread. */
  thread: URL;
  schema: S;
  migrations: Migrations;
  logger: Logger;
  /** Whether a commit waits until the disk has it. */
  sync: boolean;
  /** The database has stopped for good. */
  onStopped(error: Error): void;
}) {
  makeFolder(options.dataDir);
  const lock = lockFolder(options.dataDir);
  const { sync } = options;
  const folder = join(options.dataDir, CLUSTER);
  const client = await PgliteThread.open(options.thread, { folder, sync }, options.onStopped).catch(
    (error: unknown) => {
      lock.release();
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`The embedded database in ${options.dataDir} can't be opened: ${why}. Is the disk full?`, {
        cause: error,
      });
    },
  );
  const queryIn =
    (lane: Lane) =>
    async <Row>(text: string, parameters: readonly Parameter[]) =>
      // The statement's text says which columns a row has; this is where that promise enters the types.
      (await client.queryIn(lane, text, parameters.map(parameterOf))).rows as Row[];
  const query = queryIn("calls");
  const logQuery = queryIn("sends");
  const care = (work: () => Promise<void>) => () =>
    void work().catch((error: unknown) => options.logger.error({ err: error }, "the database's upkeep failed"));
  const checkpoints = new Checkpoints(client, sync);
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
  const orm = drizzle(client.asClient(), { schema: options.schema });
  const cleanStop = new CleanStop(options.dataDir, options.stateDir, options.logger);
  let hasBegun = false;
  return {
    concurrency: CALLS_AT_ONCE,
    bulkConcurrency: 1,
    pieceRows: PIECE_ROWS,
    searchesByIndex: false,
    commitsLater: false,
    orm,
    query,
    bulkQuery: queryIn("bulk"),
    logQuery,
    waitingLogQuery: logQuery,
    async migrate(apply: boolean) {
      const runOn =
        (connection: Pick<PgliteThread, "query">): Run =>
        async <Row>(text: string, parameters: readonly (string | number)[] = []) =>
          (await connection.query(text, parameters)).rows as Row[];
      if (apply) await client.transaction((transaction) => options.migrations.apply(runOn(transaction)));
      await options.migrations.require(runOn(client));
      if (!hasBegun) await cleanStop.begin(query);
      hasBegun = true;
    },
    holdCheckpoints: () => checkpoints.hold(),
    async close() {
      for (const timer of timers) clearInterval(timer);
      await checkpoints.hold();
      // A database that has stopped by itself gets no mark.
      const stop = hasBegun ? await cleanStop.end(query).catch(() => undefined) : undefined;
      await client.close();
      stop?.finish();
      lock.release();
    },
  };
}
