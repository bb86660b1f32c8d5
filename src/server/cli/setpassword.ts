import { password } from "../../protocol/passwords.ts";
import type { Config } from "../config.ts";
import { printReply, runOnAccounts } from "./account-commands.ts";
import { parseEmail, UsageError } from "./commands.ts";
import { askForPassword } from "./prompt.ts";

/** Sets the password of an account and ends its sessions. It also lets the last admin back in. */
export async function setPassword(config: Config, address: string, fromStdin: boolean): Promise<number> {
  const email = parseEmail(address);
  if (!fromStdin && !process.stdin.isTTY)
    throw new UsageError("Nobody can be asked for the password here. Pipe it in with --password-stdin.");
  if (!fromStdin) {
    // The account is looked up first, so that nobody types a password for nothing.
    const { ok, text, found } = await runOnAccounts(config, { do: "find", email });
    if (!ok || !found)
      return printReply({ ok: false, text: ok ? `There is no account with the e-mail ${email}.` : text });
  }
  const given = password.safeParse(fromStdin ? await firstLine() : await askForPassword(password));
  if (!given.success)
    return printReply({ ok: false, text: given.error.issues.map(({ message }) => message).join(" ") });
  return printReply(await runOnAccounts(config, { do: "set_password", email, password: given.data }));
}

/** `echo` and `cat` end the input with a line break, which is no part of a password. */
const firstLine = async () => (await Bun.stdin.text()).split(/\r?\n/)[0] ?? "";
