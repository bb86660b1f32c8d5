import { type Curve, type CurveName, runCurve, type Statistics } from "./curves.ts";
import { writeReport } from "./report.ts";

export interface GrowthOptions {
  /** None: all. */
  curves: CurveName[];
  statistics: Statistics;
  quick: boolean;
  /** Whether tables and plots go into docs/performance/. */
  write: boolean;
  say(text: string): void;
}

/** Measures how costs grow, each curve on servers of its own. */
export async function runGrowth({ curves, statistics, quick, write, say }: GrowthOptions): Promise<Curve[]> {
  const all: CurveName[] = ["members", "messages", "conversations", "own"];
  const options = { statistics, calls: quick ? 20 : 60, maxSize: quick ? 1_000 : Number.POSITIVE_INFINITY, say };
  const done: Curve[] = [];
  for (const name of all.filter((name) => curves.length === 0 || curves.includes(name)))
    done.push(await runCurve(name, options));
  if (write) await writeReport(done);
  return done;
}
