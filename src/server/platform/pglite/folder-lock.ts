import { Database } from "bun:sqlite";
import { join } from "node:path";

/** Another process has the folder open. The text says how to fix that. */
export class FolderLockError extends Error {}

/**
 * Makes this process the only one that opens a data folder: two would corrupt it without an error. SQLite's file lock
 * is the operating system's, so it ends with the process, however that ends.
 */
export function lockFolder(dataDir: string): { release(): void } {
  const file = new Database(join(dataDir, "confab.lock"));
  try {
    file.run("PRAGMA locking_mode = EXCLUSIVE");
    file.run("BEGIN EXCLUSIVE");
  } catch {
    file.close();
    throw new FolderLockError(
      `Another Confab process is using ${dataDir}. Stop it first, or give this one a DATA_DIR of its own.`,
    );
  }
  return {
    release() {
      file.close();
    },
  };
}
