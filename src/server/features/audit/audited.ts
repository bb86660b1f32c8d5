import { and, eq, sql } from "drizzle-orm";
import { Failure } from "../../base/failure.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { auditLog, users } from "../../platform/postgres/schema.ts";
import type { Admin, Entry } from "./entry.ts";

/** A number that nothing else on this database uses. Grants and revocations of superusers run one after the other. */
const ADMIN_LOCK = 7_163_003;
/**
 * The first number of an advisory lock; the second is an admin's id. The admin's acts share the lock. A revocation of
 * the admin's right excludes them.
 */
const RIGHT_LOCK = 7_163_004;

/** `outcome` goes to the caller. There are no entries when nothing changed. */
type Work<T> = (tx: Transaction) => Promise<{ outcome: T; entries: Entry[] }>;

/**
 * Runs the work and writes its entries to the audit log: both or neither. Other calls may run at the same time. The
 * work MUST NOT call `lockRight`.
 * @throws Failure `path_not_found` when `by` is no active superuser at that moment
 */
export const audited = <T>(db: Database, by: Admin, work: Work<T>): Promise<T> =>
  db.transaction(async (tx) => {
    // The admin stays a superuser until the end: a revocation waits for this transaction, and this one waits for a revocation.
    if (by) await tx.execute(sql`SELECT pg_advisory_xact_lock_shared(${sql.raw(String(RIGHT_LOCK))}, ${by.userId})`);
    return workAs(tx, by, work);
  });

/**
 * Does the same for work that changes who is a superuser, one call at a time. When two superusers revoke each other's
 * right at the same moment, the second call finds its caller without the right. Neither call holds a lock of its own
 * while it waits for the other.
 */
export const auditedAlone = <T>(db: Database, by: Admin, work: Work<T>): Promise<T> =>
  superusersAlone(db, (tx) => workAs(tx, by, work));

/** Takes the lock alone, for a caller who is no superuser yet. The work MUST write its own entry. */
export const superusersAlone = <T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${sql.raw(String(ADMIN_LOCK))})`);
    return work(tx);
  });

/**
 * Call it before you revoke a user's right. It waits for their running acts, and acts that they begin later wait for
 * you. A lock of their row would not do, because new sharers of a row lock overtake a waiter again and again.
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
