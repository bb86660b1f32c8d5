import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../config.ts";
import { askToReopen, ServerGoneError } from "../node/control/client.ts";
import { CONTROL_SOCKET } from "../node/control/protocol.ts";
import { SQL_FUNCTIONS } from "../node/sql-functions.ts";
import { backupOnPglite, backupOnPostgres } from "../platform/backup/connections.ts";
import { type BackupHeader, verifyBackup } from "../platform/backup/format.ts";
import { Progress } from "../platform/backup/progress.ts";
import { BackupError, isEmpty, load, requireKnown } from "../platform/backup/tables.ts";
import { CLUSTER, openCluster } from "../platform/pglite/cluster.ts";
import { makeFolder } from "../platform/pglite/driver.ts";
import { makeCluster, putRestored, restoredBeside } from "../platform/pglite/empty-cluster.ts";
import { FolderLockError, lockFolder } from "../platform/pglite/folder-lock.ts";
import { syncDirectory, syncFolder } from "../platform/pglite/synced-files.ts";
import { Migrations, type Run } from "../platform/postgres/migrations.ts";
import { livingNodes } from "../platform/postgres/node-lock.ts";
import { summary } from "./backup.ts";
import { Leftovers } from "./leftovers.ts";

export interface RestoreOptions {
  /** Whether to throw away the present content. */
  replace: boolean;
  /** Whether to check only that the file is whole and that this version can restore it. */
  check: boolean;
}

/** Puts a backup into an empty database, or with `replace` in place of its content. All or nothing. */
export async function restore(config: Config, file: string, options: RestoreOptions): Promise<number> {
  if (file === "-") throw new BackupError("A restore reads its file twice, so it can't be a pipe. Save it first.");
  const progress = new Progress();
  const leftovers = new Leftovers();
  try {
    const all = 2 * Bun.file(file).size;
    let read = 0;
    const header = await verifyBackup(file, (bytes) => {
      read += bytes;
      progress.step("Checking", read, all);
    });
    requireKnown(header, file);
    const made = `made ${header.created_at} by Confab ${header.confab}`;
    if (options.check) {
      progress.end();
      process.stdout.write(`${file} is whole: ${summary(header)} It was ${made}.\n`);
      return 0;
    }
    const onRows = (done: number, rows: number) => progress.step("Restoring", done, rows);
    await (config.DATABASE_URL === undefined
      ? restoreFolder(config, file, header, { ...options, onRows }, leftovers)
      : restorePostgres(config.DATABASE_URL, file, header, { ...options, onRows }));
    progress.end();
    process.stdout.write(`Restored ${file}, ${made}: ${summary(header)} Clients load everything anew.\n`);
    return 0;
  } finally {
    progress.end();
    leftovers.remove();
  }
}

interface Load {
  replace: boolean;
  onRows(done: number, all: number): void;
}

async function restorePostgres(url: string, file: string, header: BackupHeader, options: Load) {
  const database = await backupOnPostgres(url);
  const nodesInUse = async (run: Run) =>
    (await livingNodes((text, parameters) => run(text, parameters.map(String)))).length;
  try {
    await load(database, file, header, { ...options, migrations: new Migrations(SQL_FUNCTIONS), nodesInUse });
  } finally {
    await database.close();
  }
}

/**
 * Fills a folder beside the database's, then puts it in its place in one step. A running server does that step itself.
 */
async function restoreFolder(config: Config, file: string, header: BackupHeader, options: Load, leftovers: Leftovers) {
  makeFolder(config.DATA_DIR);
  const folder = join(config.DATA_DIR, CLUSTER);
  const socket = join(config.DATA_DIR, CONTROL_SOCKET);
  const lock = lockOrServer(config.DATA_DIR, socket);
  try {
    if (!options.replace) {
      if (!lock)
        throw new BackupError(
          "A server is running on this folder. To throw away everything in it and put the backup in its place, add --replace.",
        );
      await requireEmpty(folder);
    }
    const unfinished = `${folder}.restoring`;
    for (const left of [unfinished, `${unfinished}.unfinished`]) {
      rmSync(left, { recursive: true, force: true });
      leftovers.add(left);
    }
    await fill(unfinished, file, header, options.onRows);
    const restored = restoredBeside(folder);
    rmSync(restored, { recursive: true, force: true });
    renameSync(unfinished, restored);
    leftovers.done();
    syncDirectory(dirname(folder));
    if (lock) await putRestored(folder);
    else await reopened(socket);
  } finally {
    lock?.release();
  }
}

async function reopened(socket: string) {
  const reply = await askToReopen(socket).catch((error: unknown) => {
    if (!(error instanceof ServerGoneError)) throw error;
    return { ok: false, text: `${error.message} It takes up the restored data when it is started again.` };
  });
  if (!reply.ok) throw new BackupError(reply.text);
}

/** @returns undefined when a server has the folder, and can be asked */
function lockOrServer(dataDir: string, socket: string) {
  try {
    return lockFolder(dataDir);
  } catch (error) {
    if (!(error instanceof FolderLockError) || !existsSync(socket)) throw error;
    return undefined;
  }
}

async function requireEmpty(folder: string) {
  await putRestored(folder);
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  const client = await openCluster(folder, true);
  const database = backupOnPglite(client, () => client.close());
  try {
    if (await database.transaction("read only", isEmpty)) return;
  } finally {
    await database.close();
  }
  throw new BackupError(
    "The database is not empty. To throw away everything in it and put the backup in its place, add --replace.",
  );
}

/** Makes a new database from a backup. It is synced to the disk once, when it is full. */
async function fill(folder: string, file: string, header: BackupHeader, onRows: Load["onRows"]) {
  await makeCluster(folder);
  const client = await openCluster(folder, false);
  const database = backupOnPglite(client, () => client.close());
  try {
    const migrations = new Migrations(SQL_FUNCTIONS);
    await load(database, file, header, { migrations, replace: false, onRows, nodesInUse: async () => 0 });
  } finally {
    await database.close();
  }
  await syncFolder(folder);
}
