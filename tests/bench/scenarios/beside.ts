import type { Run, Scenario, Stage } from "../scenario.ts";
import type { Services, System } from "../systems.ts";

/** Confab on PostgreSQL and Redis, and the bare server; with `--against`, the other Confab instead of that. */
export async function beside(services: Services, measure: (system: System) => Promise<Run>): Promise<Stage> {
  const home = await services.home("redis");
  const baseHome = services.against === undefined ? undefined : await services.home("redis", services.against);
  const confab = await services.confab(home);
  const other = baseHome ? await services.confab(baseHome) : await services.bare();
  return {
    sides: [
      { name: "Confab", measure: () => withPaused(other, () => measure(confab)) },
      { name: otherName(services), measure: () => withPaused(confab, () => measure(other)) },
    ],
    async close() {
      await Promise.all([confab.stop(), other.stop()]);
      home.remove();
      baseHome?.remove();
    },
  };
}

/**
 * The nodes of the other system stand still meanwhile. After a run at saturation a Confab works on the index of the search
 * for many seconds, and takes the processors from the other side.
 */
async function withPaused(system: System, work: () => Promise<Run>): Promise<Run> {
  for (const node of system.nodes) node.kill("SIGSTOP");
  try {
    return await work();
  } finally {
    for (const node of system.nodes) node.kill("SIGCONT");
  }
}

/** The name of a comparison's second side. */
export const otherName = ({ against, isDurable }: Services) =>
  against !== undefined ? "base" : isDurable ? "bare, durable" : "bare";

/** A scenario as `--against` measures it: the goals are those beside the bare server. */
export const besideBase = (scenario: Scenario): Scenario => ({ ...scenario, isComparison: true, goals: [] });
