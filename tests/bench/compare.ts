import { quiet } from "./cpu.ts";
import type { MeasuredSide } from "./results.ts";
import type { Scenario, Timing } from "./scenario.ts";
import type { Services } from "./systems.ts";

export interface Comparison {
  sides: MeasuredSide[];
  /** Of all runs; with one the figures are worth nothing. */
  faults: string[];
}

/** Measures the sides of a scenario in turn, round by round, each round beginning with another one. */
export async function compare(
  scenario: Scenario,
  services: Services,
  { rounds, patience, ...timing }: Timing & { rounds: number; patience: number },
  say: (text: string) => void,
): Promise<Comparison> {
  const faults: string[] = [];
  const stage = await scenario.open(services, timing);
  const sides = stage.sides.map((side) => ({ ...side, rounds: [] as MeasuredSide["rounds"] }));
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const side of round % 2 === 1 ? sides : sides.toReversed()) {
        await quiet(patience);
        const run = await side.measure();
        side.rounds.push(run.figures);
        faults.push(...run.faults.map((fault) => `${side.name}, round ${round}: ${fault}`));
        if ((run.others ?? 0) > 0.25)
          say(`${side.name}, round ${round}: other programs used ${run.others?.toFixed(1)} cores meanwhile`);
      }
    }
  } finally {
    await stage.close();
  }
  return { sides: sides.map(({ name, rounds: figures }) => ({ name, rounds: figures })), faults };
}
