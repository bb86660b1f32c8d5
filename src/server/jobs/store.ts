import { and, eq } from "drizzle-orm";
import type { Database, Transaction } from "../platform/postgres/database.ts";
import { jobs } from "../platform/postgres/schema.ts";

/** Another node takes over the job of a dead node after this time. A step takes far less. */
const LEASE_MS = 10_000;
/** The most characters of an error that a row stores. */
const ERROR_MOST = 1_000;

/** A job that this node has leased for one step. */
export interface LeasedJob {
  id: number;
  kind: string;
  key: string;
  payload: unknown;
  /** Steps since the last one that succeeded, this one included. */
  attempts: number;
}

/**
 * Adds a job in the caller's transaction. Where one of the same kind and key waits or runs already, nothing is added.
 * After the commit, `Jobs.wake` makes this node look at once.
 */
export async function addJob(
  tx: Transaction,
  job: { kind: string; key: string; payload: Record<string, unknown> },
): Promise<void> {
  await tx.insert(jobs).values(job).onConflictDoNothing();
}

/**
 * Adds a job that is due at `runAt`, or moves the one of this kind and key there. A step of that job that is under way ends
 * without touching it any more.
 */
export async function scheduleJob(
  tx: Transaction,
  job: { kind: string; key: string; payload: Record<string, unknown>; runAt: Date },
): Promise<void> {
  const { runAt, payload } = job;
  const moved = { runAt, payload, attempts: 0, leasedBy: null, leasedUntil: null, lastError: null };
  await tx
    .insert(jobs)
    .values(job)
    .onConflictDoUpdate({ target: [jobs.kind, jobs.key], set: moved });
}

/** Removes a job that is not needed any more, in the caller's transaction. */
export async function removeJob(tx: Transaction, { kind, key }: { kind: string; key: string }): Promise<void> {
  await tx.delete(jobs).where(and(eq(jobs.kind, kind), eq(jobs.key, key)));
}

/** The table of jobs. A node can change a job only while it holds the lease. */
export class JobStore {
  private readonly self = crypto.randomUUID();

  constructor(private readonly db: Database) {}

  /** Leases the job of these kinds that is due first. */
  async lease(kinds: readonly string[]): Promise<LeasedJob | undefined> {
    const [row] = await this.db.bulk<Omit<LeasedJob, "payload"> & { payload: string }>(LEASE, [
      kinds,
      this.self,
      LEASE_MS,
    ]);
    return row && { ...row, payload: JSON.parse(row.payload) };
  }

  /** In how many ms the next job of these kinds is due. */
  async nextDueMs(kinds: readonly string[]): Promise<number> {
    const [row] = await this.db.bulk<{ ms: number | null }>(NEXT_DUE, [kinds]);
    return row?.ms == null ? Number.POSITIVE_INFINITY : Math.max(0, row.ms);
  }

  async remove({ id }: LeasedJob): Promise<void> {
    await this.db.bulk("DELETE FROM jobs WHERE id = $1 AND leased_by = $2", [id, this.self]);
  }

  /** Gives the job back after a step that succeeded. The next step is due after `ms`. */
  async postpone({ id }: LeasedJob, ms: number): Promise<void> {
    await this.db.bulk(`${GIVE_BACK}, attempts = 0, last_error = NULL ${MINE}`, [id, this.self, ms]);
  }

  async fail({ id }: LeasedJob, error: string, ms: number): Promise<void> {
    await this.db.bulk(`${GIVE_BACK}, last_error = $4 ${MINE}`, [id, this.self, ms, error.slice(0, ERROR_MOST)]);
  }
}

/** A lease counts the attempt. So a job that kills its node is put off too, once it fails. */
const LEASE = `WITH due AS MATERIALIZED (
    SELECT id FROM jobs
    WHERE kind = ANY ($1::text[]) AND run_at <= clock_timestamp()
      AND (leased_until IS NULL OR leased_until <= clock_timestamp())
    ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
  )
  UPDATE jobs j SET attempts = j.attempts + 1, leased_by = $2,
    leased_until = clock_timestamp() + $3 * interval '1 millisecond'
  FROM due WHERE j.id = due.id
  RETURNING j.id, j.kind, j.key, j.payload::text AS payload, j.attempts`;

/** Jobs that wait for their time may be many. Only those that are due, and may be leased, are read one by one. */
const NEXT_DUE = `SELECT (extract(epoch FROM least(
    (SELECT run_at FROM jobs WHERE kind = ANY ($1::text[]) AND run_at > clock_timestamp() ORDER BY run_at LIMIT 1),
    (SELECT min(greatest(run_at, leased_until)) FROM jobs WHERE kind = ANY ($1::text[]) AND run_at <= clock_timestamp())
  ) - clock_timestamp()) * 1000)::float8 AS ms`;

const GIVE_BACK = `UPDATE jobs SET leased_by = NULL, leased_until = NULL,
  run_at = clock_timestamp() + $3 * interval '1 millisecond'`;
const MINE = "WHERE id = $1 AND leased_by = $2";
