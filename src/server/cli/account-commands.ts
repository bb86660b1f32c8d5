import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { type AccountCommand, type AccountReply, accountCommand } from "../node/control/accounts.ts";
import { askForAccount } from "../node/control/client.ts";
import { CONTROL_SOCKET } from "../node/control/protocol.ts";
import { openDriver } from "../node/drivers.ts";
import { operatorOn } from "../node/operator-on-database.ts";
import { FolderLockError } from "../platform/pglite/folder-lock.ts";
import { stderrLogger } from "./stderr-logger.ts";

/** Carries out a command on accounts. If a server has the embedded database open, that server carries it out. */
export async function runOnAccounts(config: Config, command: AccountCommand): Promise<AccountReply> {
  try {
    return await onDatabase(config, command);
  } catch (error) {
    const unix = join(config.DATA_DIR, CONTROL_SOCKET);
    if (!(error instanceof FolderLockError) || !existsSync(unix)) throw error;
    return askForAccount(unix, command);
  }
}

async function onDatabase(config: Config, command: AccountCommand): Promise<AccountReply> {
  const driver = await openDriver(config, stderrLogger);
  try {
    await driver.migrate(config.AUTO_MIGRATE === "on");
    const operator = await operatorOn(config, driver, stderrLogger);
    return await operator.run(accountCommand.parse(command));
  } finally {
    await driver.close();
  }
}

/** Prints the answer to a command. Returns the exit code. */
export function printReply({ ok, text }: Pick<AccountReply, "ok" | "text">): number {
  (ok ? process.stdout : process.stderr).write(`${ok ? "" : "confab: "}${text}\n`);
  return ok ? 0 : 1;
}
