import { statSync } from "node:fs";
import { residentMemory } from "../cpu.ts";
import type { Figures } from "../metrics.ts";
import type { Run, Scenario } from "../scenario.ts";
import { binary, type Home } from "../systems.ts";

/** Until memory is what it stays. */
const SETTLE_MS = 3_000;

export const start: Scenario[] = [
  {
    name: "start",
    title: "start-up",
    about:
      "From the start of the process to the first request that is served, asked every 20 ms; memory three seconds later. The database is there.",
    per: "start",
    isComparison: false,
    metrics: binary === undefined ? ["ready", "memory"] : ["ready", "memory", "size"],
    goals: [],
    async open(services) {
      const homes = { redis: await services.home("redis"), embedded: await services.home("embedded") };
      const measure = async (home: Home, program?: string[]): Promise<Run> => {
        const from = performance.now();
        const system = await services.confab(home, 1, program);
        const figures: Figures = { ready: performance.now() - from };
        await Bun.sleep(SETTLE_MS);
        const bytes = residentMemory(system.parts.server);
        await system.stop();
        if (bytes !== undefined) figures.memory = bytes / 2 ** 20;
        if (program && binary) figures.size = statSync(binary).size / 2 ** 20;
        return { figures, faults: [] };
      };
      const modes = [
        { name: "PostgreSQL and Redis", measure: () => measure(homes.redis) },
        { name: "embedded", measure: () => measure(homes.embedded) },
      ];
      const compiled = binary === undefined ? [] : [binary];
      return {
        sides:
          compiled.length === 0
            ? modes
            : [...modes, { name: "embedded, the binary", measure: () => measure(homes.embedded, compiled) }],
        async close() {
          homes.redis.remove();
          homes.embedded.remove();
        },
      };
    },
  },
];
