import { residentMemory } from "../cpu.ts";
import type { Run, Scenario } from "../scenario.ts";
import { chat, pairSeats } from "./chat.ts";

/** Until memory is what it stays. */
const SETTLE_MS = 3_000;

export const embedded: Scenario[] = [
  {
    name: "embedded",
    title: "embedded dms saturated",
    about: "`dms saturated` on the embedded database, all in one process. Each round on a fresh server.",
    per: "message",
    isComparison: false,
    metrics: ["rate", "p50", "p99", "cpuServer", "memory"],
    goals: [
      { metric: "rate", of: "value", atLeast: 2_000 },
      { metric: "memory", of: "value", atMost: 220 },
    ],
    async open(services, timing) {
      const home = await services.home("embedded");
      const measure = async (): Promise<Run> => {
        const system = await services.confab(home);
        try {
          await Bun.sleep(SETTLE_MS);
          const bytes = residentMemory(system.parts.server);
          const run = await chat(system, { seats: pairSeats(system), how: { inFlight: 1 }, per: "message" }, timing);
          const memory = bytes === undefined ? {} : { memory: bytes / 2 ** 20 };
          return { ...run, figures: { ...run.figures, ...memory } };
        } finally {
          await system.stop();
        }
      };
      return { sides: [{ name: "Confab", measure }], close: async () => home.remove() };
    },
  },
];
