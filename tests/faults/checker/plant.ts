import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FaultName } from "./faults.ts";
import type { WayBackName } from "./going-back.ts";

/** A bug that the checker must find, as changes of the sources. */
export interface Planted {
  edits: { file: string; find: string; replace: string }[];
  /** The faults that bring it to light. */
  faults: readonly FaultName[];
  /** The database goes back this way. */
  goesBack?: WayBackName;
  /** Names of the checks of which one must fail. */
  foundBy: readonly string[];
  /** How long people chat, where only the end shows the bug; longer when left out, until a check has failed. */
  seconds?: number;
  /**
   * Only `bun run faults -- --planted` looks for it, and `bun run test` does not: it takes minutes to find, or a check that
   * finds another bug finds it as well.
   */
  isLong?: true;
}

/** The files with the bug in them. @throws Error when a source does not hold once what an edit looks for */
export function editedFiles(root: string, edits: Planted["edits"]): Map<string, string> {
  const edited = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const text = edited.get(file) ?? readFileSync(join(root, file), "utf8");
    if (text.split(find).length !== 2) throw new Error(`${file} does not hold once: ${find}`);
    edited.set(
      file,
      text.replace(find, () => replace),
    );
  }
  return edited;
}

/** Copies the sources with the bug in them; `main` is the program. */
export function plant({ edits }: Planted): { main: string; remove(): void } {
  const root = join(import.meta.dir, "../../..");
  const copy = mkdtempSync(join(tmpdir(), "confab-planted-"));
  for (const part of ["src", "drizzle", "package.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const [file, text] of editedFiles(root, edits)) writeFileSync(join(copy, file), text);
  return { main: join(copy, "src/server/main.ts"), remove: () => rmSync(copy, { recursive: true, force: true }) };
}
