import { parseArgs } from "node:util";
import { cleanUpAll } from "../../support/cleanup.ts";
import { findPlanted } from "./find-planted.ts";
import type { Planted } from "./plant.ts";
import { planted } from "./planted.ts";
import { exitCodes, lineOf, tableOf, totalOf, type Verdict, verdictsOf } from "./report.ts";
import { type RunResult, run } from "./run.ts";

const HELP = `bun run faults [-- options]

Lets people chat while nodes, PostgreSQL, Redis and the network fail, and checks every guarantee.

  --minutes N   how long people chat, over all seeds (1); on a slow machine, or a busy one, it takes longer
  --seeds N     how many runs, each with a seed of its own (3)
  --seed N      the first seed (1); with --seeds 1 it repeats one run
  --table       also tells how often each fault struck, and what became of the sends meanwhile
  --planted P   instead, looks for the planted bugs whose names include P; "" is all of them, some minutes each

It exits with ${exitCodes.held} when every guarantee held, with ${exitCodes.violated} when one was violated, and with ${exitCodes["too little evidence"]} when none was, but a run
did too little to prove anything.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seeds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    table: { type: "boolean", default: false },
    planted: { type: "string" },
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

for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => void cleanUpAll().finally(() => process.exit(130)));

if (values.planted !== undefined) await findAll(values.planted);

const results: RunResult[] = [];
const verdicts: { seed: number; verdict: Verdict }[] = [];
for (let seed = first; seed < first + seeds; seed++) {
  try {
    const result = await run({ seed, seconds: (minutes * 60) / seeds });
    results.push(result);
    verdicts.push(result);
    say(lineOf(result));
    for (const { check, text } of result.violations) say(`    ${check}: ${text}`);
    if (result.verdict === "too little evidence") for (const text of result.lacks) say(`    ${text}`);
  } catch (error) {
    // A run that does not finish on a working machine counts as the server's fault until somebody shows otherwise.
    verdicts.push({ seed, verdict: "violated" });
    say(
      `seed ${String(seed).padStart(3)}  violated             it did not come to its end: ${error instanceof Error ? error.message : error}`,
    );
  }
}
if (values.table) say(`\n${tableOf(results)}`);
say(`\n${totalOf(results)}\n${verdictsOf(verdicts)}`);
await cleanUpAll();
const found = (verdict: Verdict) => verdicts.some((run) => run.verdict === verdict);
process.exit(exitCodes[found("violated") ? "violated" : found("too little evidence") ? "too little evidence" : "held"]);

/** Looks for planted bugs, one after the other. Ends the program: the checker is at fault when it misses one. */
async function findAll(part: string): Promise<never> {
  const chosen = Object.entries<Planted>(planted).filter(([name]) => name.includes(part));
  if (chosen.length === 0) say(`No planted bug has "${part}" in its name.`);
  let missed = chosen.length === 0 ? 1 : 0;
  for (const [name, bug] of chosen) {
    const began = performance.now();
    const fault = await findPlanted(bug).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (fault !== undefined) missed++;
    const seconds = Math.round((performance.now() - began) / 1_000);
    say(
      `${fault === undefined ? "found " : "missed"} ${String(seconds).padStart(4)} s  ${name}${fault ? `: ${fault}` : ""}`,
    );
  }
  await cleanUpAll();
  process.exit(missed === 0 ? 0 : 1);
}
