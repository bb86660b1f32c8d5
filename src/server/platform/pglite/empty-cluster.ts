import { existsSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import archive from "./empty-cluster.tar.zst" with { type: "file" };
import { createCluster } from "./package-files.ts";
import { syncDirectory, syncFolder } from "./synced-files.ts";

/**
 * Makes the files of an empty database, from an archive: `initdb` itself takes seconds and half a gigabyte of memory.
 * The folder appears whole or not at all, whenever the process is killed or the machine loses its power.
 */
export async function makeCluster(folder: string): Promise<void> {
  await putRestored(folder);
  if (existsSync(folder)) return;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  // PGlite could load the archive, but would keep the 128 MB of a second PostgreSQL for it.
  await new Bun.Archive(Bun.zstdDecompressSync(await Bun.file(archive).bytes())).extract(unfinished);
  await syncFolder(unfinished);
  renameSync(unfinished, folder);
  syncDirectory(dirname(folder));
}

/** The folder in which a restored database waits, complete, to take the place of the one in `folder`. */
export const restoredBeside = (folder: string) => `${folder}.restored`;

/**
 * Puts a restored database in place, if one waits. The restore is valid once that folder has its name, and an earlier
 * process may have ended at any moment after that.
 */
export async function putRestored(folder: string): Promise<void> {
  const restored = restoredBeside(folder);
  if (!existsSync(restored)) return;
  await rm(folder, { recursive: true, force: true });
  renameSync(restored, folder);
  syncDirectory(dirname(folder));
}

/** Makes the archive again, which is needed for a PGlite with another PostgreSQL. Run by `bun run empty-cluster`. */
export async function writeArchive(): Promise<void> {
  const client = await createCluster();
  await client.exec("CHECKPOINT");
  const tar = await (await client.dumpDataDir("none")).bytes();
  await client.close();
  await Bun.write(archive, Bun.zstdCompressSync(tar, { level: 22 }));
}
