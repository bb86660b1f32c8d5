import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../config.ts";
import { copyFiles } from "../node/backup-files.ts";
import { askToReopen, ServerGoneError } from "../node/control/client.ts";
import { CONTROL_SOCKET } from "../node/control/protocol.ts";
import { CopyDigests } from "../node/copy-digests.ts";
import { blobsOf } from "../node/files.ts";
import { SQL_FUNCTIONS } from "../node/sql-functions.ts";
import { backupOnPglite, backupOnPostgres } from "../platform/backup/connections.ts";
import { type BackupHeader, verifyBackup } from "../platform/backup/format.ts";
import { counted, Progress } from "../platform/backup/progress.ts";
import { BackupError, isEmpty, load, requireKnown } from "../platform/backup/tables.ts";
import { FolderBlobs } from "../platform/blobs/folder.ts";
import { openCluster } from "../platform/pglite/cluster.ts";
import { makeFolder } from "../platform/pglite/driver.ts";
import { makeCluster, putRestored, restoredBeside } from "../platform/pglite/empty-cluster.ts";
import { CLUSTER } from "../platform/pglite/folder.ts";
import { FolderLockError, lockFolder } from "../platform/pglite/folder-lock.ts";
import { syncDirectory, syncFolder } from "../platform/pglite/synced-files.ts";
import { Migrations, type Run } from "../platform/postgres/migrations.ts";
import { livingNodes } from "../platform/postgres/node-lock.ts";
import { countedFiles, filesSummary, requireOtherFolder, summary } from "./backup.ts";
import { Leftovers } from "./leftovers.ts";

export interface RestoreOptions {
  /** Whether to throw away the present content. */
  replace: boolean;
  /** Whether to check only that the file is whole and that this version can restore it. */
  check: boolean;
  /** The folder with the bytes of files. Left out: they are not restored. */
  files: string | undefined;
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
      return options.files === undefined ? 0 : checkFolder(file, options.files, progress);
    }
    if (options.files !== undefined) await restoreFiles(config, file, options.files, progress);
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

/** Gives 1 when files of the backup are not in the folder. */
async function checkFolder(file: string, folder: string, progress: Progress): Promise<number> {
  const onFile = (done: number) => progress.count("Checking files", done);
  const { all, missing } = await copyFiles(file, folderOf(folder), undefined, new CopyDigests(folder, false), onFile);
  progress.end();
  process.stdout.write(`${folder} has ${counted(all - missing.length)} of its ${countedFiles(all)}.\n`);
  return missing.length > 0 ? 1 : 0;
}

/** Bytes come before their rows, so that nobody finds a file without bytes. Those of an interrupted restore are removed in time. */
async function restoreFiles(config: Config, file: string, folder: string, progress: Progress) {
  requireOtherFolder(config, folder);
  const onFile = (done: number) => progress.count("Restoring files", done);
  const copied = await copyFiles(file, folderOf(folder), blobsOf(config), new CopyDigests(folder, false), onFile);
  progress.end();
  process.stdout.write(`${filesSummary(copied)}\n`);
  if (copied.missing.length > 0)
    process.stderr.write(`Not whole in ${folder}: ${countedFiles(copied.missing.length)} of the backup.\n`);
}

function folderOf(folder: string) {
  if (!existsSync(folder)) throw new BackupError(`The folder of files ${folder} is not there.`);
  return new FolderBlobs(resolve(folder));
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
