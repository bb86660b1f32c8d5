import { readdirSync, readFileSync } from "node:fs";

/** CPU time that these processes have used with all their threads, in ms. Zero where the system does not tell (not Linux). */
export function cpuMs(pids: number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`))
        nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      // It has ended meanwhile, or there is no /proc.
    }
  }
  return nanoseconds / 1e6;
}
