import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Scenario } from "./scenario.ts";

export interface Options {
  scenarios: Scenario[];
  rounds: number;
  seconds: number;
  warmUpSeconds: number;
  /** Seconds to wait at most until other programs leave the machine alone. */
  patience: number;
  write: boolean;
  /** Another checkout of Confab, or a binary, to measure beside this one instead of the bare server. */
  against: string | undefined;
  /** The bare server commits each message. */
  durable: boolean;
}

/** The scenarios that the durable bare server can do. */
const DURABLE = ["dms", "fanout"];

/** Something on the command line can't be; the text says what. */
export class UsageError extends Error {}

export function helpOf(all: readonly Scenario[]): string {
  const lines = all.map(({ name, title, about }) => `  ${name.padEnd(10)} ${title}: ${about}`);
  return `bun run bench [-- scenarios and options]

Measures this Confab beside a bare server that does the least a chat server can, in turn, and checks every delivery.
With --against it measures this checkout beside another Confab, which shows what a change costs.
It starts PostgreSQL, Redis and all servers itself. Without names it measures all:

${lines.join("\n")}

  --rounds N    how often each side is measured (3)
  --seconds N   how long each time (4)
  --quick       one round of a second, in a minute or two: for a first look
  --write       put the figures into docs/performance.md
  --against PATH  measure beside another Confab: a binary of a release, or a folder with a checkout
                in which "bun install" has run (--base is the same)
  --durable     the bare server commits each message to PostgreSQL: the least that a server does which loses none
`;
}

/** @throws UsageError */
export function readOptions(args: string[], all: readonly Scenario[]): Options | "help" {
  const { values, positionals } = parse(args);
  if (values.help) return "help";
  const known = [...new Set(all.map(({ name }) => name))];
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new UsageError(`No scenario ${unknown.join(", ")}: there are ${known.join(", ")}.`);
  if (values.quick && values.write) throw new UsageError("--quick is too rough for --write.");
  const against = values.against ?? values.base;
  if (against !== undefined && values.write)
    throw new UsageError("--write keeps figures beside the bare server: leave --against out.");
  if (against !== undefined && !isBinary(against) && !existsSync(join(against, "node_modules")))
    throw new UsageError(
      `--against ${against} must be a binary of Confab, or a checkout in which "bun install" has run.`,
    );
  if (values.durable && (values.write || against !== undefined))
    throw new UsageError("--durable shows another bare server: leave --write and --against out.");
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  const seconds = Number(values.seconds ?? (values.quick ? 1 : 4));
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError("--rounds must be a whole number above 0.");
  if (!Number.isInteger(seconds) || seconds < 1) throw new UsageError("--seconds must be a whole number above 0.");
  const names = positionals.length === 0 && values.durable ? DURABLE : positionals;
  if (values.durable && names.some((name) => !DURABLE.includes(name)))
    throw new UsageError(`--durable measures ${DURABLE.join(" and ")}.`);
  const scenarios = all.filter(({ name }) => names.length === 0 || names.includes(name));
  return {
    scenarios,
    rounds,
    seconds,
    warmUpSeconds: values.quick ? 0.5 : 1,
    patience: values.quick ? 0 : 6,
    write: values.write,
    against: against === undefined ? undefined : resolve(against),
    durable: values.durable,
  };
}

/** Whether a path is a program, and no folder. */
export const isBinary = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        seconds: { type: "string" },
        quick: { type: "boolean", default: false },
        write: { type: "boolean", default: false },
        against: { type: "string" },
        base: { type: "string" },
        durable: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
