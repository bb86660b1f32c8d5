import type { Logger } from "../base/logger.ts";
import { statisticsFollower } from "../features/statistics/follower.ts";
import type { StatisticsStore } from "../features/statistics/store.ts";
import type { Follower } from "../followers/follower.ts";
import { Followers } from "../followers/followers.ts";
import { FollowerStore } from "../followers/store.ts";
import type { MessageLog } from "../log/log.ts";
import type { Database } from "../platform/postgres/database.ts";

/** All followers of this node. They begin with the first sweep. To add a follower, add it to the table below. */
export function openFollowers(parts: {
  database: Database;
  log: MessageLog;
  statistics: StatisticsStore;
  logger: Logger;
}): Followers {
  const { database, log, statistics, logger } = parts;
  const followers: Follower[] = [statisticsFollower(statistics)];
  return new Followers(followers, new FollowerStore(database), log, logger);
}
