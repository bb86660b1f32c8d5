import { inspect } from "node:util";

/** The requests of the node to the thread that has its database open. */
export type Ask =
  | ({ do: "open" } & Cluster)
  | ({ do: "query"; text: string; parameters: unknown[]; transaction: number | undefined } & Form)
  | { do: "exec"; text: string }
  /** Asks with this number as their `transaction` belong to the transaction, until its `end`. */
  | { do: "begin"; transaction: number }
  | { do: "end"; transaction: number; commit: boolean }
  /** Writes the folder's files that have changed since `sinceMs` to the disk, while the thread answers other asks. */
  | { do: "sync"; folder: string; sinceMs: number }
  | { do: "close" };

export interface Cluster {
  folder: string;
  /** Whether a commit waits until the disk has it. */
  sync: boolean;
}

/** How rows come back. */
export interface Form {
  rowMode: "object" | "array";
  /** Moments come as PostgreSQL's own text, which drizzle parses. */
  plainDates: boolean;
}

/** An ask and the number under which its answer comes. */
export interface Question {
  id: number;
  ask: Ask;
}

export type Answer =
  | { id: number; result: Result }
  | { id: number; error: PlainError }
  /** The database has stopped for good. */
  | { stopped: PlainError };

export interface Result {
  rows: Record<string, unknown>[];
  affectedRows: number;
}

/** An error on its way between threads. Fields of its own class are left out. */
export interface PlainError {
  message: string;
  code?: string;
  severity?: string;
  cause?: PlainError;
}

export function plainError(error: unknown): PlainError {
  // Faults of files come from PostgreSQL's file system as objects without a text.
  if (!(error instanceof Error))
    return { message: inspect(error, { depth: 0, breakLength: Number.POSITIVE_INFINITY }) };
  const { message, cause } = error;
  return {
    message,
    ...("code" in error && typeof error.code === "string" ? { code: error.code } : {}),
    ...("severity" in error && typeof error.severity === "string" ? { severity: error.severity } : {}),
    ...(cause === undefined ? {} : { cause: plainError(cause) }),
  };
}

/** An error of the database's thread, with PostgreSQL's code where it has one. */
class ThreadError extends Error {}

export const errorOf = ({ message, cause, ...fields }: PlainError): Error =>
  Object.assign(new ThreadError(message, cause ? { cause: errorOf(cause) } : {}), fields);
