import { readFileSync } from "node:fs";

const TICK_MS = 50;
/** A machine that is slower than this share of itself counts as stopped, so that nothing waits for ever. */
const SPEED_LEAST = 0.05;
/** One commit, from the request to the ack, on a machine that is fast enough. */
const USUAL_COMMIT_MS = 12;

/**
 * The time of the machine, as opposed to that of the clock on the wall. It passes as fast as the processes of the run get
 * the processor when they want it, and never faster than a clock. All patience and all amounts are measured in it, so a
 * slow machine is waited for and a server that hangs is not.
 *
 * Checks of safety MUST NOT use it: what is wrong is wrong on a slow machine too.
 */
export class Machine {
  private time = 0;
  private readonly startedAt = performance.now();
  private tickedAt = this.startedAt;
  private readonly waited = new Map<number, number>();
  /** How much slower than its processor the machine is otherwise: its disk, for instance. */
  private drag = 1;
  /** How long a commit took while nothing was broken. */
  commitMs = 0;
  private readonly due = new Set<{ at: number; done(): void }>();
  private readonly ticks: ReturnType<typeof setInterval>;
  /** The longest time that this process did not come to its turn, in ms. */
  longestStallMs = 0;

  /** @param pids the processes of the run beside this one, those that live */
  constructor(private readonly pids: () => number[] = () => []) {
    this.ticks = setInterval(() => this.tick(), TICK_MS);
  }

  /** In ms since its start. */
  get now(): number {
    return this.time;
  }

  /** Over all its time: 1 is a machine that does nothing else. */
  get speed(): number {
    const passed = performance.now() - this.startedAt;
    return passed > 0 ? Math.min(1, this.time / passed) : 1;
  }

  /** Tells how long a commit takes while nothing is broken. Slowness that the processor does not explain counts as drag. */
  measured(commitMs: number): void {
    this.commitMs = commitMs;
    const share = Math.min(1, USUAL_COMMIT_MS / commitMs);
    this.drag = Math.min(1, share / Math.max(SPEED_LEAST, this.speed));
  }

  /** Calls `done` when so much of the machine's time has passed; the returned function calls it off. */
  after(ms: number, done: () => void): () => void {
    const entry = { at: this.time + ms, done };
    this.due.add(entry);
    return () => void this.due.delete(entry);
  }

  /** Converts a time of the machine to wall time, at its speed so far. */
  onTheWall(ms: number): number {
    return ms / Math.max(SPEED_LEAST, this.speed);
  }

  /** The result of the work, or `undefined` after this much of the machine's time. */
  async within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
    let callOff = () => {};
    const late = new Promise<undefined>((resolve) => {
      callOff = this.after(ms, () => resolve(undefined));
    });
    return Promise.race([work, late]).finally(callOff);
  }

  stop(): void {
    clearInterval(this.ticks);
    // Nothing that still waits may wait for ever.
    for (const { done } of this.due) done();
    this.due.clear();
  }

  private tick() {
    const now = performance.now();
    const passed = now - this.tickedAt;
    this.tickedAt = now;
    this.longestStallMs = Math.max(this.longestStallMs, passed - TICK_MS);
    // The turn of this process came late: meanwhile nothing that it plays the clients of could go on.
    const own = Math.min(1, TICK_MS / passed);
    const pace = Math.min(own, this.shareOfProcessor(passed));
    this.time += passed * Math.max(SPEED_LEAST, pace * this.drag);
    for (const entry of [...this.due]) if (entry.at <= this.time && this.due.delete(entry)) entry.done();
  }

  /** 1 minus the part of the time in which the process that waits most stood in line for a processor. */
  private shareOfProcessor(passed: number): number {
    let share = 1;
    const living = [process.pid, ...this.pids()];
    for (const pid of living) {
      const waited = waitedMs(pid);
      const before = this.waited.get(pid);
      if (waited === undefined) continue;
      this.waited.set(pid, waited);
      if (before !== undefined) share = Math.min(share, 1 - (waited - before) / passed);
    }
    for (const pid of this.waited.keys()) if (!living.includes(pid)) this.waited.delete(pid);
    return Math.max(0, share);
  }
}

/** How long a process was ready to run and did not, in ms, where the system tells it: Linux does. */
function waitedMs(pid: number): number | undefined {
  try {
    const waited = Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]);
    return Number.isFinite(waited) ? waited / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
