import type { TableFollower } from "../../followers/follower.ts";
import type { StatisticsStore } from "./store.ts";

/** Each round writes a row for every conversation with changes, so rounds are rare. */
const COUNT_EVERY_MS = 30_000;

/**
 * Counts the messages of each day, for the admin panel. Messages of the last half minute are not counted yet. When an
 * admin removes a conversation, its messages of the last half minute may never be counted.
 */
export const statisticsFollower = (store: StatisticsStore, everyMs = COUNT_EVERY_MS): TableFollower => ({
  name: "statistics",
  start: "zero",
  everyMs,
  write: async (tx, ranges) => {
    await store.count(tx, ranges);
    return undefined;
  },
});
