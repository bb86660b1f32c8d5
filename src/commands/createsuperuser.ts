import { existsSync } from "node:fs";
import { join } from "node:path";
import { openDriver, storesOn, usersOn } from "../compose.ts";
import type { Config } from "../config.ts";
import {
  askForSuperuser,
  CONTROL_SOCKET,
  type ControlReply,
  makeSuperuser,
  type SuperuserBody,
  superuserBody,
} from "../control.ts";
import { InProcessExchange } from "../stores/embedded/bus.ts";
import { FolderLockError } from "../stores/embedded/folder-lock.ts";
import { Database } from "../stores/postgres/database.ts";
import { ask, askHidden } from "./ask.ts";
import { stderrLogger } from "./stderr-logger.ts";

/** Where the password comes from when nobody can be asked. */
export const PASSWORD_VARIABLE = "SUPERUSER_PASSWORD";

const FIELDS: Record<keyof SuperuserBody, [question: string, source: string]> = {
  email: ["E-mail", "(--email)"],
  first_name: ["First name", "(--first-name)"],
  last_name: ["Last name", "(--last-name)"],
  password: ["Password", `(${PASSWORD_VARIABLE})`],
};

export interface SuperuserOptions {
  email?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
}

/** Makes a superuser, or makes an existing user one. Works beside a running server and without one. */
export async function createSuperuser(
  config: Config,
  options: SuperuserOptions,
  password: string | undefined,
): Promise<number> {
  const asked = await complete(options, password);
  const body = superuserBody(config.NAMES).safeParse(asked);
  if (!body.success) {
    for (const { path, message } of body.error.issues)
      process.stderr.write(`confab: ${described(path[0])}: ${message}\n`);
    return 1;
  }
  const reply = await run(config, body.data);
  (reply.ok ? process.stdout : process.stderr).write(`${reply.ok ? "" : "confab: "}${reply.text}\n`);
  return reply.ok ? 0 : 1;
}

/** By what it is asked for, and by what it is given. */
const described = (field: PropertyKey | undefined) =>
  Object.entries(FIELDS)
    .find(([name]) => name === field)?.[1]
    .join(" ") ?? String(field);

/** Asks on a terminal for what was not given. */
async function complete(options: SuperuserOptions, password: string | undefined) {
  const interactive = process.stdin.isTTY;
  const given = async (value: string | undefined, [question]: [string, string]) =>
    value ?? (interactive ? await ask(`${question}: `) : undefined);
  return {
    email: await given(options.email, FIELDS.email),
    first_name: await given(options.firstName, FIELDS.first_name),
    last_name: await given(options.lastName, FIELDS.last_name),
    password: password || (interactive ? await askHidden(`${FIELDS.password[0]}: `) : undefined),
  };
}

async function run(config: Config, body: SuperuserBody): Promise<ControlReply> {
  try {
    return await runOnDatabase(config, body);
  } catch (error) {
    // Embedded, with a server on the folder: that server does it.
    const unix = join(config.DATA_DIR, CONTROL_SOCKET);
    if (!(error instanceof FolderLockError) || !existsSync(unix)) throw error;
    return askForSuperuser(unix, body);
  }
}

async function runOnDatabase(config: Config, body: SuperuserBody): Promise<ControlReply> {
  const driver = await openDriver(config, stderrLogger);
  try {
    await driver.migrate(config.AUTO_MIGRATE === "on");
    const users = usersOn(storesOn(new Database(driver)), new InProcessExchange().connect());
    return await makeSuperuser(users, body);
  } finally {
    await driver.close();
  }
}
