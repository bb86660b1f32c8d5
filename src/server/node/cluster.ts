import type { Bus } from "../bus/bus.ts";
import { InProcessExchange } from "../bus/memory-bus.ts";
import type { CounterStore, Rate } from "../limits/limits.ts";
import { memoryCounters } from "../limits/memory-counters.ts";
import type { History } from "../log/history.ts";
import type { MessageWindow } from "../log/window.ts";
import { LocalSocketPlaces } from "../places/memory-places.ts";
import { presenceTimes, type SocketPlaces } from "../places/places.ts";
import type { Database } from "../platform/postgres/database.ts";
import { livingNodes } from "../platform/postgres/node-lock.ts";
import { RedisBus } from "../redis/bus.ts";
import { claimRedis } from "../redis/bus-id.ts";
import { RedisClient } from "../redis/client.ts";
import { redisCounters } from "../redis/counters.ts";
import { channelsOf } from "../redis/keys.ts";
import { RedisSocketPlaces } from "../redis/places.ts";
import { redisKey, Signatures } from "../redis/signature.ts";
import { RedisWindow, windowLife } from "../redis/window.ts";
import type { NodeOptions } from "./options.ts";
import type { Stores } from "./stores.ts";

/** The parts that the nodes of a database share: in Redis, or in this process if it is the only node. */
export interface Shared {
  bus: Bus;
  window: MessageWindow | undefined;
  places: SocketPlaces;
  counters(name: string, rate: Rate): CounterStore;
  /** The parts that are away although the node serves. */
  degraded(): string[];
  close(): Promise<void>;
}

/** Opens the shared parts in the mode that the settings choose. */
export async function openShared(
  { config, logger, onLost, presence = presenceTimes }: NodeOptions,
  { nodeId, stores, database, history }: { nodeId: string; stores: Stores; database: Database; history: History },
): Promise<Shared> {
  const local = new LocalSocketPlaces(presence.grace);
  if (config.REDIS_URL === undefined) {
    const bus = new InProcessExchange().connect();
    const counters = (_name: string, rate: Rate) => memoryCounters(rate);
    const close = async () => {
      await local.close();
      await bus.close();
    };
    return { bus, window: undefined, places: local, counters, degraded: () => [], close };
  }
  const address = { url: config.REDIS_URL, checkCertificate: config.REDIS_TLS_CHECK === "on" };
  const client = new RedisClient(address, logger);
  const busId = await stores.sessions.secret("bus");
  await claimRedis(client, busId, logger).catch((error: unknown) => {
    client.close();
    throw error;
  });
  const life = windowLife(config.MESSAGE_WINDOW_TTL, config.MESSAGE_RETENTION);
  const nodes = () => livingNodes(database.query);
  const key = redisKey(await stores.sessions.secret("session"));
  const bus = new RedisBus(
    { address, busId, nodeId, key, windowLife: life, epoch: () => history.epoch, nodes, onStrange: onLost },
    client,
    logger,
  );
  const places = new RedisSocketPlaces(client, local, presence, logger);
  return {
    bus,
    window: new RedisWindow(
      client,
      { signatures: new Signatures(key), channels: channelsOf(busId) },
      life,
      bus.announcements,
      logger,
    ),
    places,
    counters: (name, rate) => redisCounters(client, name, rate, memoryCounters(rate)),
    degraded: () => (client.isUp ? [] : ["redis"]),
    async close() {
      await places.close();
      await bus.close();
      client.close();
    },
  };
}
