import type { Config } from "../config.ts";
import { INVITE } from "../node/control/accounts.ts";
import { onAccounts, tell } from "./accounts.ts";
import { wholeOf } from "./usage.ts";

/** Prints a link by which people register. */
export async function invite(config: Config, options: { uses?: string | undefined; days?: string | undefined }) {
  const uses = options.uses === undefined ? null : wholeOf("--uses", options.uses, INVITE.uses);
  const days = options.days === undefined ? INVITE.days.default : wholeOf("--days", options.days, INVITE.days);
  return tell(await onAccounts(config, { do: "invite", uses, days }));
}
