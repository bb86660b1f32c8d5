import { countCpu, residentMemory } from "../cpu.ts";
import { Load } from "../load/load.ts";
import type { Seat } from "../load/protocol.ts";
import type { Run, Scenario } from "../scenario.ts";
import { type System, socketOf } from "../systems.ts";
import { otherName } from "./beside.ts";
import { cpuOf, othersOf } from "./chat.ts";

const CONNECTIONS = 5_000;
/** These come first and stay: what a server takes once for all is not counted for each. */
const WARM_UP = 1_000;
/** Until memory is what it stays: JavaScript's heap is collected as a whole some 10 s after the last work. */
const SETTLE_MS = 15_000;

export const idle: Scenario[] = [
  {
    name: "idle",
    title: "idle",
    about: `${CONNECTIONS.toLocaleString("en")} sockets of 500 people connect, 100 at a time, each with its login checked; then they rest. Each round on a fresh server, which has ${WARM_UP.toLocaleString("en")} others already.`,
    per: "upgrade",
    isComparison: true,
    metrics: ["upgrades", "cpuServer", "cpu", "perConnection"],
    goals: [
      { metric: "perConnection", of: "value", atMost: 4 },
      { metric: "upgrades", of: "value", atLeast: 2_000 },
    ],
    async open(services) {
      const home = await services.home("redis");
      const baseHome = services.against === undefined ? undefined : await services.home("redis", services.against);
      // Memory of earlier connections would serve later ones, so each run has a server of its own.
      const fresh = (start: () => Promise<System>) => async () => {
        const system = await start();
        return connectAll(system).finally(() => system.stop());
      };
      return {
        sides: [
          { name: "Confab", measure: fresh(() => services.confab(home)) },
          { name: otherName(services), measure: fresh(() => (baseHome ? services.confab(baseHome) : services.bare())) },
        ],
        async close() {
          home.remove();
          baseHome?.remove();
        },
      };
    },
  },
];

async function connectAll(system: System): Promise<Run> {
  const [load, warmUp] = [new Load(), new Load()];
  try {
    await warmUp.connect(seats(system, WARM_UP));
    await Bun.sleep(SETTLE_MS);
    const before = residentMemory(system.parts.server);
    const stopCounting = countCpu({ ...system.parts, load: load.pid });
    const { seconds } = await load.connect(seats(system, CONNECTIONS));
    const spent = stopCounting();
    await Bun.sleep(SETTLE_MS);
    const after = residentMemory(system.parts.server);
    const memory =
      before === undefined || after === undefined ? {} : { perConnection: (after - before) / 1024 / CONNECTIONS };
    const figures = { upgrades: CONNECTIONS / seconds, ...cpuOf(spent, CONNECTIONS), ...memory };
    return { figures, faults: [], ...othersOf(spent) };
  } finally {
    await Promise.all([load.stop(), warmUp.stop()]);
  }
}

/** Everybody, and again, as often as it takes. */
function seats({ nodes: [node], world: { pairs } }: System, count: number): Seat[] {
  const all = pairs.flatMap((pair, room) => pair.members.map((member) => ({ pair, room, member })));
  const seats: Seat[] = [];
  while (node && seats.length < count)
    for (const { pair, room, member } of all.slice(0, count - seats.length))
      seats.push({ url: socketOf(node, pair), cookie: member.cookie, room });
  return seats;
}
