import type { Run, Stage } from "../scenario.ts";
import type { Services, System } from "../systems.ts";

/** Confab on PostgreSQL and Redis, and the bare server. */
export async function besideBare(services: Services, measure: (system: System) => Promise<Run>): Promise<Stage> {
  const home = await services.home("redis");
  const [confab, bare] = [await services.confab(home), await services.bare()];
  return {
    sides: [
      { name: "Confab", measure: () => measure(confab) },
      { name: "bare", measure: () => measure(bare) },
    ],
    async close() {
      await Promise.all([confab.stop(), bare.stop()]);
      home.remove();
    },
  };
}
