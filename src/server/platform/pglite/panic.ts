import type { PGlite } from "@electric-sql/pglite";

/** After these PostgreSQL ends its process, to be started anew and to recover from its log. */
const DEADLY = new Set(["PANIC", "FATAL"]);
/**
 * It would make a file that is there already (duplicate_file). PGlite comes to this after the process could open no more
 * files, and then refuses every write until it is opened anew.
 */
const LOST_TRACK = "58P02";

/** The embedded database is gone, with the answer to what was asked last. The text says what to do. */
class DatabaseStopped extends Error {
  /** As of any connection that has ended: what was asked may have been done or not. */
  readonly code = "CONNECTION_ENDED";
}

/**
 * Stops a database that has panicked (no space for its log, say). PGlite would go on with it, locks held for ever, and
 * the next statement would never give this thread back.
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
