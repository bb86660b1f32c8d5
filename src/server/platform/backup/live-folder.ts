import { constants } from "node:fs";
import { copyFile, mkdir, readdir, stat, statfs } from "node:fs/promises";
import { join, relative } from "node:path";
import { BackupError } from "./tables.ts";

/** Space for the growth of the log during the copy, and a reserve for others who write to the disk. */
const ROOM_TO_SPARE = 256 * 1024 * 1024;
const LOG = "pg_wal";

/**
 * Copies the files of a database that is running, whose checkpoints are held. Files that change meanwhile are copied in
 * pieces of several moments; the log, copied last, puts every one of them right when the copy is opened.
 */
export async function copyLiveFolder(from: string, to: string, onBytes: (done: number, all: number) => void) {
  const found = await readdir(from, { recursive: true, withFileTypes: true });
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const folder of found.filter((entry) => entry.isDirectory()))
    await mkdir(join(to, relative(from, join(folder.parentPath, folder.name))), { recursive: true, mode: 0o700 });
  const isLog = (path: string) => path.startsWith(`${LOG}/`);
  const names = found
    .filter((entry) => entry.isFile() && entry.name !== "postmaster.pid")
    .map((entry) => relative(from, join(entry.parentPath, entry.name)))
    .filter((path) => !isLog(path));
  let all = 0;
  for (const name of names) all += await sizeOf(join(from, name));
  await requireSpace(to, all);
  let done = 0;
  const copy = async (name: string) => {
    const size = await sizeOf(join(from, name));
    // Where the disk can, the copy shares its blocks and takes no time.
    await copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE).catch(ignoreGone);
    done += size;
    onBytes(done, Math.max(done, all));
  };
  for (const name of names) await copy(name);
  // The log is listed only now, because it has grown. A segment that begins later holds only changes newer than the
  // copy.
  const log = (await readdir(join(from, LOG), { withFileTypes: true })).filter((entry) => entry.isFile());
  for (const { name } of log.toSorted((a, b) => (a.name < b.name ? -1 : 1))) await copy(join(LOG, name));
}

async function requireSpace(folder: string, bytes: number) {
  const { bavail, bsize } = await statfs(folder);
  const missing = bytes + ROOM_TO_SPARE - bavail * bsize;
  if (missing > 0)
    throw new BackupError(
      `There is too little space in ${folder}: a backup beside a running server copies its database there for a moment. Free ${Math.ceil(missing / 1024 / 1024)} MiB, write the backup to another disk, or stop the server first.`,
    );
}

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** Ignores that the database has removed a file during the copy. The log has that removal, too. */
function ignoreGone(error: unknown) {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
