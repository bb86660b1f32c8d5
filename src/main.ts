import { readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { version } from "../package.json";
import { backup } from "./commands/backup.ts";
import { createSuperuser, PASSWORD_VARIABLE } from "./commands/createsuperuser.ts";
import { healthcheck } from "./commands/healthcheck.ts";
import { migrate } from "./commands/migrate.ts";
import { restore } from "./commands/restore.ts";
import { serve } from "./commands/serve.ts";
import { ConfigError, describeSettings, readConfig } from "./config.ts";
import { Fatal } from "./fatal.ts";

const HELP = `Confab ${version}: real-time chat for people who run it themselves.

Usage: confab [command] [options]

Commands
  serve            Run the server (default).
  migrate          Bring the database's tables up to date.
  createsuperuser  Make a superuser, or make an existing user one. Works beside a running server.
                   Asks, or takes --email, --first-name, --last-name and the password from ${PASSWORD_VARIABLE}.
  backup FILE      Write everything to one file, beside a running server or without one. - is standard output.
                   --force overwrites a file that is there.
  restore FILE     Put a backup into an empty database. --replace throws away what is in it first, also beside a
                   running server. --check only looks whether the file is whole.
  healthcheck      Ask a running server whether it is ready; exit code 0 when it is.

Options
  --env-file FILE  Read settings from a file; those of the environment win. No file is read unasked.
  --help           Show this.
  --version        Show the version.

Settings, from the environment, with their (defaults)
${describeSettings()}
`;

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  "env-file": { type: "string" },
  email: { type: "string" },
  "first-name": { type: "string" },
  "last-name": { type: "string" },
  force: { type: "boolean" },
  replace: { type: "boolean" },
  check: { type: "boolean" },
} as const;

/** Logs and data are not for other users of the machine. */
const UMASK = 0o027;

async function main(fatal: Fatal): Promise<number> {
  process.umask(UMASK);
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help) return say(HELP);
  if (values.version) return say(`${version}\n`);
  const [command = "serve", ...rest] = positionals;
  const takesFile = command === "backup" || command === "restore";
  const [file] = takesFile ? rest.splice(0, 1) : [];
  if (rest.length > 0) throw new UsageError(`Unexpected argument: ${rest.join(" ")}`);
  if (takesFile && !file) throw new UsageError(`${command} needs a file: confab ${command} FILE`);
  const environment = { ...fileEnvironment(values["env-file"]), ...process.env };
  switch (command) {
    case "serve":
      return serve(readConfig(environment), fatal);
    case "migrate":
      return migrate(readConfig(environment));
    case "createsuperuser": {
      const { email, "first-name": firstName, "last-name": lastName } = values;
      return createSuperuser(readConfig(environment), { email, firstName, lastName }, environment[PASSWORD_VARIABLE]);
    }
    case "backup":
      return backup(readConfig(environment), file ?? "", values.force === true);
    case "restore":
      return restore(readConfig(environment), file ?? "", {
        replace: values.replace === true,
        check: values.check === true,
      });
    case "healthcheck":
      return healthcheck(readConfig(environment));
    default:
      throw new UsageError(`Unknown command: ${command}`);
  }
}

class UsageError extends Error {}

function fileEnvironment(file: string | undefined): NodeJS.Dict<string> {
  if (file === undefined) return {};
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`Can't read --env-file ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** 2: the command line or the settings are wrong. 1: what was asked failed. */
function explain(error: unknown): number {
  const isParseError = error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`confab: ${text}\n`);
  if (error instanceof UsageError || isParseError) process.stderr.write("Try: confab --help\n");
  return error instanceof UsageError || error instanceof ConfigError || isParseError ? 2 : 1;
}

/** `confab … | head`: the reader may leave. Nothing that is written here is worth an uncaught error. */
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// Whatever ends this process without an answer of `main`, it has not done what was asked.
process.exitCode = 1;
process.once("beforeExit", () => process.stderr.write("confab: ended before it was done\n"));

// Not awaited here: while a top-level await is pending, Bun 1.4.5 neither ends on an uncaught error nor answers.
void main(new Fatal())
  .catch(explain)
  .then((code) => process.exit(code));
