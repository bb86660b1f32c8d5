import type { Logger } from "../base/logger.ts";
import type { Config } from "../config.ts";
import { searchFollower } from "../features/search/follower.ts";
import { Reindexing } from "../features/search/reindexing.ts";
import { openStems } from "../features/search/stems.ts";
import type { MessageLog } from "../log/log.ts";
import type { Database } from "../platform/postgres/database.ts";

/** The rebuilding of the index, with the stems of the settings. */
export async function openReindexing(
  { SEARCH_LANGUAGES: languages }: Pick<Config, "SEARCH_LANGUAGES">,
  database: Database,
  log: MessageLog,
  logger: Logger,
): Promise<Reindexing> {
  return new Reindexing(
    database,
    searchFollower(database.pieceRows, await openStems(languages)),
    log,
    logger,
    languages,
  );
}

/** Tells the operator when the index has the stems of other languages than SEARCH_LANGUAGES names. Never rejects. */
export async function warnOfOldStems(reindexing: Pick<Reindexing, "isOutdated">, logger: Logger): Promise<void> {
  try {
    if (await reindexing.isOutdated())
      logger.warn({}, "SEARCH_LANGUAGES has changed. Run confab reindex, so that older messages are found by it.");
  } catch (error) {
    logger.debug({ err: error }, "the languages of the index are not known");
  }
}
