import { residentMemory } from "../cpu.ts";
import type { Run, Scenario, Timing } from "../scenario.ts";
import type { Services } from "../systems.ts";
import { chat, pairSeats } from "./chat.ts";

/** Until memory is what it stays. */
const SETTLE_MS = 3_000;
/** Its database is WebAssembly, which takes longer than the rest to be compiled for speed. */
const MORE_WARM_UP_S = 3;

export const embedded: Scenario[] = [
  {
    name: "embedded",
    title: "embedded dms saturated",
    about: "`dms saturated` on the embedded database, all in one process. Its idle memory is that before anybody came.",
    per: "message",
    isComparison: false,
    metrics: ["rate", "p50", "p99", "cpuServer", "memory"],
    goals: [
      { metric: "rate", of: "value", atLeast: 2_000 },
      { metric: "memory", of: "value", atMost: 110 },
    ],
    async open(services, timing) {
      const sides = [await openSide(services, "Confab", timing)];
      if (services.against !== undefined) sides.push(await openSide(services, "base", timing, services.against));
      return {
        sides,
        async close() {
          for (const side of sides) await side.close();
        },
      };
    },
  },
];

async function openSide(services: Services, name: string, timing: Timing, checkout?: string) {
  const home = await services.home("embedded", checkout);
  const system = await services.confab(home);
  await Bun.sleep(SETTLE_MS);
  const bytes = residentMemory(system.parts.server);
  const memory = bytes === undefined ? {} : { memory: bytes / 2 ** 20 };
  const measure = async (how: Timing): Promise<Run> => {
    const run = await chat(system, { seats: pairSeats(system), how: { inFlight: 1 }, per: "message" }, how);
    return { ...run, figures: { ...run.figures, ...memory } };
  };
  await measure({ warmUpSeconds: 0, seconds: MORE_WARM_UP_S });
  return {
    name,
    measure: () => measure(timing),
    async close() {
      await system.stop();
      home.remove();
    },
  };
}
