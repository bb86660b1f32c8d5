import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { Failure } from "../../base/failure.ts";
import { Slots } from "../../base/slots.ts";
import type * as schema from "./schema.ts";

export type Orm = PgDatabase<PgQueryResultHKT, typeof schema>;
export type Transaction = Parameters<Parameters<Orm["transaction"]>[0]>[0];

/** A value as a statement's parameter: what both drivers write alike. */
type Parameter = string | number | boolean | null | readonly (string | number | null)[];

/** One statement, prepared and kept by the driver. Moments must be selected as numbers (ms). */
export type Query = <Row>(text: string, parameters: readonly Parameter[]) => Promise<Row[]>;

/** One statement that is given up, with TimeoutError, after so many ms. Its outcome is unknown then. */
export type TimedQuery = <Row>(text: string, parameters: readonly Parameter[], timeoutMs: number) => Promise<Row[]>;

/** The two drivers: stores/postgres/connection.ts and stores/embedded/pglite.ts. */
export interface Driver {
  /** How many calls run at once. */
  concurrency: number;
  orm: Orm;
  query: Query;
  /** The same for searches, long lists and upkeep, which are done in pieces: everything else goes first. */
  bulkQuery: Query;
  /** How many of these run at once. */
  bulkConcurrency: number;
  /** Rows that one of these looks through at most. */
  pieceRows: number;
  /** Whether a search may ask an index first: how much there is to find in it, only a time-out bounds. */
  searchesByIndex: boolean;
  /** The same on a connection that only the log uses: readers that exhaust the pool never hold up a send. */
  logQuery: TimedQuery;
  /** For the log's statements that may wait for a lock. Runs as many at once as it has connections. */
  waitingLogQuery: TimedQuery;
  /** Makes the tables what this version needs, or says what is missing when `apply` is false. */
  migrate(apply: boolean): Promise<void>;
  /** Of a database in this process: its files may be copied from when it resolves until the function it gives is called. */
  holdCheckpoints?(): Promise<() => void>;
  close(): Promise<void>;
}

/** Conversations whose row somebody else holds, and whose lock is waited for at once. */
export const WAITING_AT_ONCE = 4;

/** Statements take at most this long, in ms; the server gives up a little earlier than the caller. */
export const STATEMENT_TIMEOUT_MS = 4_000;
const CALL_TIMEOUT_MS = 5_000;
const PROBE_TIMEOUT_MS = 1_000;
/** A connection that breaks later than this has been waited for long enough. */
const RETRY_WITHIN_MS = 1_000;

/** A batch of sends takes at most this long: a little less than its senders are kept waiting (CONTRACT: 2 s). */
export const LOG_TIMEOUT_MS = 1_700;

/** A driver whose connection faults have become Failure("unavailable"), and whose calls never hang. */
export class Database {
  private away = false;
  private probe: Promise<void> | undefined;
  private ask = async (query: Query) => {
    await query("SELECT 1", []);
  };
  private readonly slots: Slots;
  private readonly bulkSlots: Slots;

  constructor(private readonly driver: Driver) {
    this.slots = new Slots(driver.concurrency);
    this.bulkSlots = new Slots(driver.bulkConcurrency);
  }

  /** A statement that may run twice: a read, or a write that says where things shall stand. */
  query: Query = (text, parameters) => this.twice(() => this.driver.query(text, parameters));

  /** The same for one of several statements that together search, list or tidy up. MUST look through `pieceRows` rows at most. */
  bulk: Query = (text, parameters) => this.twice(() => this.driver.bulkQuery(text, parameters), this.bulkSlots);

  get pieceRows(): number {
    return this.driver.pieceRows;
  }

  get searchesByIndex(): boolean {
    return this.driver.searchesByIndex;
  }

  /** A statement that must not run twice. */
  write: Query = (text, parameters) => this.guard(() => this.driver.query(text, parameters));

  /** The log handles faults itself: it must know whether a commit is unknown or refused. */
  get log(): Pick<Driver, "logQuery" | "waitingLogQuery"> {
    return this.driver;
  }

  read<T>(work: (orm: Orm) => Promise<T>): Promise<T> {
    return this.twice(() => work(this.driver.orm));
  }

  run<T>(work: (orm: Orm) => Promise<T>): Promise<T> {
    return this.guard(() => work(this.driver.orm));
  }

  /** MUST use the `tx` it is given and nothing else: on PGlite any other statement would wait for ever. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const expiresAt = performance.now() + CALL_TIMEOUT_MS;
    return this.guard(() =>
      this.driver.orm.transaction((tx) => {
        // It waited for a connection longer than its caller for it: what was refused must not be done.
        if (performance.now() > expiresAt) throw new Failure("unavailable", { retryAfter: 1 });
        return work(tx);
      }),
    );
  }

  /** Statements that may all run twice, as one call. */
  statements<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.twice(() => work(this.driver.query));
  }

  /** Sets what is asked of a database that was away, before anything else is: by default whether it is there. */
  probeWith(ask: (query: Query) => Promise<void>): void {
    this.ask = ask;
  }

  ping(): Promise<void> {
    this.probe ??= this.attempt(() => this.ask(this.driver.query), PROBE_TIMEOUT_MS).finally(() => {
      this.probe = undefined;
    });
    return this.probe;
  }

  /** Whether it answers now. Only looks: a pool that is busy must not be taken for a database that is away. */
  answers(): Promise<boolean> {
    return deadline(this.driver.query("SELECT 1", []), PROBE_TIMEOUT_MS).then(
      () => true,
      () => false,
    );
  }

  /** A connection that the server has closed is noticed by the first who uses it: they get another one. */
  private async twice<T>(work: () => Promise<T>, slots = this.slots): Promise<T> {
    const since = performance.now();
    const again = () =>
      work().catch((error: unknown) => {
        if (!isConnectionLost(error) || performance.now() - since > RETRY_WITHIN_MS) throw error;
        return work();
      });
    return this.guard(again, slots);
  }

  /** While the database is away, calls don't queue up for it: one asks whether it is back, and all hear the answer. */
  private async guard<T>(work: () => Promise<T>, slots = this.slots): Promise<T> {
    if (this.away) await this.ping();
    return this.attempt(() => slots.run(work, CALL_TIMEOUT_MS), CALL_TIMEOUT_MS);
  }

  private async attempt<T>(work: () => Promise<T>, timeoutMs: number): Promise<T> {
    try {
      const result = await deadline(work(), timeoutMs);
      this.away = false;
      return result;
    } catch (error) {
      if (isConnectionLost(error) || errorCode(error) === READ_ONLY) this.away = true;
      throw refusalOf(error);
    }
  }
}

/**
 * What the caller is told of a driver's error. What PostgreSQL can't store it will not store later either: who hears
 * anything else of it, as that something is wrong inside, would send it again for ever.
 */
export function refusalOf(error: unknown): unknown {
  if (isUnavailable(error)) return new Failure("unavailable", { retryAfter: 1 });
  return isUnstorable(error) ? new Failure("unstorable", { cause: error }) : error;
}

export class TimeoutError extends Error {
  readonly code = "CALL_TIMEOUT";
}

/** Rejects when `work` has not ended in time. The work itself goes on, its end unheard. */
export function deadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimeoutError(`no answer within ${timeoutMs} ms`)), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Codes of postgres.js and of the operating system that mean: the answer is lost, or there was nobody to ask. */
const CONNECTION_LOST = new Set([
  "CALL_TIMEOUT",
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/**
 * SQLSTATEs that pass by themselves: the server is shutting down or starting (57P01–57P03), has no connection left
 * (53300), no space (53100), takes no writes as a replica or for now (25006), or gave up waiting for a lock, a deadlock or a statement (55P03, 40P01, 40001, 57014).
 */
const READ_ONLY = "25006";
const PASSING = new Set([READ_ONLY, "57P01", "57P02", "57P03", "53300", "53100", "55P03", "40P01", "40001", "57014"]);

/** The driver's own error, also where drizzle has wrapped it. */
function driverError(error: unknown): (Error & { code: string }) | undefined {
  for (let e: unknown = error; e instanceof Error; e = e.cause) if (hasCode(e)) return e;
  return undefined;
}

const hasCode = (error: Error): error is Error & { code: string } => "code" in error && typeof error.code === "string";

export const errorCode = (error: unknown): string | undefined => driverError(error)?.code;

/** The connection went away with the answer: what was asked may have been done or not. */
export function isConnectionLost(error: unknown): boolean {
  const code = errorCode(error) ?? "";
  return CONNECTION_LOST.has(code) || /^(08(?!P01)|57P0)/.test(code) || isPoolersEnd(error);
}

/**
 * PgBouncer says 08P01 of everything, most often that its server is away. It is FATAL then; PostgreSQL says the same of
 * what it can't read, which is an ERROR. What a client was refused for will be refused again.
 */
function isPoolersEnd(error: unknown): boolean {
  const found = driverError(error);
  return (
    found?.code === "08P01" && "severity" in found && found.severity === "FATAL" && !POOLERS_REFUSAL.test(found.message)
  );
}

const POOLERS_REFUSAL = /unsupported startup|no such (user|database)|not allowed|authentication|SSL required/i;

/** A deadlock or a serialization failure: nothing was done, and doing it again helps. */
export const isRolledBack = (error: unknown) => ["40P01", "40001"].includes(errorCode(error) ?? "");

/** Class 22 is of values: of another encoding, too long, no number. 54000: larger than an index or a row can be. */
const isUnstorable = (error: unknown) => /^(22...|54000)$/.test(errorCode(error) ?? "");

export function isUnavailable(error: unknown): boolean {
  return isConnectionLost(error) || PASSING.has(errorCode(error) ?? "");
}
