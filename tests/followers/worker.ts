import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { statisticsFollower } from "../../src/server/features/statistics/follower.ts";
import { StatisticsStore } from "../../src/server/features/statistics/store.ts";
import { Followers } from "../../src/server/followers/followers.ts";
import { FollowerStore } from "../../src/server/followers/store.ts";
import { MessageLog } from "../../src/server/log/log.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { Database } from "../../src/server/platform/postgres/database.ts";

/** A process that counts messages without an end, for a test that kills it. */
const logger = pino({ level: "silent" });
const database = new Database(await openDriver(readConfig({ ...process.env }), logger));
const follower = statisticsFollower(new StatisticsStore(database), 1);
const followers = new Followers([follower], new FollowerStore(database), new MessageLog(database), logger);
for (;;) {
  await followers.sweep();
  process.stdout.write(".");
}
