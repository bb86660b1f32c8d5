import { type AdminUser, LISTED_MOST } from "../../protocol/admin.ts";
import { search as searchSchema } from "../../protocol/users.ts";
import type { Config } from "../config.ts";
import { LIST_PAGE } from "../node/control/accounts.ts";
import { printReply, runOnAccounts } from "./account-commands.ts";
import { parseEmail, UsageError } from "./commands.ts";

const COLUMNS = ["ID", "E-MAIL", "NAME", "ROLE", "LAST LOGIN"];

/** Lists users, newest first. @param options.json one object per line */
export async function listUsers(config: Config, options: { search?: string | undefined; json: boolean }) {
  const search = searchSchema.safeParse(options.search ?? "");
  if (!search.success) throw new UsageError(`--search: ${search.error.issues.map(({ message }) => message).join(" ")}`);
  const users: AdminUser[] = [];
  let isCut = false;
  while (users.length < LISTED_MOST) {
    const reply = await runOnAccounts(config, { do: "list", search: search.data, offset: users.length });
    if (!reply.ok) return printReply(reply);
    const page = reply.users ?? [];
    users.push(...page);
    isCut = reply.is_cut ?? false;
    if (page.length < LIST_PAGE) break;
  }
  const lines = options.json ? users.map((user) => JSON.stringify(user)) : table([COLUMNS, ...users.map(rowOf)]);
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  if (isCut) process.stderr.write("There are more. Narrow the list with --search.\n");
  return 0;
}

/** Deactivates or reactivates a user. A deactivated user is signed out everywhere; their messages stay. */
export async function setUserActive(config: Config, address: string, active: boolean) {
  return printReply(await runOnAccounts(config, { do: "set_active", email: parseEmail(address), active }));
}

const rowOf = ({ id, email, full_name, is_superuser, is_active, last_seen }: AdminUser) => [
  String(id),
  email,
  full_name,
  [is_superuser ? "superuser" : "member", ...(is_active ? [] : ["deactivated"])].join(", "),
  last_seen ?? "never",
];

function table(rows: string[][]): string[] {
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => Bun.stringWidth(row[i] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - Bun.stringWidth(cell)))
      .join("  ")
      .trimEnd(),
  );
}
