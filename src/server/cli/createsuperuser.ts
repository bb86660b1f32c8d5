import { z } from "zod";
import { namesBy } from "../../protocol/names.ts";
import { password } from "../../protocol/passwords.ts";
import { email } from "../../protocol/text.ts";
import type { Config } from "../config.ts";
import { existing } from "../node/control/accounts.ts";
import { onAccounts, tell } from "./accounts.ts";
import { askFor, askForPassword } from "./ask.ts";

/** Where the password comes from when nobody can be asked. */
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
  /** Whether an account that is there may become one. */
  promote: boolean;
}

/** Makes a superuser, or with `promote` makes an existing account one. Asks on a terminal for what was not given. */
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
  const { ok, text, found } = await onAccounts(config, { do: "find", email: address });
  if (!ok) return tell({ ok, text });
  if (found && !promote) return tell({ ok: false, text: existing(address) });
  const passwordOf = () => (given.password === undefined ? askForPassword(password) : given.password);
  if (found) return tell(await onAccounts(config, { do: "promote", email: address, password: await passwordOf() }));

  if (!isAsking && (first_name === undefined || last_name === undefined))
    return tell({
      ok: false,
      text: `There is no account ${address} to promote. To make one, add --first-name and --last-name.`,
    });
  const body = {
    email: address,
    first_name: first_name ?? (await askFor("First name", names.first_name)),
    last_name: last_name ?? (await askFor("Last name", names.last_name)),
    password: await passwordOf(),
  };
  return tell(await onAccounts(config, { do: "create_superuser", ...body }));
}

/** Everything that is wrong with what was given, before anything is asked. A terminal can ask for missing parts. */
function faultsIn(
  given: Record<string, string | undefined>,
  wanted: ReturnType<typeof wantedBy>,
  { isAsking, promote }: { isAsking: boolean; promote: boolean },
) {
  const all = promote ? wanted.partial({ first_name: true, last_name: true }) : wanted;
  const result = (isAsking ? wanted.partial() : all).safeParse(given);
  return (result.error?.issues ?? []).map(({ path, message }) => `${SOURCES[String(path[0])]}: ${message}`);
}
