import { readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { version } from "../../package.json";
import { commandOf, describeCommands, UsageError, unknownOption } from "./cli/commands.ts";
import { ConfigError, readConfig } from "./config.ts";
import { Fatal } from "./node/fatal.ts";
import { describeSettings, settings } from "./settings.ts";

const HELP = `Confab ${version}: real-time chat for people who run it themselves.

Usage: confab [command] [options]

Commands
${describeCommands()}

The commands for people and the backup work beside a running server and without one.
On a fresh server, serve prints the address to open and a set-up code. The account that is made with the code becomes
the admin of the server.

Options
  --env-file FILE  Read settings from a file; those of the environment win. No file is read unasked.
  --port PORT      The same as PORT in the environment, and wins over it.
  --help           Show this.
  --version        Show the version.

Settings, from the environment, with their (defaults)
${describeSettings()}
`;

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  "env-file": { type: "string" },
  port: { type: "string" },
  email: { type: "string" },
  "first-name": { type: "string" },
  "last-name": { type: "string" },
  promote: { type: "boolean" },
  "password-stdin": { type: "boolean" },
  uses: { type: "string" },
  days: { type: "string" },
  search: { type: "string" },
  json: { type: "boolean" },
  force: { type: "boolean" },
  replace: { type: "boolean" },
  check: { type: "boolean" },
  repair: { type: "boolean" },
  files: { type: "string" },
} as const;

/** Logs and data are not for other users of the machine. */
const UMASK = 0o027;

async function main(fatal: Fatal): Promise<number> {
  process.umask(UMASK);
  const { values, positionals } = parseCommandLine();
  if (values.help) return say(HELP);
  if (values.version) return say(`${version}\n`);
  const { name, args } = commandOf(positionals, Object.keys(values));
  const [argument = ""] = args;
  const environment = { ...fileEnvironment(values["env-file"]), ...process.env };
  if (values.port !== undefined) environment["PORT"] = portOf(values.port);
  const config = readConfig(environment);
  // Each command loads its own modules alone: most need no server, and a server needs no backup.
  switch (name) {
    case "serve":
      return (await import("./cli/serve.ts")).serve(config, fatal);
    case "migrate":
      return (await import("./cli/migrate.ts")).migrate(config);
    case "createsuperuser": {
      const { email, "first-name": firstName, "last-name": lastName, promote = false } = values;
      const { createSuperuser, PASSWORD_VARIABLE } = await import("./cli/createsuperuser.ts");
      const password = environment[PASSWORD_VARIABLE];
      return createSuperuser(config, { email, firstName, lastName, promote, password });
    }
    case "setpassword":
      return (await import("./cli/setpassword.ts")).setPassword(config, argument, values["password-stdin"] === true);
    case "invite":
      return (await import("./cli/invite.ts")).invite(config, values);
    case "user list":
      return (await import("./cli/user.ts")).listUsers(config, { search: values.search, json: values.json === true });
    case "user deactivate":
      return (await import("./cli/user.ts")).setUserActive(config, argument, false);
    case "user reactivate":
      return (await import("./cli/user.ts")).setUserActive(config, argument, true);
    case "backup":
      return (await import("./cli/backup.ts")).backup(config, argument, {
        force: values.force === true,
        files: values.files,
      });
    case "restore":
      return (await import("./cli/restore.ts")).restore(config, argument, {
        replace: values.replace === true,
        check: values.check === true,
        files: values.files,
      });
    case "reindex":
      return (await import("./cli/reindex.ts")).reindex(config);
    case "files check":
      return (await import("./cli/files.ts")).filesCheck(config, values.repair === true);
    case "healthcheck":
      return (await import("./cli/healthcheck.ts")).healthcheck(config);
  }
}

/** Replaces Node's own texts about options, which explain arguments that begin with a dash. */
function parseCommandLine() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const text = error instanceof Error ? error.message : "";
    const [, unknown] = /^Unknown option '([^']+)'/.exec(text) ?? [];
    if (unknown !== undefined) throw unknownOption(unknown, Object.keys(settings));
    const [, empty] = /^Option '(--[\w-]+)(?: <value>)?' argument (?:is ambiguous|missing)/.exec(text) ?? [];
    if (empty === undefined) throw error;
    throw empty === "--port" ? portFault() : new UsageError(`${empty} needs a value, as in ${empty}=VALUE`);
  }
}

const portFault = () => new UsageError("--port must be a whole number from 0 to 65535, as in --port 8000");

function portOf(text: string): string {
  const port = settings.PORT.schema.safeParse(text);
  if (!port.success) throw portFault();
  return text;
}

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

/** Returns 2 if the command line or the settings are wrong, 1 if the command failed. */
function explain(error: unknown): number {
  const isParseError = error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`confab: ${text}\n`);
  if (error instanceof UsageError || isParseError) process.stderr.write("Try: confab --help\n");
  return error instanceof UsageError || error instanceof ConfigError || isParseError ? 2 : 1;
}

/** The reader may close the pipe, as in `confab … | head`. A lost output must not end in an uncaught error. */
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// If this process ends before `main` has answered, the command is not done.
process.exitCode = 1;
process.once("beforeExit", () => process.stderr.write("confab: ended before it was done\n"));

// `main` is not awaited: while a top-level await is pending, Bun 1.4.5 neither ends on an uncaught error nor answers.
void main(new Fatal())
  .catch(explain)
  .then((code) => process.exit(code));
