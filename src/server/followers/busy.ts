/**
 * A node is busy when it computes for more than this part of the time, in processors. Beside PostgreSQL on two processors a
 * node with all the sends that it can take computes for 0.7 to 0.9 of the time. Followers that took 0.8 for the limit took
 * turns with the sends there, and a fifth of all processors.
 */
const BUSY = 0.5;
/** So is one whose short waits take this many times as long: its processors are busy with other programs as well. */
const LATE = 1.5;
const STEP_MS = 10;

/** Sleeps this long, and returns whether the node was busy meanwhile. */
export async function sleepAndWatch(ms: number): Promise<boolean> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const steps = Math.ceil(ms / STEP_MS);
  for (let i = 0; i < steps; i++) await Bun.sleep(ms / steps);
  const { user, system } = process.cpuUsage(before);
  const slept = performance.now() - started;
  return (user + system) / 1_000 > BUSY * slept || slept > LATE * ms + STEP_MS;
}
