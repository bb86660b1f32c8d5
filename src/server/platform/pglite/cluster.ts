import { type PGlite, types } from "@electric-sql/pglite";
import { createPglite } from "./package-files.ts";
import { SYNCED_SETTINGS, SYNCED_START, SyncedFiles } from "./synced-files.ts";

/** One connection on one machine needs less memory and disk than a server's defaults take. */
const SETTINGS = [
  "shared_buffers=16MB",
  "max_wal_size=64MB",
  "min_wal_size=32MB",
  // All statements look up by key, as on PostgreSQL (platform/postgres/connection.ts).
  "enable_seqscan=off",
  "enable_bitmapscan=off",
  // ANALYZE reads 300 rows for each. At the usual 100 it takes 1.6 s for 20,000 users, and the plans are the same.
  "default_statistics_target=2",
];

/**
 * Opens the files of a database in this thread. A server opens them in a thread of their own (thread.ts).
 * @param sync whether a commit survives a loss of power; without it, it survives the end of the process only
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

/** PGlite removes one U+FEFF from the start of a text that it reads, so this adds one more. */
const keepByteOrderMark = (text: string) => (text.startsWith("\ufeff") ? `\ufeff${text}` : text);
