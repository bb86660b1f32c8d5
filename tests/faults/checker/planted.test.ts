import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { modes } from "../../support/modes.ts";
import { findPlanted } from "./find-planted.ts";
import { editedFiles, type Planted } from "./plant.ts";
import { planted } from "./planted.ts";

const TEST_TIMEOUT_MS = 600_000;
/** Runs wait more than they compute, and each has servers of its own: this many go side by side. */
const AT_ONCE = 3;

describe.skipIf(!modes.includes("redis")).concurrent("the checker finds a server that", () => {
  // Those whose database goes back take longest: they begin first.
  const isSlow = ([, { goesBack }]: [string, Planted]) => Number(goesBack !== undefined);
  const quick = Object.entries<Planted>(planted).filter(([, { isLong }]) => !isLong);
  for (const [name, bug] of quick.sort((a, b) => isSlow(b) - isSlow(a)))
    test(name, () => inTurn(() => findPlanted(bug)), TEST_TIMEOUT_MS);
});

test("every planted bug fits into the sources of today", () => {
  for (const { edits } of Object.values<Planted>(planted))
    expect(editedFiles(join(import.meta.dir, "../../.."), edits).size).toBeGreaterThan(0);
});

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
