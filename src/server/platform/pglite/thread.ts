import { type PGlite, type QueryOptions, type Transaction, types } from "@electric-sql/pglite";
import { openCluster } from "./cluster.ts";
import { makeCluster } from "./empty-cluster.ts";
import { stopOnPanic } from "./panic.ts";
import { SyncedFiles, syncChanged } from "./synced-files.ts";
import {
  type Answer,
  type Ask,
  type Cluster,
  type Form,
  plainError,
  type Question,
  type Result,
} from "./thread-protocol.ts";
import { giveBackZeroPages } from "./zero-pages.ts";

/*
 * The database's own thread. PostgreSQL in WebAssembly computes here, so that no statement, vacuum or checkpoint holds
 * up the thread that serves sockets. It handles one statement at a time.
 */

declare const self: Worker;

const NUMERIC_ARRAY = 1231;
const MOMENT_ARRAYS = [1115, 1182, 1185, 1187];
/** Types that drizzle parses itself. */
const PLAIN_DATES: NonNullable<QueryOptions["parsers"]> = Object.fromEntries(
  [types.TIMESTAMP, types.TIMESTAMPTZ, types.INTERVAL, types.DATE, NUMERIC_ARRAY, ...MOMENT_ARRAYS].map((type) => [
    type,
    (text: string) => text,
  ]),
);

/** How soon after the start the thread has time for it. */
const TIDY_AFTER_MS = 2_000;

let client: PGlite | undefined;

interface OpenTransaction {
  tx: Transaction;
  /** Commits the transaction, or with `false` undoes it. */
  end(commit: boolean): Promise<void>;
}
const transactions = new Map<number, OpenTransaction>();

type FilesOf = (folder: string) => SyncedFiles;

/**
 * Makes this thread the thread of a database.
 * @param filesOf others than the usual files, for tests
 */
export function serveDatabase(filesOf: FilesOf = (folder) => new SyncedFiles(folder)): void {
  self.onmessage = ({ data: { id, ask } }: MessageEvent<Question>) => {
    work(ask, filesOf).then(
      (result) => answer({ id, result }),
      (error: unknown) => answer({ id, error: plainError(error) }),
    );
  };
}

const answer = (message: Answer) => self.postMessage(message);

const NOTHING: Result = { rows: [], affectedRows: 0 };

async function work(ask: Ask, filesOf: FilesOf): Promise<Result> {
  if (ask.do === "open") {
    client = await open(ask, filesOf);
    return NOTHING;
  }
  if (!client) throw new Error("the embedded database is not open");
  switch (ask.do) {
    case "query": {
      const { text, parameters, transaction } = ask;
      const { rows, affectedRows = 0 } = await (transaction === undefined ? client : openOf(transaction).tx).query<
        Record<string, unknown>
      >(text, parameters, optionsOf(ask));
      return { rows, affectedRows };
    }
    case "exec":
      await client.exec(ask.text);
      return NOTHING;
    case "begin":
      transactions.set(ask.transaction, await begin(client));
      return NOTHING;
    case "end": {
      const { end } = openOf(ask.transaction);
      transactions.delete(ask.transaction);
      await end(ask.commit);
      return NOTHING;
    }
    case "sync":
      await syncChanged(ask.folder, ask.sinceMs);
      return NOTHING;
    case "close":
      await client.close();
      return NOTHING;
  }
}

async function open({ folder, sync }: Cluster, filesOf: FilesOf): Promise<PGlite> {
  await makeCluster(folder);
  const opened = await openCluster(folder, sync, filesOf(folder));
  stopOnPanic(opened, (error) => answer({ stopped: plainError(error) }));
  setTimeout(() => void tidy(opened), TIDY_AFTER_MS).unref();
  return opened;
}

/** Frees memory that only the start has used. */
async function tidy(opened: PGlite) {
  Bun.gc(true);
  const memory: Uint8Array | undefined = opened.Module?.["HEAPU8"];
  // A memory that has grown is another array, and no longer that of a start.
  if (memory) await giveBackZeroPages(memory, () => opened.closed || opened.Module?.["HEAPU8"] !== memory);
}

function openOf(transaction: number): OpenTransaction {
  const found = transactions.get(transaction);
  if (!found) throw new Error("the transaction is over");
  return found;
}

/** Thrown into a transaction, which undoes it. */
const UNDO = new Error("undo");

/** PGlite's transactions are functions: this one is over when `end` is called. */
async function begin(on: PGlite): Promise<OpenTransaction> {
  const began = Promise.withResolvers<Transaction>();
  const over = Promise.withResolvers<boolean>();
  const run = on.transaction(async (tx) => {
    began.resolve(tx);
    if (!(await over.promise)) throw UNDO;
  });
  run.catch(began.reject);
  const tx = await began.promise;
  return {
    tx,
    async end(commit) {
      over.resolve(commit);
      await run.catch((error: unknown) => {
        if (error !== UNDO) throw error;
      });
    },
  };
}

const optionsOf = ({ rowMode, plainDates }: Form): QueryOptions => ({
  rowMode,
  ...(plainDates ? { parsers: PLAIN_DATES } : {}),
});
