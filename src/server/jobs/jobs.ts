import type { z } from "zod";
import type { Logger } from "../base/logger.ts";
import type { JobStore, LeasedJob } from "./store.ts";

/** A node looks for jobs of other nodes this often. It knows its own jobs at once. */
const LOOK_EVERY_MS = 5_000;
/** The pause before the next look when the database does not answer. */
const RETRY_MS = 1_000;
/** The pause after a first failure. It doubles with each further one, up to the ceiling. */
const BACK_OFF_MS = { first: 1_000, most: 5 * 60_000 };

/** After a step the job is done, or its next step follows after this many ms. */
type Outcome = "done" | { againAfterMs: number };

/** Does one bounded step of a job. A step may run again after it was done, so a repetition must change nothing. */
type Step = (payload: unknown) => Promise<Outcome>;

/** The table of all jobs: kind → step. A node runs jobs of these kinds only, and leaves others to newer nodes. */
export type JobKinds = Readonly<Record<string, Step>>;

/** A kind of job: the schema of its payload, and the step that gets a payload of that schema. */
export const jobKind =
  <Payload>(schema: z.ZodType<Payload>, step: (payload: Payload) => Promise<Outcome>): Step =>
  async (payload) =>
    step(schema.parse(payload));

/**
 * One-off work that outlives a process, such as erasing a removed conversation. Jobs are rows of a table:
 * - `addJob` adds one, in the transaction of whatever makes it necessary.
 * - A node leases the job that is due first, does one step, and gives the job back. One node runs one step at a time.
 * - When a node dies, its lease ends after some seconds and another node takes the job over.
 * - A step that fails is tried again, later each time. The row keeps the error, and the job is never lost.
 *
 * A node rests after each step for as long as the step took, so that jobs never take more than half of a core.
 */
export class Jobs {
  private readonly kinds: string[];
  private running = Promise.resolve();
  private isClosed = false;
  private isWoken = false;
  private endRest: () => void = () => {};
  private isAway = false;

  constructor(
    private readonly store: JobStore,
    private readonly steps: JobKinds,
    private readonly logger: Logger,
  ) {
    this.kinds = Object.keys(steps);
  }

  start(): void {
    this.running = this.run();
  }

  /** Looks for jobs now. Call it after the commit that added one. */
  wake(): void {
    this.isWoken = true;
    this.endRest();
  }

  /** Resolves when the step under way has ended and its job is given back. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.endRest();
    await this.running;
  }

  private async run() {
    while (!this.isClosed) {
      this.isWoken = false;
      const restMs = await this.runOne().catch((error: unknown) => this.noteAway(error));
      if (!this.isClosed) await this.rest(restMs);
    }
  }

  /** Runs a step of the job that is due first. Returns how long to rest, in ms. */
  private async runOne(): Promise<number> {
    const job = await this.store.lease(this.kinds);
    this.isAway = false;
    if (!job) return Math.min(LOOK_EVERY_MS, await this.store.nextDueMs(this.kinds));
    const started = performance.now();
    await this.step(job);
    return performance.now() - started;
  }

  private async step(job: LeasedJob) {
    let outcome: Outcome;
    try {
      const step = this.steps[job.kind];
      if (!step) throw new Error(`no such kind of job: ${job.kind}`);
      outcome = await step(job.payload);
    } catch (error) {
      const { id, kind, key, attempts } = job;
      this.logger.warn({ err: error, job: { id, kind, key, attempts } }, "a job failed, it will be tried again");
      const delay = Math.min(BACK_OFF_MS.most, BACK_OFF_MS.first * 2 ** (attempts - 1));
      return this.store.fail(job, String(error), delay);
    }
    if (outcome === "done") await this.store.remove(job);
    else await this.store.postpone(job, outcome.againAfterMs);
  }

  private noteAway(error: unknown): number {
    // The warning is written once until the database answers, because every call fails meanwhile.
    if (!this.isAway && !this.isClosed) this.logger.warn({ err: error }, "jobs wait until the database answers");
    this.isAway = true;
    return RETRY_MS;
  }

  private async rest(ms: number) {
    if (this.isWoken) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.endRest = resolve;
    await promise;
    clearTimeout(timer);
  }
}
