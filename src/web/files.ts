import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { WebFile } from "./bundle.ts";

export type { WebFile };

/** Where the build leaves the bundled files. The binary has them beside its modules, under the last name of this path. */
export const BUNDLED = "dist/web";
const INDEX = "index.json";

/** The web client: bundled into the binary, or bundled now from its sources. */
export async function webFiles(): Promise<WebFile[]> {
  if (Bun.isStandaloneExecutable) return readBundled(join(import.meta.dir, basename(BUNDLED)));
  const { bundleWeb } = await import("./bundle.ts");
  return bundleWeb();
}

function readBundled(folder: string): WebFile[] {
  const index = JSON.parse(readFileSync(join(folder, INDEX), "utf8")) as Omit<WebFile, "bytes">[];
  return index.map(({ path, type }) => ({ path, type, bytes: readFileSync(join(folder, path)) }));
}

/** Leaves the files in a folder, for the binary to be built with. */
export function writeBundled(folder: string, files: readonly WebFile[]): void {
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  writeFileSync(join(folder, INDEX), JSON.stringify(files.map(({ path, type }) => ({ path, type }))));
}
