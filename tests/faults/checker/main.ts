import { parseArgs } from "node:util";
import { cleanUpAll } from "../../support/cleanup.ts";
import { lineOf, tableOf, totalOf } from "./report.ts";
import { type RunResult, run } from "./run.ts";

const HELP = `bun run faults [-- options]

Lets people chat while nodes, PostgreSQL, Redis and the network fail, and checks every guarantee.

  --minutes N   how long people chat, over all seeds (1)
  --seeds N     how many runs, each with a seed of its own (3)
  --seed N      the first seed (1); with --seeds 1 it repeats one run
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seeds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
const say = (text: string) => process.stdout.write(`${text}\n`);

if (values.help) {
  say(HELP);
  process.exit(0);
}
const [minutes, seeds, first] = [values.minutes, values.seeds, values.seed].map(Number);
if (
  !minutes ||
  !seeds ||
  first === undefined ||
  !(minutes > 0 && seeds > 0 && Number.isInteger(seeds) && Number.isInteger(first))
) {
  say(`--minutes must be a number above 0, --seeds and --seed whole numbers.\n\n${HELP}`);
  process.exit(2);
}

process.once("SIGINT", () => void cleanUpAll().finally(() => process.exit(130)));

const results: RunResult[] = [];
const violated: number[] = [];
for (let seed = first; seed < first + seeds; seed++) {
  try {
    const result = await run({ seed, seconds: (minutes * 60) / seeds });
    results.push(result);
    say(lineOf(result));
    if (result.violations.length > 0) violated.push(seed);
    for (const { check, text } of result.violations) say(`  ${check}: ${text}`);
  } catch (error) {
    violated.push(seed);
    say(`seed ${seed}: did not come to its end: ${error instanceof Error ? error.message : error}`);
  }
}
say(`\n${totalOf(results)}\n\n${tableOf(results)}`);
await cleanUpAll();
say(violated.length === 0 ? "\nEvery guarantee held." : `\nViolated with seeds ${violated.join(", ")}.`);
process.exit(violated.length === 0 ? 0 : 1);
