import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import type { Logger } from "../../base/logger.ts";
import type { Query } from "../postgres/database.ts";

/**
 * Detects whether a data folder is as its last process left it. The folder itself can't show that a copy was put back,
 * or that a crash took the newest commits: a copy has the same numbers. So a clean stop leaves a random mark in the
 * database and in a file outside the folder. A start removes both, and begins a new epoch if they differ.
 *
 * A machine that is restored as a whole has both marks again. This class can't detect that.
 */
export class CleanStop {
  private readonly file: string | undefined;

  /** @param stateDir the folder of the file; it must be outside the data folder */
  constructor(
    dataDir: string,
    private readonly stateDir: string,
    private readonly logger: Logger,
  ) {
    const folder = realpathSync(dataDir);
    try {
      if (isWithin(folder, resolve(stateDir))) throw new Error("STATE_DIR is within DATA_DIR, and copied with it");
      mkdirSync(stateDir, { recursive: true, mode: 0o700 });
      const place = realpathSync(stateDir);
      if (isWithin(folder, place)) throw new Error("STATE_DIR is within DATA_DIR, and copied with it");
      const name = new Bun.CryptoHasher("sha256").update(folder).digest("hex").slice(0, 32);
      this.file = join(place, `${name}.stopped`);
    } catch (error) {
      logger.debug({ err: error }, "STATE_DIR can't be used: each start of the embedded database begins a new epoch");
    }
  }

  /**
   * Removes the mark, and begins a new epoch unless both marks were there and equal. MUST be called once the tables
   * exist.
   */
  async begin(query: Query): Promise<void> {
    const mark = this.takeMark();
    await query(
      `UPDATE history SET stopped = NULL,
         epoch = CASE WHEN stopped = $1::uuid THEN epoch ELSE gen_random_uuid() END`,
      [mark],
    );
  }

  /** Leaves a mark in the database. `finish` MUST follow once the database is closed. */
  async end(query: Query): Promise<{ finish(): void }> {
    const mark = crypto.randomUUID();
    if (this.file === undefined) return { finish() {} };
    await query("UPDATE history SET stopped = $1", [mark]);
    return { finish: () => this.writeMark(mark) };
  }

  /**
   * Removes the file first, and makes sure that the disk has the removal. If the database then loses its newest
   * commits, no file has its mark.
   */
  private takeMark(): string | null {
    if (this.file === undefined) return null;
    try {
      const mark = readFileSync(this.file, "utf8");
      rmSync(this.file);
      syncFolder(this.stateDir);
      return /^[0-9a-f-]{36}$/.test(mark) ? mark : null;
    } catch (error) {
      this.logger.debug({ err: error }, "there is no mark of a clean stop: a new epoch begins");
      return null;
    }
  }

  private writeMark(mark: string) {
    if (this.file === undefined) return;
    try {
      writeFileSync(this.file, mark, { mode: 0o600 });
    } catch (error) {
      this.logger.debug({ err: error }, "the mark of a clean stop can't be written: the next start begins a new epoch");
    }
  }
}

const isWithin = (folder: string, path: string) => `${path}${sep}`.startsWith(`${folder}${sep}`);

function syncFolder(path: string) {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
