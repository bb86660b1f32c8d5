import type { RedisClient } from "./client.ts";
import { BUS_ID } from "./keys.ts";

const UP_WITHIN_MS = 2_000;

/** The Redis of these settings serves another database. The text says what to do. */
class ForeignRedisError extends Error {}

/**
 * Makes sure that all nodes of a database use one Redis: the database's id is left there, and who finds another one is
 * on the wrong server. An emptied or replaced Redis takes the id anew; one that is away is asked when it comes.
 * @param onForeign is called when that is found out later
 * @throws ForeignRedisError
 */
export async function claimRedis(client: RedisClient, id: string, onForeign: (error: Error) => void): Promise<void> {
  const claim = async () => {
    const found = await client.run(async (redis) => {
      await redis.set(BUS_ID, id, "NX");
      return redis.get(BUS_ID);
    });
    if (found !== null && found !== id)
      throw new ForeignRedisError(
        "REDIS_URL leads to the Redis of another database. Give each database a Redis of its own (another server, or another number at the URL's end).",
      );
  };
  await client.untilUp(UP_WITHIN_MS);
  await claim().catch(onlyForeign);
  client.redis.on("ready", () => claim().catch(onlyForeign).catch(onForeign));
}

/** A Redis that is away, or has no memory for the id, can't be the wrong one. */
function onlyForeign(error: unknown) {
  if (error instanceof ForeignRedisError) throw error;
}
