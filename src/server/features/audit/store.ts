import { and, count, desc, eq, lt, sql } from "drizzle-orm";
import { type AuditAction, type AuditEntry, type AuditTarget, LISTED_MOST } from "../../../protocol/admin.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { auditLog } from "../../platform/postgres/schema.ts";
import { totalOf } from "../../platform/postgres/totals.ts";

/** The most entries of the command line that one query reads. */
const COMMANDS_AT_ONCE = 100;

/** Selects the entries of a list. */
export interface AuditQuery {
  actorId: number | undefined;
  action: AuditAction | undefined;
  target: { type: AuditTarget; id: string | undefined } | undefined;
  /** Selects only entries older than the entry with this id. */
  before: number | undefined;
  limit: number;
}

/** Reads the audit log. `audited` writes it. */
export class AuditStore {
  constructor(private readonly db: Database) {}

  /** The newest entry's id, or 0. */
  async newest(): Promise<number> {
    const [row] = await this.db.query<{ id: number }>("SELECT coalesce(max(id), 0) AS id FROM audit_log", []);
    return row?.id ?? 0;
  }

  /** Entries of the command line after this one, in the order of their ids, each with the user that it is about. */
  byCommands(after: number) {
    return this.db.query<{ id: number; userId: number }>(
      `SELECT id, target_id::int AS "userId" FROM audit_log
       WHERE id > $1 AND actor_id IS NULL AND target_type = 'user' ORDER BY id LIMIT ${COMMANDS_AT_ONCE}`,
      [after],
    );
  }

  /** Newest first. */
  list({ actorId, action, target, before, limit }: AuditQuery) {
    const wanted = and(
      actorId === undefined ? undefined : eq(auditLog.actorId, actorId),
      action === undefined ? undefined : eq(auditLog.action, action),
      target === undefined ? undefined : eq(auditLog.targetType, target.type),
      target?.id === undefined ? undefined : eq(auditLog.targetId, target.id),
    );
    return this.db.read(async (orm) => {
      const rows = await orm
        .select()
        .from(auditLog)
        .where(and(wanted, before === undefined ? undefined : lt(auditLog.id, before)))
        .orderBy(desc(auditLog.id))
        .limit(limit + 1);
      const some = orm
        .select({ one: sql`1` })
        .from(auditLog)
        .where(wanted)
        .limit(LISTED_MOST + 1)
        .as("some");
      const [counted] = await orm.select({ found: count() }).from(some);
      const shown = rows.slice(0, limit);
      return {
        entries: shown.map(entryOf),
        next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
        ...totalOf(counted && { found: counted.found, is_cut: false }),
      };
    });
  }
}

const entryOf = (row: typeof auditLog.$inferSelect): AuditEntry => ({
  id: row.id,
  at: row.at.toISOString(),
  actor: row.actorId === null ? null : { id: row.actorId, email: row.actorEmail ?? "" },
  action: row.action,
  target: { type: row.targetType, id: row.targetId },
  details: row.details,
  address: row.address,
});
