import { password } from "../../protocol/passwords.ts";
import type { Config } from "../config.ts";
import { onAccounts, tell } from "./accounts.ts";
import { askForPassword } from "./ask.ts";
import { emailOf, UsageError } from "./usage.ts";

/** Sets the password of an account and ends its sessions: also the way back in for the last admin. */
export async function setPassword(config: Config, address: string, fromStdin: boolean): Promise<number> {
  const email = emailOf(address);
  if (!fromStdin && !process.stdin.isTTY)
    throw new UsageError("Nobody can be asked for the password here. Pipe it in with --password-stdin.");
  if (!fromStdin) {
    // Before somebody types a password for nothing.
    const { ok, text, found } = await onAccounts(config, { do: "find", email });
    if (!ok || !found) return tell({ ok: false, text: ok ? `There is no account with the e-mail ${email}.` : text });
  }
  const given = password.safeParse(fromStdin ? await firstLine() : await askForPassword(password));
  if (!given.success) return tell({ ok: false, text: given.error.issues.map(({ message }) => message).join(" ") });
  return tell(await onAccounts(config, { do: "set_password", email, password: given.data }));
}

/** `echo` and `cat` end it with a line break, which is no part of a password. */
const firstLine = async () => (await Bun.stdin.text()).split(/\r?\n/)[0] ?? "";
