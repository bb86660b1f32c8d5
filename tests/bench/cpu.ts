import { readdirSync, readFileSync } from "node:fs";

// Elsewhere than on Linux nothing of this is measured: all of it is undefined.

/** Of a clock tick of /proc, in seconds: USER_HZ is 100 wherever Linux runs. */
const TICK_S = 0.01;
const IS_LINUX = process.platform === "linux";

/** The roots of process trees. */
export interface Parts {
  server: number[];
  redis?: number;
  postgres?: number;
  /** The load generator, in cores. */
  load?: number;
}

/** In seconds of one core. `others`: what else the machine did, in cores. */
export interface Spent {
  server: number;
  redis: number;
  postgres: number;
  others: number;
}

interface Reading {
  server: number;
  redis: number;
  postgres: number;
  own: number;
  machine: number;
  at: number;
}

/** Begins to count; the function that it returns ends that. */
export function countCpu(parts: Parts): () => Spent | undefined {
  const before = read(parts);
  return () => {
    const after = read(parts);
    if (!before || !after) return undefined;
    const machine = after.machine - before.machine;
    const own = after.own - before.own;
    return {
      server: after.server - before.server,
      redis: after.redis - before.redis,
      postgres: after.postgres - before.postgres,
      others: Math.max(0, machine - own) / ((after.at - before.at) / 1000),
    };
  };
}

/** Waits, so many seconds at most, until what else runs here leaves the machine alone. */
export async function quiet(patience: number): Promise<void> {
  const until = performance.now() + patience * 1000;
  while (IS_LINUX && performance.now() < until) {
    const before = machineSeconds();
    await Bun.sleep(500);
    if ((machineSeconds() - before) / 0.5 < 0.25) return;
  }
}

/** Resident memory of these processes without their children, in bytes. */
export function residentMemory(pids: number[]): number | undefined {
  if (!IS_LINUX) return undefined;
  const kib = pids.map((pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]));
  return kib.reduce((sum, one) => sum + one, 0) * 1024;
}

function read({ server, redis, postgres, load }: Parts): Reading | undefined {
  if (!IS_LINUX) return undefined;
  const tree = new Tree();
  const of = (...roots: (number | undefined)[]) => tree.seconds(roots.filter((root) => root !== undefined));
  const part = { server: of(...server), redis: of(redis), postgres: of(postgres) };
  const own = part.server + part.redis + part.postgres + of(load) + tree.secondsOfOne(process.pid);
  return { ...part, own, machine: machineSeconds(), at: performance.now() };
}

/**
 * The time of a process's threads that are alive, which the scheduler counts in nanoseconds. Ticks miss a process that works
 * for less than one at a time. `undefined`: this kernel does not say.
 */
function runSeconds(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + runNanoseconds(`/proc/${pid}/task/${thread}/schedstat`), 0) / 1e9;
  } catch {
    return undefined;
  }
}

const runNanoseconds = (file: string) => Number(readFileSync(file, "latin1").split(" ", 1)[0]);

/** Of all cores: user, nice, system, and interrupts. */
function machineSeconds(): number {
  const [line = ""] = readFileSync("/proc/stat", "latin1").split("\n");
  const [, user, nice, system, , , irq, softirq] = line.split(/\s+/).map(Number);
  return ((user ?? 0) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0)) * TICK_S;
}

/** The tree of processes at this moment, and the time each has used, ended children included. */
class Tree {
  private readonly children = new Map<number, number[]>();
  private readonly used = new Map<number, number>();

  constructor() {
    for (const name of readdirSync("/proc")) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      let stat: string;
      try {
        stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      } catch {
        continue; // It has ended meanwhile.
      }
      const fields = stat
        .slice(stat.lastIndexOf(")") + 2)
        .split(" ")
        .map(Number);
      const [, parent = 0] = fields;
      const [user = 0, system = 0, deadUser = 0, deadSystem = 0] = fields.slice(11);
      this.used.set(pid, (runSeconds(pid) ?? (user + system) * TICK_S) + (deadUser + deadSystem) * TICK_S);
      this.children.set(parent, [...(this.children.get(parent) ?? []), pid]);
    }
  }

  /** User and system time of these and of all below them. */
  seconds(roots: number[]): number {
    let sum = 0;
    for (const root of roots) sum += this.secondsOfOne(root) + this.seconds(this.children.get(root) ?? []);
    return sum;
  }

  /** Without those of its children that live. */
  secondsOfOne(pid: number): number {
    return this.used.get(pid) ?? 0;
  }
}
