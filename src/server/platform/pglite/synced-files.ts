import { closeSync, fsyncSync, openSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

type Options = Awaited<ReturnType<NodeFS["init"]>>["emscriptenOpts"];
type Module = NonNullable<PGlite["Module"]>;

/**
 * The error code that C programs get when the disk has failed. PostgreSQL then stops, because it must not take the data
 * for written.
 */
const EIO = 29;

/**
 * The files of a database, with the one call that PGlite's lack: `fsync`. Without it Emscripten reports success and
 * does nothing. PostgreSQL itself calls it in the right order: for a checkpoint's files before it removes their part of
 * the log.
 */
export class SyncedFiles extends NodeFS {
  override async init(pglite: PGlite, options: Options) {
    const { emscriptenOpts } = await super.init(pglite, options);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addFsync] } };
  }
}

/** Emscripten's files of the real disk, as far as they are used here. */
interface NodeFiles {
  stream_ops: { fsync?(stream: { nfd: number }): number };
}

function addFsync(module: Module) {
  const files: NodeFiles = module.NODEFS;
  files.stream_ops.fsync = ({ nfd }) => {
    try {
      fsyncSync(nfd);
      return 0;
    } catch {
      return EIO;
    }
  };
}

/** PGlite's own arguments without `-F`, which means `fsync=off` and overrides any setting. */
export const SYNCED_START = PGlite.defaultStartParams.filter((parameter) => parameter !== "-F");

/** Makes PostgreSQL open the log with O_SYNC, because the usual call, `fdatasync`, does nothing here either. */
export const SYNCED_SETTINGS = ["fsync=on", "wal_sync_method=open_datasync"];

/** Syncs a folder to the disk: its content, and its own entry. */
export async function syncFolder(folder: string): Promise<void> {
  await syncChanged(folder, 0, 16);
  for (const name of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (name.isDirectory()) syncDirectory(join(name.parentPath, name.name));
  syncDirectory(folder);
  syncDirectory(dirname(folder));
}

export function syncDirectory(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Syncs the files of a folder that have changed since `sinceMs`, off this thread. Files may disappear meanwhile. */
export async function syncChanged(folder: string, sinceMs: number, atOnce = SYNCS_AT_ONCE): Promise<void> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const work = paths.values();
  const next = async () => {
    for (const path of work) await syncFile(path, sinceMs).catch(ignoreGone);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

/** Bun's threads for files serve all other reads too, so some are left free. */
const SYNCS_AT_ONCE = 2;

async function syncFile(path: string, sinceMs: number) {
  if ((await stat(path)).mtimeMs < sinceMs) return;
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function ignoreGone(error: unknown) {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
