import { closeSync, existsSync, fsyncSync, mkdirSync, mkdtempSync, renameSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../config.ts";
import { type CopiedFiles, copyFiles } from "../node/backup-files.ts";
import { ServerGoneError, withCheckpointsHeld } from "../node/control/client.ts";
import { CONTROL_SOCKET } from "../node/control/protocol.ts";
import { CopyDigests } from "../node/copy-digests.ts";
import { blobsOf } from "../node/files.ts";
import { backupOnPglite, backupOnPostgres } from "../platform/backup/connections.ts";
import { type BackupHeader, BackupWriter, rowsOf, type Sink, verifyBackup } from "../platform/backup/format.ts";
import { copyLiveFolder } from "../platform/backup/live-folder.ts";
import { counted, mebibytes, Progress } from "../platform/backup/progress.ts";
import { type BackupDatabase, BackupError, dump } from "../platform/backup/tables.ts";
import { FolderBlobs } from "../platform/blobs/folder.ts";
import { openCluster } from "../platform/pglite/cluster.ts";
import { putRestored, restoredBeside } from "../platform/pglite/empty-cluster.ts";
import { CLUSTER } from "../platform/pglite/folder.ts";
import { FolderLockError, lockFolder } from "../platform/pglite/folder-lock.ts";
import { syncDirectory } from "../platform/pglite/synced-files.ts";
import { Leftovers } from "./leftovers.ts";

const RETRY_MS = 2_000;

/** Standard output. */
const STDOUT = "-";

interface BackupOptions {
  /** Whether to overwrite an existing file. */
  force: boolean;
  /** The folder that gets the bytes of files. Left out: they are not copied. */
  files: string | undefined;
}

/**
 * Writes all data, as of one moment, to a file for `restore`. A running server goes on serving. The bytes of files come
 * after their rows: so none of those that are still there is missing.
 */
export async function backup(config: Config, file: string, { force, files }: BackupOptions): Promise<number> {
  if (files !== undefined && file === STDOUT)
    throw new BackupError("--files needs a file for the backup, because it reads there which files to copy.");
  if (files !== undefined) requireOtherFolder(config, files);
  if (file === STDOUT && process.stdout.isTTY)
    throw new BackupError("A backup is not text, and a terminal can't show it. Give a file, or pipe the output on.");
  if (file !== STDOUT && existsSync(file) && !force)
    throw new BackupError(`${file} is there already. To overwrite it, add --force.`);
  if (file !== STDOUT && !existsSync(dirname(resolve(file))))
    throw new BackupError(`The folder of ${file} is not there. Make it first.`);
  const leftovers = new Leftovers();
  const progress = new Progress();
  try {
    const path = file === STDOUT ? tmpdir() : dirname(resolve(file));
    const database = await openForBackup(config, path, leftovers, progress);
    try {
      if (file === STDOUT) return await toStandardOutput(database, progress);
      await toFile(database, file, leftovers, progress);
    } finally {
      await database.close();
    }
    if (files !== undefined) await copyTo(config, file, files, progress);
    return 0;
  } finally {
    progress.end();
    leftovers.remove();
  }
}

async function toStandardOutput(database: BackupDatabase, progress: Progress): Promise<number> {
  const { header, bytes } = await write(database, standardOutput(), progress);
  process.stderr.write(
    `${summary(header, bytes)}\nIt was not read back. Try the file with: confab restore --check FILE\n`,
  );
  return 0;
}

async function toFile(database: BackupDatabase, file: string, leftovers: Leftovers, progress: Progress) {
  const unfinished = `${file}.unfinished`;
  // The file has password hashes, sessions and all messages, so only its owner may read it.
  const descriptor = leftovers.open(unfinished);
  let written: Awaited<ReturnType<typeof write>>;
  try {
    written = await write(database, fileSink(descriptor, file), progress);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  let read = 0;
  const all = 2 * written.bytes;
  const header = await verifyBackup(unfinished, (bytes) => {
    read += bytes;
    progress.step("Reading back", read, all);
  });
  if (!Bun.deepEquals(header, written.header))
    throw new BackupError(`${file} reads back differently from what was written. Check the disk, and back up again.`);
  renameSync(unfinished, file);
  leftovers.keep(unfinished);
  syncDirectory(dirname(resolve(file)));
  progress.end();
  process.stdout.write(`${file}: ${summary(header, written.bytes)} Read back and verified.\n`);
}

async function copyTo(config: Config, file: string, folder: string, progress: Progress) {
  const onFile = (done: number) => progress.count("Copying files", done);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const to = new FolderBlobs(resolve(folder));
  const copied = await copyFiles(file, blobsOf(config), to, new CopyDigests(folder, true), onFile);
  progress.end();
  process.stdout.write(`${folder}: ${filesSummary(copied)}\n`);
  if (copied.missing.length > 0)
    process.stderr.write(
      `Not copied: ${countedFiles(copied.missing.length)}. They were deleted meanwhile, or the store has lost them. \`confab files check\` tells.\n`,
    );
}

/** The copy of files MUST NOT be the store itself: it would hide that there is no copy. */
export function requireOtherFolder({ FILES }: Pick<Config, "FILES">, folder: string): void {
  if (typeof FILES === "string" && resolve(FILES) === resolve(folder))
    throw new BackupError(`${folder} is the store of files itself. Name another folder for their copies.`);
}

export const countedFiles = (n: number) => (n === 1 ? "1 file" : `${counted(n)} files`);

export const filesSummary = ({ all, copied, bytes, missing }: CopiedFiles) =>
  `${countedFiles(all - missing.length)}, of which ${counted(copied)} are new (${mebibytes(bytes)}).`;

async function write(database: BackupDatabase, sink: Sink, progress: Progress) {
  const writer = new BackupWriter(sink);
  const header = await dump(database, writer, (done, all) => progress.step("Writing", done, all));
  await writer.end();
  return { header, bytes: writer.bytes };
}

/** Describes the content of a backup for people. */
export function summary(header: BackupHeader, bytes?: number): string {
  const rows = new Map(header.tables.map((table) => [table.name, table.rows]));
  const of = (table: string, one: string) => {
    const n = rows.get(table) ?? 0;
    return n === 1 ? `1 ${one}` : `${counted(n)} ${one}s`;
  };
  const size = bytes === undefined ? "" : `, ${mebibytes(bytes)}`;
  return `${of("users", "user")}, ${of("conversations", "conversation")}, ${of("messages", "message")} (${counted(rowsOf(header))} rows${size}).`;
}

const fileSink = (descriptor: number, file: string): Sink => ({
  async write(bytes) {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new BackupError(`${file} could not be written: ${why}. Nothing was left behind.`);
    }
  },
});

function standardOutput(): Sink {
  const failed = new Promise<never>((_resolve, reject) =>
    process.stdout.on("error", (error) =>
      reject(new BackupError(`The backup could not be written to standard output: ${error.message}`)),
    ),
  );
  failed.catch(() => {});
  return {
    write: (bytes) =>
      Promise.race([failed, new Promise<void>((done) => process.stdout.write(bytes, (error) => error || done()))]),
  };
}

/**
 * Opens the database itself if no server has it open. Otherwise opens a copy, which the server lets this command make.
 */
async function openForBackup(
  config: Config,
  nearby: string,
  leftovers: Leftovers,
  progress: Progress,
  tries = 3,
): Promise<BackupDatabase> {
  if (config.DATABASE_URL !== undefined) return backupOnPostgres(config.DATABASE_URL);
  const folder = join(config.DATA_DIR, CLUSTER);
  if (!existsSync(folder) && !existsSync(restoredBeside(folder)))
    throw new BackupError(`There is nothing to back up: DATA_DIR ${config.DATA_DIR} has no database.`);
  try {
    const lock = lockFolder(config.DATA_DIR);
    const open = async () => {
      await putRestored(folder);
      return openCluster(folder, config.EMBEDDED_SYNC === "on");
    };
    const client = await open().catch((error: unknown) => {
      lock.release();
      throw error;
    });
    return backupOnPglite(client, async () => {
      await client.close();
      lock.release();
    });
  } catch (error) {
    if (!(error instanceof FolderLockError) || !existsSync(join(config.DATA_DIR, CONTROL_SOCKET))) throw error;
    try {
      return await openCopy(config, nearby, leftovers, progress);
    } catch (error) {
      // The server is just stopping, or starting again.
      if (!(error instanceof ServerGoneError) || tries === 1) throw error;
      await Bun.sleep(RETRY_MS);
      return openForBackup(config, nearby, leftovers, progress, tries - 1);
    }
  }
}

/** Meanwhile the server only holds its checkpoints back. This command does the slow work, on a copy. */
async function openCopy(config: Config, nearby: string, leftovers: Leftovers, progress: Progress) {
  const copy = mkdtempSync(join(nearby, ".confab-backup-"));
  leftovers.add(copy);
  const to = join(copy, CLUSTER);
  await withCheckpointsHeld(join(config.DATA_DIR, CONTROL_SOCKET), () =>
    copyLiveFolder(join(config.DATA_DIR, CLUSTER), to, (done, all) => progress.step("Copying", done, all)),
  );
  const client = await openCluster(to, false);
  return backupOnPglite(client, () => client.close());
}
