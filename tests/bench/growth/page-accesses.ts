import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Sql } from "postgres";
import { postgresPrograms } from "../../support/postgres.ts";

/** The settings with which PostgreSQL counts its page accesses. Nothing but the work itself touches pages. */
export const COUNTING = {
  shared_preload_libraries: "pg_stat_statements",
  "pg_stat_statements.track": "top",
  autovacuum: "off",
};

/** Whether the installed PostgreSQL comes with what counts. */
export function canCount(): boolean {
  const bin = postgresPrograms();
  return bin !== undefined && existsSync(join(realpathSync(join(bin, "postgres")), "../../lib/pg_stat_statements.so"));
}

/**
 * Counts how often statements touch a page of a table or an index. Unlike times that is the same in every run, and it
 * is what grows when a plan goes wrong.
 */
export class PageAccesses {
  private constructor(private readonly sql: Sql) {}

  static async on(sql: Sql): Promise<PageAccesses> {
    await sql`CREATE EXTENSION IF NOT EXISTS pg_stat_statements`;
    return new PageAccesses(sql);
  }

  async reset(): Promise<void> {
    await this.sql`SELECT pg_stat_statements_reset()`;
  }

  /** Since the last reset: how many pages were touched, and by how many statements. */
  async read(): Promise<{ pages: number; statements: number }> {
    const [row] = await this.sql<{ pages: number; statements: number }[]>`
      SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0)::float8 AS pages,
        coalesce(sum(calls), 0)::float8 AS statements
      FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
      WHERE d.datname = current_database() AND s.query !~ 'pg_stat_statements|pg_locks|pg_advisory'`;
    return row ?? { pages: 0, statements: 0 };
  }
}
