import { cleanUpAll } from "../support/cleanup.ts";
import { postgresPrograms } from "../support/postgres.ts";
import { redisProgram } from "../support/redis.ts";
import { compare } from "./compare.ts";
import { writeBlock } from "./document.ts";
import { machine } from "./machine.ts";
import { helpOf, type Options, readOptions, UsageError } from "./options.ts";
import { drawPlots } from "./plots.ts";
import { goalsTable, scenarioTable } from "./report.ts";
import { keepResults, type MeasuredSide } from "./results.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/all.ts";
import { besideBase } from "./scenarios/beside.ts";
import { Services } from "./systems.ts";

const say = (text: string) => process.stdout.write(`${text}\n`);

function optionsOrEnd(): Options {
  try {
    const options = readOptions(process.argv.slice(2), scenarios);
    if (options !== "help") return options;
    say(helpOf(scenarios));
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`${error.message}\n\n${helpOf(scenarios)}`);
    process.exit(2);
  }
}

const options = optionsOrEnd();
if (!postgresPrograms() || !redisProgram()) {
  say("PostgreSQL and Redis must be installed (Debian: postgresql redis-server; Homebrew: postgresql@17 redis).");
  process.exit(2);
}
if (process.platform !== "linux")
  say("CPU and memory are not measured: they are read from /proc, which only Linux has.");
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void cleanUpAll().finally(() => process.exit(130)));

const services = new Services(options.against, options.durable);
const measured: Record<string, MeasuredSide[]> = {};
const faulty: string[] = [];

async function measure(scenario: Scenario): Promise<void> {
  say(`\n${scenario.title}\n`);
  try {
    const { sides, faults } = await compare(scenario, services, options, say);
    say(scenarioTable(scenario, sides));
    for (const fault of faults) say(`FAIL ${fault}`);
    if (faults.length === 0) measured[scenario.title] = sides;
    else faulty.push(scenario.title);
  } catch (error) {
    say(`FAIL did not come to its end: ${error instanceof Error ? error.message : error}`);
    faulty.push(scenario.title);
  }
}

async function write(): Promise<void> {
  const results = await keepResults({ machine: machine(), scenarios: measured });
  const parts = scenarios.flatMap((scenario) => {
    const sides = results.scenarios[scenario.title];
    return sides ? [`### ${scenario.title}\n\n${scenario.about}\n\n${scenarioTable(scenario, sides)}`] : [];
  });
  const on = results.machine.map((line) => `- ${line}`).join("\n");
  const pictures = await drawPlots(results);
  await writeBlock("bench", [on, goalsTable(scenarios, results), pictures, ...parts].join("\n\n"));
}

say(machine().join("\n"));
for (const scenario of options.scenarios)
  await measure(options.against === undefined && !options.durable ? scenario : besideBase(scenario));
await cleanUpAll();
if (options.write) await write();
say(faulty.length === 0 ? "\nEvery message arrived once and in order." : `\nFailed: ${faulty.join(", ")}.`);
process.exit(faulty.length === 0 ? 0 : 1);
