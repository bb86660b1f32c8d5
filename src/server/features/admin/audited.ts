import { and, eq, type SQL, sql } from "drizzle-orm";
import type { AuditAction, AuditDetails, AuditTarget } from "../../../protocol/admin.ts";
import { Failure } from "../../base/failure.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { auditLog, users } from "../../platform/postgres/schema.ts";
import type { Admin } from "./ports.ts";

/** Any number that nothing else on this database uses: superusers are made and unmade one after the other. */
const ADMIN_LOCK = 7_163_003;
/** The first of two numbers, the other one is a user's id: what they do as an admin, and what takes their right. */
const RIGHT_LOCK = 7_163_004;

/** What an entry of the audit log will say, beside who and when. */
export interface Entry {
  action: AuditAction;
  target: { type: AuditTarget; id: string | number };
  details: AuditDetails;
}

/** `outcome` is what the caller wants; there are no entries when nothing was changed. */
type Work<T> = (tx: Transaction) => Promise<{ outcome: T; entries: Entry[] }>;

/** Does something and writes down that it was done: both or neither. Others may do so meanwhile. MUST NOT call `lockRight`. */
export const audited = <T>(db: Database, by: Admin, work: Work<T>): Promise<T> =>
  db.transaction(async (tx) => {
    // Until the end they stay one: who takes their right waits, and who has taken it is waited for.
    if (by) await tx.execute(sql`SELECT pg_advisory_xact_lock_shared(${sql.raw(String(RIGHT_LOCK))}, ${by.userId})`);
    return workAs(tx, by, work);
  });

/**
 * The same for what changes who is a superuser: one after the other. Of two who take each other's right at the same
 * moment, the second one has none any more; and neither holds anything of its own while it waits for the other's.
 */
export const auditedAlone = <T>(db: Database, by: Admin, work: Work<T>): Promise<T> =>
  superusersAlone(db, (tx) => workAs(tx, by, work));

/** The lock alone, for who is no superuser yet. MUST write its own entry. */
export const superusersAlone = <T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${sql.raw(String(ADMIN_LOCK))})`);
    return work(tx);
  });

/**
 * Before somebody's right is taken: waits for what they are doing with it, and all that they begin meanwhile waits too. A
 * lock of their row would not do: those who share one let others join them, before everybody who waits, without end.
 */
export async function lockRight(tx: Transaction, userId: number): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(${sql.raw(String(RIGHT_LOCK))}, ${userId})`);
}

async function workAs<T>(tx: Transaction, by: Admin, work: Work<T>): Promise<T> {
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
