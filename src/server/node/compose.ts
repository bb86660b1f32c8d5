import { hostname } from "node:os";
import type { Server } from "bun";
import { version } from "../../../package.json";
import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import { Changes } from "../features/changes/service.ts";
import { Sampler } from "../features/metrics/sampler.ts";
import { SEARCH } from "../features/search/follower.ts";
import { openStems } from "../features/search/stems.ts";
import { History } from "../log/history.ts";
import { HistoryStore } from "../log/history-store.ts";
import { Database, type Driver } from "../platform/postgres/database.ts";
import type { NodeLock } from "../platform/postgres/node-lock.ts";
import type { Upgrade } from "../ws/socket.ts";
import type { Sockets } from "../ws/sockets.ts";
import { UserChanges } from "../ws/user-changes.ts";
import { openShared } from "./cluster.ts";
import { Operator } from "./control/operator.ts";
import { lockDatabase, openDriver } from "./drivers.ts";
import { routeEvents } from "./events.ts";
import { openFollowers } from "./followers.ts";
import { Housekeeping } from "./housekeeping.ts";
import { openJobs } from "./jobs.ts";
import type { NodeOptions } from "./options.ts";
import { originToOpen } from "./origin-to-open.ts";
import { openPreviewJobs } from "./preview-jobs.ts";
import { recoverFrom } from "./recovery.ts";
import { openReindexing, warnOfOldStems } from "./search.ts";
import { openServices, type Services } from "./services.ts";
import { stopServer } from "./stop.ts";
import { storesOn } from "./stores.ts";
import { openHttp, openSockets } from "./transports.ts";

/** How long a node that must end waits for its log, and for its clients to hang up. */
const ABORT = { drainMs: 500, hangUpMs: 1_500 };

/** One node, wired: it serves requests and sockets, and knows how to end. */
export interface Node {
  fetch(request: Request, server: Server<Upgrade>): Response | Promise<Response>;
  sockets: Sockets;
  services: Services;
  operator: Operator;
  /** The code that makes the next account a superuser; undefined when there is one, or FIRST_USER forbids it. */
  setUpCode(): Promise<string | undefined>;
  /**
   * Only for an embedded database. After the promise resolves, its files may be copied until you call the returned
   * function.
   */
  holdCheckpoints(): Promise<() => void>;
  /**
   * Answers the requests under way, sends all sockets away to come back, and closes the database.
   * @param stop replaces the step that ends the serving, for a node that another one follows in this process
   */
  close(stop?: () => Promise<void>): Promise<void>;
  /**
   * Sends all sockets away to come back, and touches neither the database nor Redis. For a node that must end at once.
   */
  abort(): Promise<void>;
}

/** Work that goes on by itself while the node serves. */
interface Task {
  /** Left out when the work begins as soon as the task is made. */
  start?(): void;
  stop(): void | Promise<void>;
}

/**
 * Opens the database, brings it up to date, and wires everything on it.
 * @throws an error whose text says what to do, when the folder or the database is in use or not of this version
 */
export async function openNode(options: NodeOptions): Promise<Node> {
  const { config, logger } = options;
  const nodeId = crypto.randomUUID();
  // The driver examines the database before the lock is taken. Behind a pooler that shares its connections the lock
  // would lock nothing.
  const driver = await openDriver(config, logger, {
    onLost: options.onLost,
    onWarning: (text) => logger.warn({}, text),
  });
  let lock: NodeLock | undefined;
  try {
    lock = await lockDatabase(options, nodeId);
    await driver.migrate(config.AUTO_MIGRATE === "on");
    return await wire(options, nodeId, driver, lock);
  } catch (error) {
    await driver.close();
    await lock?.release();
    throw error;
  }
}

async function wire(options: NodeOptions, nodeId: string, driver: Driver, lock: NodeLock | undefined): Promise<Node> {
  const { config, logger } = options;
  const isShared = config.DATABASE_URL !== undefined;

  // From the database up to the services
  const database = new Database(driver);
  const stores = storesOn(database);
  const history = await openHistory(database, logger);
  const shared = await openShared(options, { nodeId, stores, database, history });
  const { bus, window } = shared;
  const jobs = openJobs({ database, stores, window, services: () => services, logger });
  const services = await openServices(options, stores, shared, jobs).catch(async (error: unknown) => {
    // The caller tries again, with shared parts of its own.
    await shared.close();
    throw error;
  });
  const { users, administration, firstUser, invites, marks, meter, settings } = services;
  const previewJobs = config.LINK_PREVIEWS === "on" ? openPreviewJobs(database, services.previews, logger) : undefined;
  const stems = await openStems(config.SEARCH_LANGUAGES);
  const followers = openFollowers({ database, ...stores, marks, stems, wakePreviews: previewJobs?.wake, logger });
  const reindexing = await openReindexing(config, database, stores.log, logger);

  // Sockets, and the events that reach them
  const { hub, sockets } = openSockets(options, { stores, shared, history, services });
  const userChanges = new UserChanges(hub, stores.users, stores.memberships, logger);
  const presence = services.presenceWatching;
  bus.onEvent(routeEvents({ ...services, presence, hub, sockets, userChanges, followers, history, window, logger }));
  const housekeeping = new Housekeeping(
    { ...services, pruneMessages: pruningFor(config.MESSAGE_RETENTION), logger },
    options.housekeepingEveryMs,
  );
  const { audit } = stores;
  const commands = recoverFrom({ bus, history, hub, sockets, services, userChanges, followers, audit, isShared });

  // Requests
  const changes = new Changes({
    log: stores.log,
    memberships: stores.memberships,
    access: services.access,
    follow: (conversationId, moved) => hub.follow(conversationId, moved),
  });
  let draining = false;
  const { app, refusals } = openHttp(options, {
    services,
    stores,
    shared,
    changes,
    readiness: {
      async check() {
        if (draining) throw new Failure("draining", { retryAfter: 5 });
        await database.ping();
        return [...shared.degraded(), ...(services.scanner?.isAway ? ["scanner"] : [])];
      },
    },
    isDraining: () => draining,
  });

  const info = { id: nodeId, name: nameOf(options.server()), version, started_at: new Date().toISOString() };
  const sampled = {
    connections: () => hub.sockets.all.size,
    searchLagMs: () => followers.lagMs(SEARCH),
    health: async () => ({
      postgres: await database.answers(),
      redis: config.REDIS_URL === undefined ? null : shared.degraded().length === 0,
    }),
  };
  const sampler = new Sampler(info, meter, sampled, bus);

  /** Started in this order now that everything is wired, and stopped before the parts below are closed. */
  const tasks: Task[] = [
    housekeeping,
    { start: () => isShared && history.watch(), stop: () => history.close() },
    { stop: () => sampler.close() },
    { stop: () => services.files.uploads.close().then(() => services.completion.close()) },
    jobs,
    // The checks of files that this node has left when it died.
    { start: () => void services.completion.takeOver().catch(() => {}), stop: () => {} },
    ...(previewJobs ? [previewJobs] : []),
    { start: () => void followers.sweep(), stop: () => {} },
    ...(commands ? [commands] : []),
  ];
  for (const task of tasks) task.start?.();

  /** Closed in this order, after the last request and socket. */
  const closed: { close(): void | Promise<void> }[] = [
    refusals,
    services.security,
    services.typing,
    settings,
    administration.users,
    services.orphanedGroups,
    services.announcer,
    services.presence,
    shared,
    driver,
  ];

  void warnOfOldStems(reindexing, logger);
  return {
    fetch: (request, server) => app.fetch(request, server),
    sockets,
    services,
    operator: new Operator({
      users,
      admin: stores.admin.users,
      setActive: (id, isActive) => administration.users.change(null, id, { isActive }),
      createInvite: (wanted, origin) => invites.createOnServer(wanted, origin),
      reindexing,
      settings,
      origin: () => originToOpen(config, options.server().port ?? config.PORT),
    }),
    setUpCode: async () => ((await firstUser.way(() => false)) === "none" ? undefined : firstUser.code),
    async holdCheckpoints() {
      if (!driver.holdCheckpoints) throw new Error("only an embedded database has checkpoints of its own");
      return driver.holdCheckpoints();
    },
    async close(stop = () => stopServer(options.server(), sockets)) {
      draining = true;
      changes.close();
      sockets.stopReading();
      // Jobs can take seconds while the database hangs. Clients are sent away meanwhile.
      const stopped = Promise.allSettled(tasks.map((task) => task.stop()));
      await stores.log.drain();
      await stop();
      // Sends that came by HTTP in the meantime are committed too.
      await stores.log.drain();
      await stopped;
      // Only now nothing is noted any more. Other nodes do not note the threads to which this one has appended.
      await followers.close();
      for (const part of closed) await part.close();
      await lock?.release();
    },
    async abort() {
      draining = true;
      changes.close();
      sockets.stopReading();
      // Senders get their acks before the sockets close. A log that hangs delays that only for `drainMs`.
      await Promise.race([stores.log.drain(), Bun.sleep(ABORT.drainMs)]);
      await Promise.race([stopServer(options.server(), sockets), Bun.sleep(ABORT.hangUpMs)]);
    },
  };

  function pruningFor(retention: number | "forever") {
    if (retention === "forever") return undefined;
    return () =>
      stores.log.prune(retention, (conversationId, prunedSeq) =>
        bus.publish({ kind: "pruned", conversationId, prunedSeq }),
      );
  }
}

/** The node's view of its database's history. When a database was away, its history is read before anything else. */
async function openHistory(database: Database, logger: Logger): Promise<History> {
  const history = new History(new HistoryStore((work) => database.statements(work)), logger);
  await history.open();
  database.probeWith((query) => history.check(new HistoryStore((work) => work(query))));
  return history;
}

const nameOf = (server: Server<Upgrade>) => `${hostname()}:${server.port}`;
