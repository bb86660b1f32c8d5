import { email } from "../../protocol/text.ts";

/** The command line is wrong. The text says how to write it. */
export class UsageError extends Error {}

interface Command {
  /** The arguments, as `--help` shows them. */
  usage: string;
  doc: string[];
  arguments: string[];
  options: string[];
}

/** Every command. `--help` and the parser of the command line are made from this table. */
export const COMMANDS = {
  serve: { usage: "", doc: ["Run the server (default)."], arguments: [], options: ["port"] },
  migrate: { usage: "", doc: ["Bring the database's tables up to date."], arguments: [], options: [] },
  createsuperuser: {
    usage: "",
    doc: [
      "Make a superuser. Asks for everything that --email, --first-name, --last-name and SUPERUSER_PASSWORD do not give.",
      "--promote makes an existing account a superuser, sets its password and ends its sessions.",
    ],
    arguments: [],
    options: ["email", "first-name", "last-name", "promote"],
  },
  setpassword: {
    usage: "EMAIL",
    doc: ["Set an account's password and end its sessions. Asks twice, or reads one line with --password-stdin."],
    arguments: ["EMAIL"],
    options: ["password-stdin"],
  },
  invite: {
    usage: "",
    doc: ["Print a link with which people register. --uses N: at most N people. --days N: valid for N days (7)."],
    arguments: [],
    options: ["uses", "days"],
  },
  "user list": {
    usage: "",
    doc: ["List users, newest first. --search TEXT: only names and e-mails with it. --json: one object per line."],
    arguments: [],
    options: ["search", "json"],
  },
  "user deactivate": {
    usage: "EMAIL",
    doc: ["Sign a user out everywhere and refuse further sign-ins. Their messages stay."],
    arguments: ["EMAIL"],
    options: [],
  },
  "user reactivate": {
    usage: "EMAIL",
    doc: ["Let a deactivated user sign in again."],
    arguments: ["EMAIL"],
    options: [],
  },
  backup: {
    usage: "FILE",
    doc: [
      "Write everything to one file, with or without a running server. - is standard output.",
      "--force overwrites an existing file. --files FOLDER: copy the bytes of files there that it does not have.",
    ],
    arguments: ["FILE"],
    options: ["force", "files"],
  },
  restore: {
    usage: "FILE",
    doc: [
      "Put a backup into an empty database. --replace deletes the present content first, also beside a running",
      "server. --check only checks that the file is whole. --files FOLDER has the bytes of files.",
    ],
    arguments: ["FILE"],
    options: ["replace", "check", "files"],
  },
  reindex: {
    usage: "",
    doc: [
      "Write the index of the search anew, with or without a running server, which goes on serving. A run that was",
      "stopped goes on where it was.",
    ],
    arguments: [],
    options: [],
  },
  "files check": {
    usage: "",
    doc: [
      "Compare the store of files with the database. --repair removes bytes that belong to no file.",
      "Beside a running server it needs PostgreSQL.",
    ],
    arguments: [],
    options: ["repair"],
  },
  healthcheck: {
    usage: "",
    doc: ["Ask a running server whether it is ready. Exit code 0: it is."],
    arguments: [],
    options: ["port"],
  },
} as const satisfies Record<string, Command>;
export type CommandName = keyof typeof COMMANDS;

/** Options that every command takes. */
const COMMON = ["help", "version", "env-file"];
const NAMES = Object.keys(COMMANDS) as CommandName[];

export function describeCommands(): string {
  const width = Math.max(...NAMES.map((name) => name.length + COMMANDS[name].usage.length + 1));
  return NAMES.map((name) => {
    const { usage, doc } = COMMANDS[name];
    const [first, ...more] = doc;
    const indent = " ".repeat(width + 4);
    return [`  ${`${name} ${usage}`.padEnd(width)}  ${first}`, ...more.map((line) => indent + line)].join("\n");
  }).join("\n");
}

/**
 * The command that the words name, and its arguments.
 * @param options the names of those that were given
 */
export function commandOf(words: string[], options: string[]): { name: CommandName; args: string[] } {
  const [first = "serve", second = ""] = words;
  const name = NAMES.find((name) => name === first || name === `${first} ${second}`);
  if (!name) throw new UsageError(unknownCommand(first));
  const args = words.slice(name.split(" ").length);
  const wanted = COMMANDS[name].arguments;
  const missing = wanted[args.length];
  if (missing !== undefined)
    throw new UsageError(`${name} needs ${named(missing)}: confab ${name} ${wanted.join(" ")}`);
  if (args.length > wanted.length) throw new UsageError(`Unexpected argument: ${args.slice(wanted.length).join(" ")}`);
  const known: readonly string[] = COMMANDS[name].options;
  const strange = options.find((option) => !known.includes(option) && !COMMON.includes(option));
  if (strange !== undefined) throw new UsageError(`--${strange} is no option of ${name}. ${itsOptions(name)}`);
  return { name, args };
}

const unknownCommand = (first: string) =>
  ({
    user: "user needs one of: user list, user deactivate EMAIL, user reactivate EMAIL",
    files: "files needs: files check",
  })[first] ?? `Unknown command: ${first}`;

const named = (argument: string) => (argument === "FILE" ? "a file" : "an e-mail address");

function itsOptions(name: CommandName): string {
  const { options } = COMMANDS[name];
  return options.length === 0 ? "It has none." : `It takes ${options.map((option) => `--${option}`).join(", ")}.`;
}

/** The error for an option that no command has. People also try settings as options, so it explains those. */
export function unknownOption(option: string, settings: readonly string[]): UsageError {
  const setting = option.replace(/^-+/, "").replaceAll("-", "_").toUpperCase();
  const hint = settings.includes(setting)
    ? ` ${setting} is a setting: confab reads it from the environment, as in ${setting}=… confab serve`
    : "";
  return new UsageError(`Unknown option: ${option}.${hint}`);
}

export function parseEmail(text: string): string {
  const parsed = email.safeParse(text);
  if (!parsed.success) throw new UsageError(`${JSON.stringify(text)} is no e-mail address like ann@example.com`);
  return parsed.data;
}

export function parseWhole(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < min || value > max)
    throw new UsageError(`${option} must be a whole number from ${min} to ${max}`);
  return value;
}
