import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as sdk from "../../src/sdk/index.ts";
import { afterAllFiles } from "./cleanup.ts";

const ROOT = join(import.meta.dir, "../..");

/** Clients of earlier days that people still have in their pages: the commit, and the file that exports `connect`. */
export const oldSdks = {
  "15e54fee01f91c6127a4d0bacce4a5444d54f85f": "src/client/index.ts",
  "509600e8b4fb533b6745d385566fff6881597cf1": "src/sdk/index.ts",
} as const;

/** False in a shallow clone or a copy without git's history. */
export const hasCommit = (commit: string): boolean =>
  Bun.spawnSync(["git", "-C", ROOT, "cat-file", "-e", `${commit}^{commit}`], { stdout: "ignore", stderr: "ignore" })
    .exitCode === 0;

/** Loads a client of an earlier commit from git. The members that a test uses are the same as those of today. */
export async function loadOldSdk(commit: keyof typeof oldSdks): Promise<Pick<typeof sdk, "connect" | "memoryStorage">> {
  const folder = mkdtempSync(join(tmpdir(), "confab-old-sdk-"));
  afterAllFiles(() => rmSync(folder, { recursive: true, force: true }));
  const archive = Bun.spawn(["git", "-C", ROOT, "archive", commit, "src", "package.json"], { stdout: "pipe" });
  const unpack = Bun.spawn(["tar", "-x", "-C", folder], { stdin: archive.stdout });
  if ((await unpack.exited) + (await archive.exited) !== 0) throw new Error(`${commit} could not be unpacked`);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return import(join(folder, oldSdks[commit]));
}
