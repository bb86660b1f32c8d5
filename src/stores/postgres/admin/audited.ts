import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Admin } from "../../../domain/admin-ports.ts";
import { Failure } from "../../../domain/errors.ts";
import type { AuditAction, AuditDetails, AuditTarget } from "../../../protocol/admin.ts";
import type { Database, Transaction } from "../database.ts";
import { auditLog, users } from "../schema.ts";

/** Any number that nothing else on this database uses: what admins do is done one after the other. */
const ADMIN_LOCK = 7_163_003;

/** What an entry of the audit log will say, beside who and when. */
export interface Entry {
  action: AuditAction;
  target: { type: AuditTarget; id: string | number };
  details: AuditDetails;
}

/**
 * Does something and writes down that it was done: both or neither. `work` returns what its caller wants, and the
 * entries, none when it has changed nothing.
 */
export function audited<T>(
  db: Database,
  by: Admin,
  work: (tx: Transaction) => Promise<{ outcome: T; entries: Entry[] }>,
): Promise<T> {
  return db.transaction(async (tx) => {
    // Two admins who take each other's right at the same moment: the second one has none any more.
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${sql.raw(String(ADMIN_LOCK))})`);
    const actorEmail = by && (await emailOfSuperuser(tx, by.userId));
    const { outcome, entries } = await work(tx);
    const common = { actorId: by?.userId ?? null, actorEmail, address: by?.address ?? null };
    for (const { action, target, details } of entries)
      await tx.insert(auditLog).values({
        ...common,
        at: sql`clock_timestamp()`,
        action,
        targetType: target.type,
        targetId: String(target.id),
        details,
      });
    return outcome;
  });
}

async function emailOfSuperuser(tx: Transaction, id: number): Promise<string> {
  const [row] = await tx
    .select({ email: users.email })
    .from(users)
    .where(and(eq(users.id, id), eq(users.isActive, true), eq(users.isSuperuser, true)));
  if (!row) throw new Failure("path_not_found");
  return row.email;
}

/** The rows of a hand-written statement within a transaction; the two drivers wrap them differently. */
export async function rowsOf<Row>(tx: Transaction, statement: SQL): Promise<Row[]> {
  const result: unknown = await tx.execute(statement);
  return Array.isArray(result) ? result : (result as { rows: Row[] }).rows;
}
