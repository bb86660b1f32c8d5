import { join } from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";

/** What drizzle-kit made of schema.ts: beside the source, or in the single binary, where all modules are in one folder with it. */
export const MIGRATIONS = join(import.meta.dir, Bun.isStandaloneExecutable ? "drizzle" : "../../../../drizzle");

/** The database's tables are not those of this version. The text says what to do. */
class MigrationError extends Error {}

/**
 * Throws unless the database is exactly at this version's newest migration.
 * @param query runs one statement without parameters
 */
export async function requireMigrated(query: (text: string) => Promise<Record<string, unknown>[]>): Promise<void> {
  const wanted = readMigrationFiles({ migrationsFolder: MIGRATIONS }).map((migration) => migration.folderMillis);
  const newest = Math.max(...wanted);
  const applied = await appliedMigrations(query);
  if (applied.some((moment) => moment > newest))
    throw new MigrationError(
      "The database belongs to a newer version of Confab. Start that version, or restore a backup.",
    );
  const missing = wanted.filter((moment) => !applied.includes(moment)).length;
  if (missing > 0)
    throw new MigrationError(
      `The database lacks ${missing} of ${wanted.length} migrations and AUTO_MIGRATE is off. Run: confab migrate`,
    );
}

async function appliedMigrations(query: (text: string) => Promise<Record<string, unknown>[]>): Promise<number[]> {
  const [table] = await query("SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS there");
  if (!table?.["there"]) return [];
  const rows = await query("SELECT created_at FROM drizzle.__drizzle_migrations");
  return rows.map((row) => Number(row["created_at"]));
}
