import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { Failure } from "../../domain/errors.ts";
import type * as schema from "./schema.ts";

export type Orm = PgDatabase<PgQueryResultHKT, typeof schema>;
export type Transaction = Parameters<Parameters<Orm["transaction"]>[0]>[0];

/** A value as a statement's parameter: what both drivers write alike. */
export type Parameter = string | number | boolean | null | readonly (string | number | null)[];

/** One statement, prepared and kept by the driver. Moments must be selected as numbers (ms). */
export type Query = <Row>(text: string, parameters: readonly Parameter[]) => Promise<Row[]>;

/** The two drivers: stores/postgres/connection.ts and stores/embedded/pglite.ts. */
export interface Driver {
  orm: Orm;
  query: Query;
  /** The same on connections that only the log uses: readers that exhaust the pool never hold up a send. */
  logQuery: Query;
  /** Makes the tables what this version needs, or says what is missing when `apply` is false. */
  migrate(apply: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Statements take at most this long, in ms; the server gives up a little earlier than the caller. */
export const STATEMENT_TIMEOUT_MS = 4_000;
const CALL_TIMEOUT_MS = 5_000;

/** A driver whose connection faults have become Failure("unavailable"), and whose calls never hang. */
export class Database {
  constructor(private readonly driver: Driver) {}

  query: Query = (text, parameters) => guard(this.driver.query(text, parameters), CALL_TIMEOUT_MS);

  /** The log handles faults itself: it must know whether a commit is unknown or refused. */
  logQuery: Query = (text, parameters) => this.driver.logQuery(text, parameters);

  run<T>(work: (orm: Orm) => Promise<T>): Promise<T> {
    return guard(work(this.driver.orm), CALL_TIMEOUT_MS);
  }

  /** MUST use the `tx` it is given and nothing else: on PGlite any other statement would wait for ever. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return guard(this.driver.orm.transaction(work), CALL_TIMEOUT_MS);
  }

  async ping(): Promise<void> {
    await guard(this.driver.query("SELECT 1", []), 1_000);
  }
}

async function guard<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  try {
    return await deadline(work, timeoutMs);
  } catch (error) {
    throw isUnavailable(error) ? new Failure("unavailable", { retryAfter: 1 }) : error;
  }
}

class TimeoutError extends Error {
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
 * (53300), no space (53100), or gave up waiting for a lock, a deadlock or a statement (55P03, 40P01, 40001, 57014).
 */
const PASSING = new Set(["57P01", "57P02", "57P03", "53300", "53100", "55P03", "40P01", "40001", "57014"]);

/** The driver's code of an error, also where drizzle has wrapped it. */
export function errorCode(error: unknown): string | undefined {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if ("code" in e && typeof e.code === "string") return e.code;
  }
  return undefined;
}

/** The connection went away with the answer: what was asked may have been done or not. */
export function isConnectionLost(error: unknown): boolean {
  const code = errorCode(error) ?? "";
  return CONNECTION_LOST.has(code) || code.startsWith("08") || code.startsWith("57P0");
}

/** A deadlock or a serialization failure: nothing was done, and doing it again helps. */
export const isRolledBack = (error: unknown) => ["40P01", "40001"].includes(errorCode(error) ?? "");

export function isUnavailable(error: unknown): boolean {
  return isConnectionLost(error) || PASSING.has(errorCode(error) ?? "");
}
