import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Figures, Metric } from "./metrics.ts";
import type { Goal } from "./scenario.ts";
import { type Spread, spreadOf } from "./spread.ts";

export const FOLDER = join(import.meta.dir, "../../docs/performance");
const FILE = join(FOLDER, "results.json");

/** One side of a scenario, round by round. */
export interface MeasuredSide {
  name: string;
  rounds: Figures[];
}

const resultsSchema = z.object({
  /** Line by line, what it was measured on and with. */
  machine: z.array(z.string()),
  /** By the scenario's title. */
  scenarios: z.record(
    z.string(),
    z.array(z.object({ name: z.string(), rounds: z.array(z.record(z.string(), z.number())) })),
  ),
});

/** The data behind docs/performance.md. */
export interface Results {
  machine: string[];
  scenarios: Record<string, MeasuredSide[]>;
}

/** Writes the new ones over those of the same scenarios; what another machine measured goes. */
export async function keepResults(fresh: Results): Promise<Results> {
  const file = Bun.file(FILE);
  const old = (await file.exists()) ? resultsSchema.parse(await file.json()) : undefined;
  const isSame = old !== undefined && Bun.deepEquals(old.machine, fresh.machine);
  const results = isSame ? { ...fresh, scenarios: { ...old.scenarios, ...fresh.scenarios } } : fresh;
  mkdirSync(FOLDER, { recursive: true });
  await Bun.write(file, `${JSON.stringify(results, rounded, 1)}\n`);
  return results;
}

const rounded = (_key: string, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(5)) : value);

export const figureOf = (side: MeasuredSide | undefined, metric: Metric) =>
  spreadOf(side?.rounds.map((figures) => figures[metric]) ?? []);

/** The first side's over the second's, round by round. */
export function ratioOf([one, other]: MeasuredSide[], metric: Metric): Spread | undefined {
  const ratios = one?.rounds.map((figures, round) => {
    const [above, below] = [figures[metric], other?.rounds[round]?.[metric]];
    return above === undefined || !below ? undefined : above / below;
  });
  return spreadOf(ratios ?? []);
}

/** Whether the median reaches a goal; `undefined`: it was not measured. */
export function isMet(
  sides: MeasuredSide[],
  { metric, of, atLeast = 0, atMost = Infinity }: Goal,
): boolean | undefined {
  const spread = of === "ratio" ? ratioOf(sides, metric) : figureOf(sides[0], metric);
  return spread && spread.median >= atLeast && spread.median <= atMost;
}
