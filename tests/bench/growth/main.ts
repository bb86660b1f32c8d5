import { parseArgs } from "node:util";
import { cleanUpAll } from "../../support/cleanup.ts";
import { type CurveName, plans } from "./curves.ts";
import { runGrowth } from "./growth.ts";

const HELP = `bun tests/bench/growth/main.ts [curve …] [options]

Measures what messages and pages cost while members, messages and conversations grow.

  curves      ${Object.keys(plans).join(", ")} (all)
  --write     put tables and plots into docs/performance/
  --quick     fewer calls, up to 1,000 only
  --stale     never tells PostgreSQL's planner how much there is
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    stale: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const say = (text: string) => void process.stdout.write(`${text}\n`);
const isCurve = (name: string): name is CurveName => name in plans;

if (values.help || !positionals.every(isCurve)) {
  say(HELP);
  process.exit(values.help ? 0 : 2);
}
process.once("SIGINT", () => void cleanUpAll().finally(() => process.exit(130)));
await runGrowth({
  curves: positionals.filter(isCurve),
  statistics: values.stale ? "stale" : "fresh",
  quick: values.quick,
  write: values.write,
  say,
});
await cleanUpAll();
