/**
 * A node begins to be busy when it computes for the first part of the time, in processors, and is so wholly from the second
 * one on. Beside PostgreSQL on two processors a node with all the sends that it can take computes for 0.7 to 0.9 of the time.
 */
const BEGINS = 0.5;
const WHOLLY = 0.8;
/** A node is busy too when its short waits take this many times as long: other programs have its processors then. */
const LATE = 1.5;
const STEP_MS = 10;

/** Sleeps this long, and returns how busy the node was meanwhile: from 0, not at all, to 1. */
export async function sleepAndWatch(ms: number): Promise<number> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const steps = Math.ceil(ms / STEP_MS);
  for (let i = 0; i < steps; i++) await Bun.sleep(ms / steps);
  const { user, system } = process.cpuUsage(before);
  const slept = performance.now() - started;
  if (slept > LATE * ms + STEP_MS) return 1;
  const computed = (user + system) / 1_000 / slept;
  return Math.min(1, Math.max(0, (computed - BEGINS) / (WHOLLY - BEGINS)));
}
