import type { Logger } from "../base/logger.ts";
import type { Config } from "../config.ts";
import { findOrphans, type Orphans } from "../features/files/cleaning.ts";
import { FilesStore } from "../features/files/store.ts";
import { BlobFault } from "../platform/blobs/blobs.ts";
import { Database } from "../platform/postgres/database.ts";
import { openDriver } from "./drivers.ts";
import { blobsOf } from "./files.ts";

/** Bytes that are younger may belong to an upload in progress. */
const YOUNG_MS = 3_600_000;

/** Compares the store of files with the database, both ways. With `repair` it removes bytes that belong to no file. */
export async function checkFiles(config: Config, logger: Logger, repair: boolean): Promise<Orphans> {
  const driver = await openDriver(config, logger);
  try {
    await driver.migrate(false);
    const store = new FilesStore(new Database(driver));
    return await findOrphans(store, blobsOf(config), { repair, olderThanMs: YOUNG_MS });
  } catch (error) {
    // An operator needs the reason, which people who chat do not get.
    throw error instanceof BlobFault ? error.cause : error;
  } finally {
    await driver.close();
  }
}
