// Loaded into the server, and so into its database's thread, before anything else: how long each has no turn.
import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** Between two looks: shorter would be work of its own. */
const EVERY_MS = 1;

let longest = 0;
let last = ownMs();

/** CPU time of this thread, in ms, which what else runs on the machine does not lengthen; where there is none, the clock's. */
function ownMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

if (isMainThread)
  globalThis.Worker = class extends Worker {
    constructor(program: string | URL) {
      super(program, { preload: [import.meta.path] });
    }
  };

const look = () => {
  const now = ownMs();
  longest = Math.max(longest, now - last);
  last = now;
};
setInterval(look, EVERY_MS);

Bun.serve({
  unix: `${process.env["STALL_PROBE"]}${isMainThread ? "" : ".database"}`,
  // Answers the longest stretch since it was asked before, in ms.
  fetch() {
    look();
    const found = longest;
    longest = 0;
    return new Response(String(found));
  },
});
