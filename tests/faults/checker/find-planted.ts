import { type Planted, plant } from "./plant.ts";
import { run } from "./run.ts";

const SECONDS = 20;
/** Chance decides whether a bug comes to light in one run: so many have it in one of them. */
const SEEDS = [5, 1, 3];

/**
 * Lets people chat over a server with this bug, until a check finds it.
 * @throws Error when no run finds it
 */
export async function findPlanted(bug: Planted): Promise<void> {
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
