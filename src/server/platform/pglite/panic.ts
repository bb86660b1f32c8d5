import type { PGlite } from "@electric-sql/pglite";

/** After an error of this severity PostgreSQL ends its process, so that a new one recovers from the log. */
const DEADLY = new Set(["PANIC", "FATAL"]);
/**
 * duplicate_file: the database tries to make a file that exists. PGlite does this after the process could open no more
 * files, and then refuses every write until it is opened again.
 */
const LOST_TRACK = "58P02";

/** The embedded database has stopped, and the last statement has no answer. The text says how to fix that. */
class DatabaseStopped extends Error {
  /** The code of a connection that has ended: the statement may have been carried out or not. */
  readonly code = "CONNECTION_ENDED";
}

/**
 * Stops a database that has panicked, for example without space for its log. PGlite would go on with it, with locks
 * held for ever, and the next statement would block this thread for good.
 */
export function stopOnPanic(client: PGlite, onStopped: (error: Error) => void): void {
  let stopped: DatabaseStopped | undefined;
  const run = client.execProtocolStream.bind(client);
  client.execProtocolStream = async (message, options) => {
    if (stopped) throw stopped;
    try {
      return await run(message, options);
    } catch (error) {
      if (!isDeadly(error)) throw error;
      stopped = new DatabaseStopped(
        `The embedded database has stopped: ${error.message}. See to that (is its disk full?) and start again; what was acked is kept.`,
        { cause: error },
      );
      onStopped(stopped);
      throw stopped;
    }
  };
  const close = client.close.bind(client);
  client.close = async () => {
    if (!stopped) await close();
  };
}

const isDeadly = (error: unknown): error is Error =>
  error instanceof Error &&
  (("severity" in error && DEADLY.has(String(error.severity))) || ("code" in error && error.code === LOST_TRACK));
