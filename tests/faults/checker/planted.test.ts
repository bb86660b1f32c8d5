import { describe, test } from "bun:test";
import { modes } from "../../support/modes.ts";
import { type Planted, plant, planted } from "./planted.ts";
import { run } from "./run.ts";

const SECONDS = 20;
const TEST_TIMEOUT_MS = 600_000;
/** Chance decides whether a bug comes to light in one run: so many have it in one of them. */
const SEEDS = [5, 1, 3];
/** Runs wait more than they compute, and each has servers of its own: this many go side by side. */
const AT_ONCE = 3;

describe.skipIf(!modes.includes("redis")).concurrent("the checker finds a server that", () => {
  // Those whose database goes back take longest: they begin first.
  const isSlow = ([, { goesBack }]: [string, Planted]) => Number(goesBack !== undefined);
  for (const [name, bug] of Object.entries<Planted>(planted).sort((a, b) => isSlow(b) - isSlow(a)))
    test(name, () => inTurn(() => find(bug)), TEST_TIMEOUT_MS);
});

async function find(bug: Planted) {
  const { main, remove } = plant(bug);
  try {
    const found: string[] = [];
    for (const seed of SEEDS) {
      const { violations } = await run({
        seed,
        seconds: bug.seconds ?? SECONDS,
        main,
        faults: bug.faults,
        ...(bug.goesBack ? { goesBack: bug.goesBack } : {}),
        sought: bug.foundBy,
      });
      found.push(...violations.map(({ check }) => check));
      if (found.some((check) => bug.foundBy.includes(check))) return;
    }
    throw new Error(`not found; the checks that failed: ${found.join(", ") || "none"}`);
  } finally {
    remove();
  }
}

let free = AT_ONCE;
const waiting: (() => void)[] = [];

async function inTurn(work: () => Promise<void>) {
  if (free > 0) free--;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}
