import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { postgresPrograms } from "../support/postgres.ts";
import { redisProgram } from "../support/redis.ts";

/** The machine and the programs of the measurement, a line each. */
export function machine(): string[] {
  const [{ model } = { model: "unknown" }] = cpus();
  const kernel = release().split(".").slice(0, 2).join(".");
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `${availableParallelism()} cores (${model.trim()}), ${memory} GB of memory, ${type()} ${kernel}; everything on this one machine, over loopback`,
    `Bun ${Bun.version}, ${versionOf(join(postgresPrograms() ?? "", "postgres"), "PostgreSQL")}, ${versionOf(redisProgram() ?? "", "Redis")}`,
  ];
}

/** The first number with a dot in what a program says of itself. */
const versionOf = (program: string, name: string) =>
  `${name} ${/\d+\.[\d.]+/.exec(Bun.spawnSync([program, "--version"]).stdout.toString())?.[0] ?? "of unknown version"}`;
