import type { Config } from "../config.ts";
import { INVITE } from "../node/control/accounts.ts";
import { printReply, runOnAccounts } from "./account-commands.ts";
import { parseWhole } from "./commands.ts";

/** Prints a link by which people register. */
export async function invite(config: Config, options: { uses?: string | undefined; days?: string | undefined }) {
  const uses = options.uses === undefined ? null : parseWhole("--uses", options.uses, INVITE.uses);
  const days = options.days === undefined ? INVITE.days.default : parseWhole("--days", options.days, INVITE.days);
  return printReply(await runOnAccounts(config, { do: "invite", uses, days }));
}
