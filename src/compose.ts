import type { Server } from "bun";
import type { Config } from "./config.ts";
import { Access } from "./domain/access.ts";
import { Announcer } from "./domain/announcer.ts";
import type { Bus } from "./domain/bus.ts";
import { Conversations } from "./domain/conversations.ts";
import { Failure } from "./domain/errors.ts";
import { type CounterStore, Limiter, type Limits, type Rate } from "./domain/limits.ts";
import type { Logger } from "./domain/logger.ts";
import { Messages } from "./domain/messages.ts";
import { Pages } from "./domain/pages.ts";
import { Passwords } from "./domain/passwords.ts";
import type { MessageWindow, Stores } from "./domain/ports.ts";
import { Sessions } from "./domain/sessions.ts";
import type { SocketPlaces } from "./domain/socket-places.ts";
import { Typing } from "./domain/typing.ts";
import { Users } from "./domain/users.ts";
import { createApp } from "./http/app.ts";
import { InProcessExchange } from "./stores/embedded/bus.ts";
import { memoryCounters } from "./stores/embedded/counters.ts";
import { openPglite } from "./stores/embedded/pglite.ts";
import { LocalSocketPlaces } from "./stores/embedded/socket-places.ts";
import { openPostgres } from "./stores/postgres/connection.ts";
import { PostgresConversations } from "./stores/postgres/conversations.ts";
import { Database, type Driver } from "./stores/postgres/database.ts";
import { PostgresLog } from "./stores/postgres/log.ts";
import { MIGRATIONS, requireMigrated } from "./stores/postgres/migrations.ts";
import { livingNodes, lockNode, type NodeLock } from "./stores/postgres/node-lock.ts";
import * as schema from "./stores/postgres/schema.ts";
import { PostgresSessions } from "./stores/postgres/sessions.ts";
import { PostgresUsers } from "./stores/postgres/users.ts";
import { RedisBus } from "./stores/redis/bus.ts";
import { claimRedis } from "./stores/redis/bus-id.ts";
import { RedisClient } from "./stores/redis/client.ts";
import { redisCounters } from "./stores/redis/counters.ts";
import { RedisSocketPlaces } from "./stores/redis/socket-places.ts";
import { RedisWindow } from "./stores/redis/window.ts";
import { Hub } from "./ws/hub.ts";
import type { Upgrade } from "./ws/socket.ts";
import { Sockets } from "./ws/sockets.ts";

/** How long a starting node waits for another one that is shutting down. */
const RESTART_PATIENCE_MS = 15_000;
const CLOSE_PATIENCE_MS = 3_000;
const PRUNE_EVERY_MS = 60_000;

/** The database of the mode that the settings choose. `onLost` hears when an embedded one has stopped for good. */
export function openDriver(
  config: Config,
  logger: Logger,
  onLost: (error: Error) => void = () => {},
): Promise<Driver> | Driver {
  if (config.DATABASE_URL !== undefined)
    return openPostgres({ url: config.DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE });
  const migrations = { folder: MIGRATIONS, require: requireMigrated };
  return openPglite({ dataDir: config.DATA_DIR, schema, migrations, logger, onStopped: onLost });
}

export function storesOn(database: Database): Stores {
  return {
    users: new PostgresUsers(database),
    sessions: new PostgresSessions(database),
    conversations: new PostgresConversations(database),
    log: new PostgresLog(database),
  };
}

/** The users of a database that no node serves, for commands. */
export function usersOn(stores: Stores, bus: Bus): Users {
  return new Users(stores.users, new Passwords(), bus, { registration: "open", directory: "all" });
}

/** What the nodes of a database share: Redis, or this process where it is the only one. */
interface Shared {
  bus: Bus;
  window: MessageWindow | undefined;
  places: SocketPlaces;
  counters(name: string, rate: Rate): CounterStore;
  /** What is away, though the node serves. */
  degraded(): string[];
  close(): Promise<void>;
}

async function openShared(
  { config, logger, onLost }: NodeOptions,
  { nodeId, stores, database }: { nodeId: string; stores: Stores; database: Database },
): Promise<Shared> {
  if (config.REDIS_URL === undefined) {
    const bus = new InProcessExchange().connect();
    const counters = (_name: string, rate: Rate) => memoryCounters(rate);
    const places = new LocalSocketPlaces();
    return { bus, window: undefined, places, counters, degraded: () => [], close: () => bus.close() };
  }
  const address = { url: config.REDIS_URL, checkCertificate: config.REDIS_TLS_CHECK === "on" };
  const client = new RedisClient(address, logger);
  const busId = await stores.sessions.secret("bus");
  await claimRedis(client, busId, onLost).catch((error: unknown) => {
    client.close();
    throw error;
  });
  const windowTtlMs = config.MESSAGE_WINDOW_TTL;
  const nodes = () => livingNodes(database.query);
  const bus = new RedisBus({ address, busId, nodeId, windowTtlMs, nodes, onStrange: onLost }, client, logger);
  const places = new RedisSocketPlaces(client, new LocalSocketPlaces());
  return {
    bus,
    window: new RedisWindow(client, windowTtlMs, logger),
    places,
    counters: (name, rate) => redisCounters(client, name, rate, memoryCounters(rate)),
    degraded: () => (client.isUp ? [] : ["redis"]),
    async close() {
      places.close();
      await bus.close();
      client.close();
    },
  };
}

/** Sockets that were told to go have a while to do so; requests under way are answered. */
async function stopServer(server: Server<Upgrade>) {
  await Promise.race([server.stop(), Bun.sleep(CLOSE_PATIENCE_MS)]);
  await server.stop(true);
}

/** One node, wired: what serves its requests and sockets, and how it ends. */
export interface Node {
  fetch(request: Request, server: Server<Upgrade>): Response | Promise<Response>;
  sockets: Sockets;
  users: Users;
  /** Answers what is under way, sends all sockets away to come back, and closes the database. */
  close(): Promise<void>;
}

export interface NodeOptions {
  config: Config;
  logger: Logger;
  writeApiLog(line: string): void;
  /** The server that will call `fetch`. */
  server(): Server<Upgrade>;
  /** The node can't go on: another one has taken its place, or its embedded database has stopped. */
  onLost(error: Error): void;
}

/**
 * Opens the database, brings it up to date, and wires everything on it.
 * @throws an error whose text says what to do, when the folder or the database is in use or not of this version
 */
export async function openNode(options: NodeOptions): Promise<Node> {
  const { config, logger } = options;
  const nodeId = crypto.randomUUID();
  const lock = await lockFor(options, nodeId);
  const driver = await openDriver(config, logger, options.onLost);
  try {
    await driver.migrate(config.AUTO_MIGRATE === "on");
    return await wire(options, nodeId, driver, lock);
  } catch (error) {
    await driver.close();
    await lock?.release();
    throw error;
  }
}

/** Embedded, the folder's lock comes with the database. */
async function lockFor({ config, onLost }: NodeOptions, nodeId: string): Promise<NodeLock | undefined> {
  const { DATABASE_URL: url, REDIS_URL } = config;
  if (url === undefined) return undefined;
  return lockNode({ url, nodeId, shared: REDIS_URL !== undefined, patienceMs: RESTART_PATIENCE_MS }, onLost);
}

async function wire(options: NodeOptions, nodeId: string, driver: Driver, lock: NodeLock | undefined): Promise<Node> {
  const { config, logger } = options;
  const database = new Database(driver);
  const stores = storesOn(database);
  const shared = await openShared(options, { nodeId, stores, database });
  const { bus, window } = shared;

  const access = new Access(stores.conversations, bus);
  const sessions = new Sessions(stores.sessions, bus, await stores.sessions.secret("session"));
  const announcer = new Announcer(bus, stores.log, logger);
  const pages = new Pages(stores.log, window);
  const messages = new Messages(stores.log, stores.conversations, access, announcer, bus, pages);
  const typing = new Typing(bus);
  const users = new Users(stores.users, new Passwords(), bus, {
    registration: config.REGISTRATION,
    directory: config.DIRECTORY,
  });
  const conversations = new Conversations(stores.conversations, announcer, bus, {
    maxParticipants: config.MAX_PARTICIPANTS,
  });
  const limiter = (name: string, rate: Rate | "off") =>
    rate === "off" ? undefined : new Limiter(rate, shared.counters(name, rate));
  const limits: Limits = {
    anonymous: limiter("anonymous", config.RATE_LIMIT_ANON),
    user: limiter("user", config.RATE_LIMIT_USER),
    messages: limiter("messages", config.RATE_LIMIT_MESSAGES),
    login: limiter("login", config.RATE_LIMIT_LOGIN),
    sends: limiter("sends", config.RATE_LIMIT_SENDS),
    frames: limiter("frames", config.RATE_LIMIT_FRAMES),
  };

  const hub = new Hub(
    bus,
    stores.log,
    (topic, frame) => void options.server().publish(topic, frame),
    (conversationId, userIds) => access.forget(conversationId, userIds),
    logger,
  );
  const sockets = new Sockets(
    { hub, messages, conversations: stores.conversations, typing, places: shared.places, limits, logger },
    sessions,
  );
  bus.onEvent((event) => {
    // What this node believes is put right before its sockets hear of it.
    if (event.kind === "sessions_ended") sessions.forget(event.sessions.map((session) => session.key));
    if (event.kind === "session_renewed") sessions.forget([event.key]);
    if (event.kind === "user_changed") sessions.forgetAll();
    try {
      hub.handle(event);
    } catch (error) {
      // What is published is committed: its sender must not be told otherwise.
      logger.error({ err: error }, "an event could not be delivered");
    }
  });

  bus.onDoubt(async () => {
    access.forgetAll();
    sessions.forgetAll();
    await Promise.all([hub.heal((userIds) => stores.conversations.ofUsers(userIds)), sockets.touch()]);
  });

  let draining = false;
  const app = createApp({
    users,
    sessions,
    conversations,
    messages,
    limits,
    access,
    logger,
    readiness: {
      async check() {
        if (draining) throw new Failure("draining", { retryAfter: 5 });
        await database.ping();
        return shared.degraded();
      },
    },
    writeApiLog: options.writeApiLog,
    cookieSecure: config.COOKIE_SECURE,
    corsOrigins: config.CORS_ORIGINS,
    trustedProxies: config.TRUSTED_PROXIES,
    gate: {
      upgrade: (request, visitor) => options.server().upgrade(request, { data: { ...visitor, socket: undefined } }),
    },
    places: shared.places,
    maxSocketsPerUser: config.MAX_SOCKETS_PER_USER,
    isDraining: () => draining,
  });

  const housekeeping = setInterval(() => {
    const retention = config.MESSAGE_RETENTION;
    const pruning = retention === "forever" ? undefined : stores.log.prune(retention);
    Promise.all([pruning, sessions.prune()]).catch((error: unknown) =>
      logger.warn({ err: error }, "housekeeping failed, it will be tried again"),
    );
  }, PRUNE_EVERY_MS);

  return {
    fetch: (request, server) => app.fetch(request, server),
    sockets,
    users,
    async close() {
      draining = true;
      sockets.stopReading();
      clearInterval(housekeeping);
      await stores.log.drain();
      sockets.closeAll();
      await stopServer(options.server());
      // What came by HTTP meanwhile has its commit too.
      await stores.log.drain();
      typing.close();
      announcer.close();
      await shared.close();
      await driver.close();
      await lock?.release();
    },
  };
}
