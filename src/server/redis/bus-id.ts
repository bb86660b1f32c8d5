import type { Logger } from "../base/logger.ts";
import type { RedisClient } from "./client.ts";
import { BUS_ID } from "./keys.ts";

const UP_WITHIN_MS = 2_000;

/** The Redis of these settings serves another database. The text says how to fix that. */
class ForeignRedisError extends Error {}

/**
 * Makes sure that all nodes of a database use one Redis. A node leaves the database's id there; a node that finds
 * another id is on the wrong server. An emptied or replaced Redis gets the id again. A Redis that is away is asked when
 * it is back. A node that serves already goes on and logs an error. Otherwise anybody who can write to Redis could end
 * all nodes. Two databases on one Redis then share their limits and who is online. Everything else is named by the
 * database, or signed with its key.
 * @throws ForeignRedisError
 */
export async function claimRedis(client: RedisClient, id: string, logger: Logger): Promise<void> {
  const claim = async () => {
    const found = await client.run(async (redis) => {
      await redis.set(BUS_ID, id, "NX");
      return redis.get(BUS_ID);
    });
    if (found !== null && found !== id)
      throw new ForeignRedisError(
        `REDIS_URL leads to the Redis of another database. Give each database a Redis of its own (another server, or another number at the URL's end). If no other database uses this one, delete its key ${BUS_ID}.`,
      );
  };
  await client.untilUp(UP_WITHIN_MS);
  await claim().catch(onlyForeign);
  client.redis.on("ready", () =>
    claim()
      .catch(onlyForeign)
      .catch((error: unknown) =>
        logger.error({ err: error }, "this Redis serves another database, or somebody has written another id to it"),
      ),
  );
}

/**
 * Throws only if the Redis belongs to another database. That is not known of a Redis that is away, or has no memory for
 * the id.
 */
function onlyForeign(error: unknown) {
  if (error instanceof ForeignRedisError) throw error;
}
