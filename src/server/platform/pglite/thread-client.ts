import { join } from "node:path";
import type { PgliteClient } from "drizzle-orm/pglite";
import {
  type Answer,
  type Ask,
  type Cluster,
  errorOf,
  type Form,
  type Question,
  type Result,
} from "./thread-protocol.ts";

/**
 * How many requests the thread has at once. With two, the next one is ready while the thread answers the first. More
 * would wait there in order, and a send could not overtake them.
 */
const ASKED_AT_ONCE = 2;

/** The order in which waiting requests go: sends first, pieces of searches and of upkeep last. */
const LANES = ["sends", "calls", "bulk"] as const;
export type Lane = (typeof LANES)[number];
/** After this many other requests a piece goes next, so that it never waits for ever. */
const BEFORE_BULK = 8;

const OBJECTS: Form = { rowMode: "object", plainDates: false };

/** Drizzle's options for a statement. Its `parsers` are always the same, so it only matters whether there are any. */
interface QueryOptions {
  rowMode?: "object" | "array";
  parsers?: object;
}

interface Connection {
  query(text: string, parameters?: readonly unknown[], options?: QueryOptions): Promise<Result>;
}

/** The embedded database, open in a thread of its own. */
export class PgliteThread implements Connection {
  private readonly worker: Worker;
  private readonly unanswered = new Map<number, PromiseWithResolvers<Result>>();
  private readonly waiting = new Map<Lane, (() => void)[]>(LANES.map((lane) => [lane, []]));
  private free = ASKED_AT_ONCE;
  private sinceBulk = 0;
  private last = 0;
  private ended: Error | undefined;

  private constructor(
    program: URL,
    private readonly folder: string,
    private readonly onStopped: (error: Error) => void,
  ) {
    this.worker = new Worker(program.href);
    // While Bun handles one message it delivers no other. Code inside the handler that blocks until the next answer, as
    // bun test's `rejects` does, would wait for ever. So the handler only schedules, and the timer wakes the loop.
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      setImmediate(() => this.receive(data));
      setTimeout(() => {}, 0);
    };
    this.worker.onerror = ({ message }) => this.fail(stoppedError(message));
    this.worker.addEventListener("close", () => this.fail(stoppedError("its thread has ended")));
  }

  /**
   * Opens the database in a folder, and makes it first if there is none.
   * @param program where the thread's own code begins
   */
  static async open(program: URL, cluster: Cluster, onStopped: (error: Error) => void): Promise<PgliteThread> {
    const thread = new PgliteThread(program, cluster.folder, onStopped);
    try {
      await thread.ask({ do: "open", ...cluster });
    } catch (error) {
      thread.end();
      throw error;
    }
    return thread;
  }

  query(text: string, parameters: readonly unknown[] = [], options?: QueryOptions): Promise<Result> {
    return this.queryIn("calls", text, parameters, options);
  }

  queryIn(lane: Lane, text: string, parameters: readonly unknown[], options?: QueryOptions): Promise<Result> {
    return this.inTurn(lane, () => this.ask(queryAsk(text, parameters, options)));
  }

  /** Runs statements without parameters, and discards their results. */
  async exec(text: string, lane: Lane = "bulk"): Promise<void> {
    await this.inTurn(lane, () => this.ask({ do: "exec", text }));
  }

  /** Syncs table files that have changed since `sinceMs` to the disk. It does not wait in a lane: statements go on. */
  async syncChanged(sinceMs: number): Promise<void> {
    await this.ask({ do: "sync", folder: join(this.folder, "base"), sinceMs });
  }

  /** `work` MUST use only the connection it is given: every other statement waits until the transaction is over. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.inTurn("calls", async () => {
      const transaction = ++this.last;
      await this.ask({ do: "begin", transaction });
      let commit = false;
      try {
        const outcome = await work({
          query: (text, parameters = [], options) => this.ask({ ...queryAsk(text, parameters, options), transaction }),
        });
        commit = true;
        return outcome;
      } finally {
        await this.ask({ do: "end", transaction, commit });
      }
    });
  }

  /** Gives drizzle's driver this class as its client: it has every method of PGlite that the driver calls. */
  asClient(): PgliteClient {
    return this as unknown as PgliteClient;
  }

  async close(): Promise<void> {
    if (!this.ended) await this.inTurn("bulk", () => this.ask({ do: "close" }));
    this.end();
  }

  private ask(ask: Ask): Promise<Result> {
    if (this.ended) return Promise.reject(this.ended);
    const asked = Promise.withResolvers<Result>();
    const id = ++this.last;
    this.unanswered.set(id, asked);
    this.worker.postMessage({ id, ask } satisfies Question);
    return asked.promise;
  }

  private receive(answer: Answer) {
    if ("stopped" in answer) {
      // No request is rejected here: the thread still answers those that it has.
      this.onStopped(errorOf(answer.stopped));
      return;
    }
    const asked = this.unanswered.get(answer.id);
    this.unanswered.delete(answer.id);
    if ("error" in answer) asked?.reject(errorOf(answer.error));
    else asked?.resolve(answer.result);
  }

  private async inTurn<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.get(lane)?.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.next();
      if (next) next();
      else this.free++;
    }
  }

  private next(): (() => void) | undefined {
    const bulk = this.waiting.get("bulk");
    const order = this.sinceBulk >= BEFORE_BULK && bulk?.length ? (["bulk"] as const) : LANES;
    for (const lane of order) {
      const next = this.waiting.get(lane)?.shift();
      if (!next) continue;
      this.sinceBulk = lane === "bulk" ? 0 : this.sinceBulk + 1;
      return next;
    }
    return undefined;
  }

  /** The thread has ended. Its open requests get no answer. */
  private fail(error: Error) {
    if (this.ended) return;
    this.end(error);
    this.onStopped(error);
  }

  private end(error: Error = stoppedError("it was closed")) {
    if (this.ended) return;
    this.ended = error;
    for (const asked of this.unanswered.values()) asked.reject(error);
    this.unanswered.clear();
    this.worker.terminate();
  }
}

function queryAsk(text: string, parameters: readonly unknown[], options: QueryOptions | undefined) {
  const form = options ? { rowMode: options.rowMode ?? "object", plainDates: options.parsers !== undefined } : OBJECTS;
  return { do: "query" as const, text, parameters: [...parameters], transaction: undefined, ...form };
}

/** The error has the code of a lost connection, because the statement may or may not have been carried out. */
const stoppedError = (why: string) =>
  Object.assign(new Error(`The embedded database has stopped: ${why}. Start Confab again; acked messages are kept.`), {
    code: "CONNECTION_ENDED",
  });
