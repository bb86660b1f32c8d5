import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { Failure } from "../../base/failure.ts";
import { Slots } from "../../base/slots.ts";
import type * as schema from "./schema.ts";

export type Orm = PgDatabase<PgQueryResultHKT, typeof schema>;
export type Transaction = Parameters<Parameters<Orm["transaction"]>[0]>[0];

/** Texts that may be long, as one parameter of type text[]. */
export class Texts {
  constructor(readonly values: readonly string[]) {}
}

/** A value as a statement's parameter. Both drivers write these types alike. */
export type Parameter = string | number | boolean | null | readonly (string | number | null)[] | Texts;

/** One statement, which the driver prepares once and reuses. It must select moments as numbers (ms). */
export type Query = <Row>(text: string, parameters: readonly Parameter[]) => Promise<Row[]>;

/** One statement that rejects with TimeoutError after `timeoutMs`. Its outcome is then unknown. */
export type TimedQuery = <Row>(text: string, parameters: readonly Parameter[], timeoutMs: number) => Promise<Row[]>;

/** The two drivers are `connection.ts` here and `../pglite/driver.ts`. */
export interface Driver {
  /** How many calls run at once. */
  concurrency: number;
  orm: Orm;
  query: Query;
  /** The same for searches, long lists and upkeep, which run in pieces. Everything else goes first. */
  bulkQuery: Query;
  /** How many bulk queries run at once. */
  bulkConcurrency: number;
  /** The most rows that one bulk query reads. */
  pieceRows: number;
  /** Whether a search may use an index. Only a time-out bounds how much the index finds. */
  searchesByIndex: boolean;
  /** Whether a commit may be left to the log writer of the database's own server, which outlives a killed node. */
  commitsLater: boolean;
  /** The same on a connection that only the log uses, so that readers who exhaust the pool never hold up a send. */
  logQuery: TimedQuery;
  /** The same for statements of the log that may wait for a lock. As many run at once as it has connections. */
  waitingLogQuery: TimedQuery;
  /** Brings tables and functions to this release. With `apply` false it only throws an error that says what is missing. */
  migrate(apply: boolean): Promise<void>;
  /**
   * Only for an embedded database. After the promise resolves, its files may be copied until you call the returned
   * function.
   */
  holdCheckpoints?(): Promise<() => void>;
  close(): Promise<void>;
}

/** How many locked conversations the log waits for at once. */
export const WAITING_AT_ONCE = 4;

/** Statements take at most this long, in ms. The server gives up a little earlier than the caller. */
export const STATEMENT_TIMEOUT_MS = 4_000;
const CALL_TIMEOUT_MS = 5_000;
const PROBE_TIMEOUT_MS = 1_000;
/** After this long a call whose connection breaks is not tried again. */
const RETRY_WITHIN_MS = 1_000;

/** A batch of sends takes at most this long: a little less than its senders wait (docs/contract.md §8: 2 s). */
export const LOG_TIMEOUT_MS = 1_700;

/** A driver whose connection faults are Failure `unavailable`, and whose calls never hang. */
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

  /** A statement that may run twice: a read, or a write that sets a state. */
  query: Query = (text, parameters) => this.twice(() => this.driver.query(text, parameters));

  /** The same for one piece of a search, a list or upkeep. MUST read `pieceRows` rows at most. */
  bulk: Query = (text, parameters) => this.twice(() => this.driver.bulkQuery(text, parameters), this.bulkSlots);

  get pieceRows(): number {
    return this.driver.pieceRows;
  }

  get searchesByIndex(): boolean {
    return this.driver.searchesByIndex;
  }

  /**
   * A part of an UPDATE, before its WHERE: its commit does not wait for the disk. When the database's machine dies, the
   * row may be as it was before. Any later commit that waits takes it along.
   */
  get later(): string {
    return this.driver.commitsLater ? "FROM (SELECT set_config('synchronous_commit', 'off', true) OFFSET 0) later" : "";
  }

  /** A statement that must not run twice. */
  write: Query = (text, parameters) => this.guard(() => this.driver.query(text, parameters));

  /** The log handles faults itself, because it must know whether a commit is unknown or refused. */
  get log(): Pick<Driver, "logQuery" | "waitingLogQuery"> {
    return this.driver;
  }

  read<T>(work: (orm: Orm) => Promise<T>): Promise<T> {
    return this.twice(() => work(this.driver.orm));
  }

  run<T>(work: (orm: Orm) => Promise<T>): Promise<T> {
    return this.guard(() => work(this.driver.orm));
  }

  /** `work` MUST use only the `tx` it is given: on PGlite any other statement would wait for ever. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const expiresAt = performance.now() + CALL_TIMEOUT_MS;
    return this.guard(() =>
      this.driver.orm.transaction((tx) => {
        // The transaction got its connection only after its caller was refused, and refused work must not be done.
        if (performance.now() > expiresAt) throw new Failure("unavailable", { retryAfter: 1 });
        return work(tx);
      }),
    );
  }

  /** Several statements as one call. All of them may run twice. */
  statements<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.twice(() => work(this.driver.query));
  }

  /** Sets the first question to a database that was away. By default it is only whether the database answers. */
  probeWith(ask: (query: Query) => Promise<void>): void {
    this.ask = ask;
  }

  ping(): Promise<void> {
    this.probe ??= this.attempt(() => this.ask(this.driver.query), PROBE_TIMEOUT_MS).finally(() => {
      this.probe = undefined;
    });
    return this.probe;
  }

  /** Whether the database answers now. Changes nothing: a busy pool must not count as a database that is away. */
  answers(): Promise<boolean> {
    return deadline(this.driver.query("SELECT 1", []), PROBE_TIMEOUT_MS).then(
      () => true,
      () => false,
    );
  }

  /**
   * Repeats a call that failed with its connection: the first call on a connection that the server has closed always
   * fails.
   */
  private async twice<T>(work: () => Promise<T>, slots = this.slots): Promise<T> {
    const since = performance.now();
    const again = () =>
      work().catch((error: unknown) => {
        if (!isConnectionLost(error) || performance.now() - since > RETRY_WITHIN_MS) throw error;
        return work();
      });
    return this.guard(again, slots);
  }

  /**
   * While the database is away, calls do not queue up. One call asks whether the database is back, and all calls get
   * that answer.
   */
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
 * The error for the caller. A value that PostgreSQL can't store gets a failure of its own, because PostgreSQL will
 * never store it. After an internal error, clients would send the value again for ever.
 */
export function refusalOf(error: unknown): unknown {
  if (isUnavailable(error)) return new Failure("unavailable", { retryAfter: 1 });
  return isUnstorable(error) ? new Failure("unstorable", { cause: error }) : error;
}

export class TimeoutError extends Error {
  readonly code = "CALL_TIMEOUT";
}

/** Rejects when `work` has not ended in time. The work itself goes on, and its result is dropped. */
export function deadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimeoutError(`no answer within ${timeoutMs} ms`)), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Codes of postgres.js and of the operating system for a lost answer, or a server that is not there. */
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
 * SQLSTATEs of faults that pass. The server shuts down or starts (57P01–57P03), has no connection left (53300) or no space
 * (53100), or takes no writes (25006). It gave up on a lock (55P03), a deadlock (40P01, 40001) or a statement (57014).
 */
const READ_ONLY = "25006";
const PASSING = new Set([READ_ONLY, "57P01", "57P02", "57P03", "53300", "53100", "55P03", "40P01", "40001", "57014"]);

/** The driver's own error, even when drizzle has wrapped it. */
function driverError(error: unknown): (Error & { code: string }) | undefined {
  for (let e: unknown = error; e instanceof Error; e = e.cause) if (hasCode(e)) return e;
  return undefined;
}

const hasCode = (error: Error): error is Error & { code: string } => "code" in error && typeof error.code === "string";

export const errorCode = (error: unknown): string | undefined => driverError(error)?.code;

/** The connection was lost with the answer. The statement may or may not have been carried out. */
export function isConnectionLost(error: unknown): boolean {
  const code = errorCode(error) ?? "";
  return CONNECTION_LOST.has(code) || /^(08(?!P01)|57P0)/.test(code) || isPoolersEnd(error);
}

/**
 * Whether PgBouncer reports that the server is away. PgBouncer uses 08P01 for everything, most often for that, and then
 * as FATAL. PostgreSQL uses 08P01 as an ERROR, for a message that it can't read. Refusals of a client are excepted,
 * because to try again would not help.
 */
function isPoolersEnd(error: unknown): boolean {
  const found = driverError(error);
  return (
    found?.code === "08P01" && "severity" in found && found.severity === "FATAL" && !POOLERS_REFUSAL.test(found.message)
  );
}

const POOLERS_REFUSAL = /unsupported startup|no such (user|database)|not allowed|authentication|SSL required/i;

/** A deadlock or a serialization failure: nothing was done, and trying again helps. */
export const isRolledBack = (error: unknown) => ["40P01", "40001"].includes(errorCode(error) ?? "");

/** A unique index has this row already. */
export const isDuplicate = (error: unknown) => errorCode(error) === "23505";

/** Class 22 is about values: a wrong encoding, too long, not a number. 54000: too large for an index or a row. */
const isUnstorable = (error: unknown) => /^(22...|54000)$/.test(errorCode(error) ?? "");

export function isUnavailable(error: unknown): boolean {
  return isConnectionLost(error) || PASSING.has(errorCode(error) ?? "");
}
