import { describe, test } from "bun:test";
import { modes } from "../../support/modes.ts";
import { type Planted, plant, planted } from "./planted.ts";
import { run } from "./run.ts";

const SECONDS = 20;
const TEST_TIMEOUT_MS = 600_000;
/** Chance decides whether a bug comes to light in one run: so many have it in one of them. */
const SEEDS = [5, 1, 3];

if (process.env["PLANTED"] !== "all")
  process.stdout.write("SKIPPED: the planted bugs that need no way back in time; PLANTED=all runs them\n");

describe.skipIf(!modes.includes("redis"))("the checker finds a server that", () => {
  // Those that need no way back in time take minutes each: PLANTED=all runs them too.
  for (const [name, bug] of Object.entries<Planted>(planted))
    test.skipIf(!bug.goesBack && process.env["PLANTED"] !== "all")(
      name,
      async () => {
        const { main, remove } = plant(bug);
        try {
          const found: string[] = [];
          for (const seed of SEEDS) {
            const { violations } = await run({
              seed,
              seconds: SECONDS,
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
      },
      TEST_TIMEOUT_MS,
    );
});
