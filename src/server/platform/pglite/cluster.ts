import { type PGlite, types } from "@electric-sql/pglite";
import { createPglite } from "./package-files.ts";
import { SYNCED_SETTINGS, SYNCED_START, SyncedFiles } from "./synced-files.ts";

/** The database's folder in DATA_DIR. */
export const CLUSTER = "db";

/** One connection on one machine: what a server's defaults would keep in memory and on the disk is not needed. */
const SETTINGS = [
  "shared_buffers=16MB",
  "max_wal_size=64MB",
  "min_wal_size=32MB",
  // Everything is asked by key, as on PostgreSQL (stores/postgres/connection.ts).
  "enable_seqscan=off",
  "enable_bitmapscan=off",
  // ANALYZE looks at 300 rows for each: at the usual 100 it takes 1.6 s for 20,000 users, for plans that stay the same.
  "default_statistics_target=2",
];

/**
 * Opens the files of a database, in this thread: a server does so in the database's own one.
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
