import type { Logger } from "../base/logger.ts";
import { previewsFollower } from "../features/previews/follower.ts";
import type { PreviewsStore } from "../features/previews/store.ts";
import { searchFollower } from "../features/search/follower.ts";
import { statisticsFollower } from "../features/statistics/follower.ts";
import type { StatisticsStore } from "../features/statistics/store.ts";
import { threadsFollower } from "../features/threads/follower.ts";
import type { ThreadsStore } from "../features/threads/store.ts";
import type { Follower } from "../followers/follower.ts";
import { Followers } from "../followers/followers.ts";
import { FollowerStore } from "../followers/store.ts";
import type { MessageLog } from "../log/log.ts";
import type { Marks } from "../log/marks.ts";
import type { Database } from "../platform/postgres/database.ts";

/** All followers of this node. They begin with the first sweep. To add a follower, add it to the table below. */
export function openFollowers(parts: {
  database: Database;
  log: MessageLog;
  statistics: StatisticsStore;
  threads: ThreadsStore;
  marks: Marks;
  previews: PreviewsStore;
  /** Begins the jobs that fetch previews. `undefined`: LINK_PREVIEWS is off. */
  wakePreviews: (() => void) | undefined;
  /** The stems of words in the languages of the search. */
  stems: Parameters<typeof searchFollower>[1];
  logger: Logger;
}): Followers {
  const { database, log, statistics, threads, marks, previews, wakePreviews, stems, logger } = parts;
  const followers: Follower[] = [
    statisticsFollower(statistics),
    threadsFollower(threads, marks),
    searchFollower(database.pieceRows, stems),
  ];
  if (wakePreviews) followers.push(previewsFollower(previews, wakePreviews));
  return new Followers(followers, new FollowerStore(database), log, logger);
}
