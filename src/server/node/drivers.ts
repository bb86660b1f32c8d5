import type { Logger } from "../base/logger.ts";
import type { Config } from "../config.ts";
import { openPglite } from "../platform/pglite/driver.ts";
import { openPostgres } from "../platform/postgres/connection.ts";
import type { Driver } from "../platform/postgres/database.ts";
import { examineDatabase } from "../platform/postgres/examine.ts";
import { Migrations } from "../platform/postgres/migrations.ts";
import { lockNode, type NodeLock } from "../platform/postgres/node-lock.ts";
import * as schema from "../platform/postgres/schema.ts";
import type { NodeOptions } from "./options.ts";
import { SQL_FUNCTIONS } from "./sql-functions.ts";

/** How long a starting node waits for another one that is shutting down. */
const RESTART_PATIENCE_MS = 15_000;

interface DriverListeners {
  /** An embedded database has stopped for good. */
  onLost?: (error: Error) => void;
  /** The database can be served, but its operator should know something. */
  onWarning?: (text: string) => void;
}

/** Opens the database of the mode that the settings choose. */
export async function openDriver(
  config: Config,
  logger: Logger,
  { onLost = () => {}, onWarning = () => {} }: DriverListeners = {},
): Promise<Driver> {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize } = config;
  const migrations = new Migrations(SQL_FUNCTIONS);
  if (url !== undefined)
    return openPostgres({ url, poolSize, migrations, schema: await examineDatabase(url, onWarning) });
  return openPglite({
    dataDir: config.DATA_DIR,
    stateDir: config.STATE_DIR,
    thread: new URL(Bun.isStandaloneExecutable ? "./database-thread.ts" : "../database-thread.ts", import.meta.url),
    schema,
    migrations,
    logger,
    sync: config.EMBEDDED_SYNC === "on",
    onStopped: onLost,
  });
}

/**
 * Makes sure that no node without Redis serves this database beside another node. An embedded database needs no lock:
 * its folder is locked when it is opened.
 */
export async function lockDatabase({ config, onLost }: NodeOptions, nodeId: string): Promise<NodeLock | undefined> {
  const { DATABASE_URL: url, REDIS_URL } = config;
  if (url === undefined) return undefined;
  return lockNode({ url, nodeId, shared: REDIS_URL !== undefined, patienceMs: RESTART_PATIENCE_MS }, onLost);
}
