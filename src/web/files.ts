import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { WebFile } from "./bundle.ts";

export type { WebFile };

/**
 * The folder for the bundled files of a build. The binary has them beside its modules, under the last part of this
 * path.
 */
export const BUNDLED = "dist/web";
const INDEX = "index.json";

/** Returns the files of the web client: from the binary, or bundled now from the sources. */
export async function webFiles(): Promise<WebFile[]> {
  if (Bun.isStandaloneExecutable) return readBundled(join(import.meta.dir, basename(BUNDLED)));
  const { bundleWeb } = await import("./bundle.ts");
  return bundleWeb();
}

function readBundled(folder: string): WebFile[] {
  const index = JSON.parse(readFileSync(join(folder, INDEX), "utf8")) as Omit<WebFile, "bytes">[];
  return index.map(({ path, type }) => ({ path, type, bytes: readFileSync(join(folder, path)) }));
}

/** Writes the files to a folder, from which the binary is built. */
export function writeBundled(folder: string, files: readonly WebFile[]): void {
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  writeFileSync(join(folder, INDEX), JSON.stringify(files.map(({ path, type }) => ({ path, type }))));
}
