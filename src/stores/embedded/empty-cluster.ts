import { existsSync, renameSync, rmSync } from "node:fs";
import archive from "./empty-cluster.tar.zst" with { type: "file" };
import { createPglite } from "./pglite-files.ts";

/**
 * Makes the files of an empty database, from an archive: `initdb` itself takes seconds and half a gigabyte of memory.
 * The folder appears whole or not at all, whenever the process is killed.
 */
export async function makeCluster(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const tar = Bun.zstdDecompressSync(await Bun.file(archive).bytes());
  const loadDataDir = new Blob([tar], { type: "application/x-tar" });
  const client = await createPglite({ dataDir: unfinished, loadDataDir });
  await client.close();
  renameSync(unfinished, folder);
}

/** Makes the archive anew; needed when PGlite comes with another PostgreSQL. Run by `bun run empty-cluster`. */
export async function writeArchive(): Promise<void> {
  const client = await createPglite();
  await client.exec("CHECKPOINT");
  const tar = await (await client.dumpDataDir("none")).bytes();
  await client.close();
  await Bun.write(archive, Bun.zstdCompressSync(tar, { level: 22 }));
}
