import type { Config } from "../config.ts";
import { openDriver } from "../node/drivers.ts";
import { stderrLogger } from "./stderr-logger.ts";

/** Brings the database's tables up to date, whatever AUTO_MIGRATE says. */
export async function migrate(config: Config): Promise<number> {
  const driver = await openDriver(config, stderrLogger);
  try {
    await driver.migrate(true);
  } finally {
    await driver.close();
  }
  process.stdout.write("The database is up to date.\n");
  return 0;
}
