import { z } from "zod";
import { namesBy } from "../../protocol/names.ts";
import { password } from "../../protocol/passwords.ts";
import { email } from "../../protocol/text.ts";
import type { Config } from "../config.ts";
import { existingAccount } from "../node/control/accounts.ts";
import { printReply, runOnAccounts } from "./account-commands.ts";
import { askFor, askForPassword } from "./prompt.ts";

/** The variable with the password, for a command without a terminal. */
export const PASSWORD_VARIABLE = "SUPERUSER_PASSWORD";

const SOURCES: Record<string, string> = {
  email: "E-mail (--email)",
  first_name: "First name (--first-name)",
  last_name: "Last name (--last-name)",
  password: `Password (${PASSWORD_VARIABLE})`,
};
const wantedBy = (names: ReturnType<typeof namesBy>) => z.object({ email, password, ...names });

export interface SuperuserOptions {
  email?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
  password?: string | undefined;
  /** Whether an existing account may become a superuser. */
  promote: boolean;
}

/**
 * Makes a new superuser. With `promote` an existing account becomes a superuser. Asks on a terminal for the options
 * that are missing.
 */
export async function createSuperuser(config: Config, options: SuperuserOptions): Promise<number> {
  const { promote, firstName: first_name, lastName: last_name } = options;
  const given = { email: options.email, first_name, last_name, password: options.password || undefined };
  const isAsking = process.stdin.isTTY;
  const names = namesBy(config.NAMES);
  const faults = faultsIn(given, wantedBy(names), { isAsking, promote });
  if (faults.length > 0) {
    for (const fault of faults) process.stderr.write(`confab: ${fault}\n`);
    return 1;
  }

  const address = given.email === undefined ? await askFor("E-mail", email) : email.parse(given.email);
  const { ok, text, found } = await runOnAccounts(config, { do: "find", email: address });
  if (!ok) return printReply({ ok, text });
  if (found && !promote) return printReply({ ok: false, text: existingAccount(address) });
  const passwordOf = () => (given.password === undefined ? askForPassword(password) : given.password);
  if (found)
    return printReply(await runOnAccounts(config, { do: "promote", email: address, password: await passwordOf() }));

  if (!isAsking && (first_name === undefined || last_name === undefined))
    return printReply({
      ok: false,
      text: `There is no account ${address} to promote. To make one, add --first-name and --last-name.`,
    });
  const body = {
    email: address,
    first_name: first_name ?? (await askFor("First name", names.first_name)),
    last_name: last_name ?? (await askFor("Last name", names.last_name)),
    password: await passwordOf(),
  };
  return printReply(await runOnAccounts(config, { do: "create_superuser", ...body }));
}

/** Lists all faults of the given options, before anything is asked. On a terminal, missing options are no fault. */
function faultsIn(
  given: Record<string, string | undefined>,
  wanted: ReturnType<typeof wantedBy>,
  { isAsking, promote }: { isAsking: boolean; promote: boolean },
) {
  const all = promote ? wanted.partial({ first_name: true, last_name: true }) : wanted;
  const result = (isAsking ? wanted.partial() : all).safeParse(given);
  return (result.error?.issues ?? []).map(({ path, message }) => `${SOURCES[String(path[0])]}: ${message}`);
}
