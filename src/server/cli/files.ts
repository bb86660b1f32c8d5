import type { Config } from "../config.ts";
import { checkFiles } from "../node/check-files.ts";
import { counted, mebibytes } from "../platform/backup/progress.ts";
import { stderrLogger } from "./stderr-logger.ts";

/** How many missing files are named. */
const NAMED = 20;

/** Says which bytes belong to no file, and which files have no bytes. Gives 1 when files are without bytes. */
export async function filesCheck(config: Config, repair: boolean): Promise<number> {
  const { files, orphans, missing } = await checkFiles(config, stderrLogger, repair);
  const fate = repair ? "They were removed." : orphans.count > 0 ? "To remove them, add --repair." : "";
  const lines = [
    `${counted(files)} files are in the database.`,
    `${counted(orphans.count)} entries of the store (${mebibytes(orphans.bytes)}) belong to no file. ${fate}`.trim(),
    `${counted(missing.length)} files have no bytes, or other ones.`,
    ...missing.slice(0, NAMED).map((id) => `  ${id}`),
    ...(missing.length > 0 ? ["Restore the store from a backup. Nothing else brings them back."] : []),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return missing.length > 0 ? 1 : 0;
}
