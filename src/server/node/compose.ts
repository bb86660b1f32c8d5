import { hostname } from "node:os";
import type { Server } from "bun";
import { version } from "../../../package.json";
import { webFiles } from "../../web/files.ts";
import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import { Meter } from "../base/meter.ts";
import type { SecurityLog } from "../base/security-log.ts";
import { InProcessExchange } from "../bus/memory-bus.ts";
import type { Config } from "../config.ts";
import { Newcomers } from "../features/accounts/newcomers.ts";
import { PasswordLinks } from "../features/accounts/password-links.ts";
import { PostgresPasswordLinks } from "../features/accounts/password-links-store.ts";
import { type PasswordCost, Passwords } from "../features/accounts/passwords.ts";
import { SessionCookies } from "../features/accounts/session-cookies.ts";
import { Sessions } from "../features/accounts/sessions.ts";
import { PostgresSessions } from "../features/accounts/sessions-store.ts";
import { UserChanges } from "../features/accounts/user-changes.ts";
import { Users } from "../features/accounts/users.ts";
import { PostgresUsers } from "../features/accounts/users-store.ts";
import { WrongPasswords } from "../features/accounts/wrong-passwords.ts";
import { PostgresAuditLog } from "../features/admin/audit.ts";
import { PostgresAdminConversations } from "../features/admin/conversations-store.ts";
import { Administration } from "../features/admin/service.ts";
import { PostgresAdminUsers } from "../features/admin/users-store.ts";
import { OwnTurns } from "../features/conversations/own-turns.ts";
import { Reach } from "../features/conversations/reach.ts";
import { Conversations } from "../features/conversations/service.ts";
import { PostgresConversations } from "../features/conversations/store.ts";
import { createServerInvite, Invites } from "../features/invites/service.ts";
import { PostgresInvites } from "../features/invites/store.ts";
import { Messages } from "../features/messages/service.ts";
import { Metrics } from "../features/metrics/metrics.ts";
import { type Sampled, Sampler } from "../features/metrics/sampler.ts";
import { Presence } from "../features/presence/service.ts";
import { Requests } from "../features/requests/service.ts";
import { PostgresRequests } from "../features/requests/store.ts";
import { FirstUser } from "../features/server/first-user.ts";
import { PostgresFirstUser } from "../features/server/first-user-store.ts";
import { OwnMachine } from "../features/server/own-machine.ts";
import { ServerSettings } from "../features/server/settings.ts";
import { PostgresServerSettings } from "../features/server/settings-store.ts";
import { Typing } from "../features/typing/service.ts";
import { Refusals } from "../http/middleware/refusals.ts";
import { ProxyWatch } from "../http/proxy-watch.ts";
import { originOf } from "../http/requester.ts";
import { Limiter, type Limits, type Rate } from "../limits/limits.ts";
import { Access } from "../log/access.ts";
import { Announcer } from "../log/announcer.ts";
import { History } from "../log/history.ts";
import { HistoryStore } from "../log/history-store.ts";
import { MessageLog } from "../log/log.ts";
import { Pages } from "../log/pages.ts";
import type { Stores } from "../log/ports.ts";
import type { PresenceTimes } from "../places/places.ts";
import { SecurityLines } from "../platform/logs/security-log.ts";
import { openPglite } from "../platform/pglite/driver.ts";
import { openPostgres } from "../platform/postgres/connection.ts";
import { Database, type Driver } from "../platform/postgres/database.ts";
import { examineDatabase } from "../platform/postgres/examine.ts";
import { Migrations } from "../platform/postgres/migrations.ts";
import { lockNode, type NodeLock } from "../platform/postgres/node-lock.ts";
import * as schema from "../platform/postgres/schema.ts";
import { Hub } from "../ws/hub.ts";
import type { Upgrade } from "../ws/socket.ts";
import { Sockets } from "../ws/sockets.ts";
import { originToOpen } from "./addresses.ts";
import { openShared } from "./cluster.ts";
import { CommandWatch } from "./command-watch.ts";
import { createApp } from "./http-app.ts";
import { limitsInForce } from "./limits-in-force.ts";
import { Operator } from "./operator.ts";
import { SQL_FUNCTIONS } from "./sql-functions.ts";
import { stopServer } from "./stop.ts";

/** How long a starting node waits for another one that is shutting down. */
const RESTART_PATIENCE_MS = 15_000;
const HOUSEKEEPING_EVERY_MS = 60_000;
/** How long a node that must end waits for its log, and for its clients to hang up. */
const ABORT = { drainMs: 500, hangUpMs: 1_500 };

interface DriverListeners {
  /** An embedded database has stopped for good. */
  onLost?: (error: Error) => void;
  /** The database can be served, but its operator should know something. */
  onWarning?: (text: string) => void;
}

/** The database of the mode that the settings choose. */
export async function openDriver(
  config: Config,
  logger: Logger,
  { onLost = () => {}, onWarning = () => {} }: DriverListeners = {},
): Promise<Driver> {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize } = config;
  const migrations = new Migrations(SQL_FUNCTIONS);
  if (url !== undefined)
    return openPostgres({ url, poolSize, migrations, schema: await examineDatabase(url, onWarning) });
  return openPglite({
    dataDir: config.DATA_DIR,
    stateDir: config.STATE_DIR,
    thread: new URL(Bun.isStandaloneExecutable ? "./database-thread.ts" : "../database-thread.ts", import.meta.url),
    schema,
    migrations,
    logger,
    sync: config.EMBEDDED_SYNC === "on",
    onStopped: onLost,
  });
}

export function storesOn(database: Database): Stores {
  return {
    users: new PostgresUsers(database),
    sessions: new PostgresSessions(database),
    conversations: new PostgresConversations(database),
    requests: new PostgresRequests(database),
    log: new MessageLog(database),
    invites: new PostgresInvites(database),
    passwordLinks: new PostgresPasswordLinks(database),
    settings: new PostgresServerSettings(database),
    firstUser: new PostgresFirstUser(database),
    admin: {
      users: new PostgresAdminUsers(database),
      conversations: new PostgresAdminConversations(database),
      audit: new PostgresAuditLog(database),
    },
  };
}

export const NO_SECURITY_LOG: SecurityLog = { record: () => {} };

/** No command registers anybody. */
const NO_REGISTRATION = {
  requireRegistration: async () => {
    throw new Failure("registration_closed");
  },
  register: async () => undefined,
};

/** What commands do on a database that they open themselves. Nodes that serve it see it in the audit log (CommandWatch). */
export async function operatorOn(config: Config, driver: Driver): Promise<Operator> {
  const database = new Database(driver);
  const stores = storesOn(database);
  const bus = new InProcessExchange().connect();
  const users = new Users(stores.users, stores.admin.users, new Passwords(), bus, new OwnTurns(), NO_SECURITY_LOG, {
    invites: NO_REGISTRATION,
    directory: "all",
  });
  const { registration } = await stores.settings.read();
  return new Operator({
    users,
    admin: stores.admin.users,
    setActive: (id, isActive) => stores.admin.users.change(null, id, { isActive }),
    createInvite: (wanted, origin) =>
      createServerInvite({ store: stores.invites, security: NO_SECURITY_LOG }, wanted, origin),
    settings: { registration: config.REGISTRATION ?? registration },
    origin: () => originToOpen(config, config.PORT),
  });
}

/** A wide network has many networks, but not as many as all of theirs together. */
const WIDE = 5;
const wideRate = (rate: Rate | "off") => (rate === "off" ? rate : { ...rate, limit: rate.limit * WIDE });

const nameOf = (server: Server<Upgrade>) => `${hostname()}:${server.port}`;

/** One node, wired: what serves its requests and sockets, and how it ends. */
export interface Node {
  fetch(request: Request, server: Server<Upgrade>): Response | Promise<Response>;
  sockets: Sockets;
  users: Users;
  administration: Administration;
  operator: Operator;
  /** What makes the next account a superuser; undefined when there is one, or FIRST_USER says that nothing does. */
  setUpCode(): Promise<string | undefined>;
  /** Embedded: from when it resolves, the database's files may be copied, until the function that it gives is called. */
  holdCheckpoints(): Promise<() => void>;
  /**
   * Answers what is under way, sends all sockets away to come back, and closes the database.
   * @param stop ends the serving in another way than for good
   */
  close(stop?: () => Promise<void>): Promise<void>;
  /** Sends all sockets away to come back, and touches neither the database nor Redis. For a node that must end at once. */
  abort(): Promise<void>;
}

export interface NodeOptions {
  config: Config;
  logger: Logger;
  writeApiLog(line: string): void;
  writeSecurityLog(line: string): void;
  /** The server that will call `fetch`. */
  server(): Server<Upgrade>;
  /** The node can't go on: another one has taken its place, or its embedded database has stopped. */
  onLost(error: Error): void;
  /** Others than the usual ones, for tests. */
  presence?: PresenceTimes;
  passwordCost?: PasswordCost;
  housekeepingEveryMs?: number;
}

/**
 * Opens the database, brings it up to date, and wires everything on it.
 * @throws an error whose text says what to do, when the folder or the database is in use or not of this version
 */
export async function openNode(options: NodeOptions): Promise<Node> {
  const { config, logger } = options;
  const nodeId = crypto.randomUUID();
  // Before the lock, which is none behind a pooler that shares its connections.
  const driver = await openDriver(config, logger, {
    onLost: options.onLost,
    onWarning: (text) => logger.warn({}, text),
  });
  let lock: NodeLock | undefined;
  try {
    lock = await lockFor(options, nodeId);
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

/** The node's view of its database's history. A database that was away is asked for it before anything else. */
async function openHistory(database: Database, logger: Logger): Promise<History> {
  const history = new History(new HistoryStore((work) => database.statements(work)), logger);
  await history.open();
  database.probeWith((query) => history.check(new HistoryStore((work) => work(query))));
  return history;
}

async function wire(options: NodeOptions, nodeId: string, driver: Driver, lock: NodeLock | undefined): Promise<Node> {
  const { config, logger } = options;
  const database = new Database(driver);
  const stores = storesOn(database);
  const history = await openHistory(database, logger);
  const shared = await openShared(options, { nodeId, stores, database, history });
  const { bus, window } = shared;

  const access = new Access(stores.conversations, bus);
  const security = new SecurityLines(options.writeSecurityLog);
  const secret = await stores.sessions.secret("session");
  const sessions = new Sessions(stores.sessions, bus, secret, security, { maxPerUser: config.MAX_SESSIONS_PER_USER });
  const announcer = new Announcer(bus, stores.log, logger);
  const pages = new Pages(stores.log, window);
  const meter = new Meter();
  const messages = new Messages(stores.log, stores.conversations, access, announcer, bus, pages, meter);
  const typing = new Typing(bus);
  const presence = new Presence(shared.places, stores.users, bus, logger);
  const turns = new OwnTurns();
  const settings = new ServerSettings(stores.settings, bus, config.REGISTRATION, logger);
  await settings.reload();
  const reach = new Reach(stores.conversations, turns, { directory: config.DIRECTORY });
  const conversations = new Conversations(stores.conversations, stores.requests, reach, announcer, bus, turns, logger, {
    maxParticipants: config.MAX_PARTICIPANTS,
  });
  const requests = new Requests(stores.requests, conversations, bus);
  const firstUser = new FirstUser(stores.firstUser, secret, config.FIRST_USER === "superuser");
  const invites = new Invites({
    store: stores.invites,
    memberships: stores.conversations,
    conversations,
    announcer,
    server: settings,
    security,
    maxParticipants: config.MAX_PARTICIPANTS,
  });
  const passwords = new Passwords(options.passwordCost);
  const passwordLinks = new PasswordLinks(stores.passwordLinks, passwords, bus, security);
  const users = new Users(
    stores.users,
    stores.admin.users,
    passwords,
    bus,
    turns,
    security,
    { invites, directory: config.DIRECTORY },
    { firstUser, newcomers: new Newcomers(settings, conversations, logger) },
  );
  const limiter = (name: string, rate: Rate | "off") =>
    rate === "off" ? undefined : new Limiter(rate, shared.counters(name, rate));
  const limits: Limits = {
    anonymous: limiter("anonymous", config.RATE_LIMIT_ANON),
    user: limiter("user", config.RATE_LIMIT_USER),
    messages: limiter("messages", config.RATE_LIMIT_MESSAGES),
    login: limiter("login", config.RATE_LIMIT_LOGIN),
    register: {
      network: limiter("register", config.RATE_LIMIT_REGISTER),
      wide: limiter("register-wide", wideRate(config.RATE_LIMIT_REGISTER)),
    },
    wrong: {
      network: limiter("wrong-network", config.RATE_LIMIT_LOGIN_NETWORK),
      wide: limiter("wrong-wide", wideRate(config.RATE_LIMIT_LOGIN_NETWORK)),
      account: limiter("wrong-account", config.RATE_LIMIT_LOGIN_ACCOUNT),
    },
    sends: limiter("sends", config.RATE_LIMIT_SENDS),
    frames: limiter("frames", config.RATE_LIMIT_FRAMES),
  };

  const hub = new Hub(
    bus,
    stores.log,
    stores.conversations,
    history,
    (topic, frame) => void options.server().publish(topic, frame),
    (conversationId, userIds) => access.forget(conversationId, userIds),
    meter,
    presence,
    logger,
  );
  const sockets = new Sockets(
    { hub, messages, conversations: stores.conversations, typing, places: shared.places, limits, meter, logger },
    sessions,
  );
  const userChanges = new UserChanges(hub, stores.users, stores.conversations, logger);
  const metrics = new Metrics(config.DATABASE_URL === undefined ? "embedded" : "postgres");
  const administration = new Administration({
    stores: stores.admin,
    pages,
    places: shared.places,
    announcer,
    bus,
    window,
    security,
    logger,
  });
  const refusals = new Refusals(options.writeApiLog);
  const proxyWatch = new ProxyWatch(config.TRUSTED_PROXIES, logger);
  bus.onEvent((event) => {
    // What this node believes is put right before its sockets hear of it.
    if (event.kind === "sessions_ended") sessions.forget(event.sessions.map((session) => session.key));
    if (event.kind === "session_renewed") sessions.forget([event.key]);
    if (event.kind === "user_changed") userChanges.add(event.userId);
    if (event.kind === "user_changed" || event.kind === "sessions_doubted") sessions.forgetAll();
    if (event.kind === "sessions_doubted") void sockets.touch();
    if (event.kind === "sample") metrics.take(event.node, event.at, event.sample);
    if (event.kind === "node_ended") metrics.end(event.nodeId);
    if (event.kind === "pruned") void window?.prune(event.conversationId, event.prunedSeq);
    if (event.kind === "history_changed") history.observe(event.epoch);
    if (event.kind === "settings_changed") {
      settings.refresh();
      firstUser.forget();
    }
    if (event.kind === "conversation_removed") {
      // Of the whole cache: who took part is not known any more, and it is rare.
      access.forgetAll();
      void window?.drop(event.conversationId);
    }
    try {
      hub.handle(event);
      // After it: the sockets hear of the stop first, and then that the user goes on.
      if (event.kind === "ephemeral") typing.correct(event);
    } catch (error) {
      // What is published is committed: its sender must not be told otherwise.
      logger.error({ err: error }, "an event could not be delivered");
    }
  });

  // Embedded, commands ask this process.
  const commands =
    config.DATABASE_URL === undefined
      ? undefined
      : new CommandWatch(stores.admin.audit, (userIds) => {
          sessions.forgetAll();
          firstUser.forget();
          void sockets.touch();
          for (const id of userIds) userChanges.add(id);
          administration.passOnGroups();
        });

  history.onChange((epoch) => {
    // Everything that this node remembers may be of the history before.
    pages.clear();
    access.forgetAll();
    sessions.forgetAll();
    messages.forgetPositions();
    settings.refresh();
    firstUser.forget();
    commands?.restart();
    bus.publish({ kind: "history_changed", epoch });
    void hub.startEpoch(epoch);
    void sockets.touch();
  });
  if (config.DATABASE_URL !== undefined) history.watch();

  const eraseRemoved = () =>
    void administration
      .erase()
      .catch((error: unknown) =>
        logger.warn({ err: error }, "what removed conversations held is erased a little later"),
      );
  bus.onDoubt(async () => {
    access.forgetAll();
    sessions.forgetAll();
    await Promise.all([hub.heal(), sockets.touch(), settings.reload()]);
    // What removed conversations had in Redis is still there if it was away.
    eraseRemoved();
  });

  let draining = false;
  const app = createApp({
    users,
    sessions,
    invites,
    passwordLinks,
    originOf: originOf(config.PUBLIC_URL),
    conversations,
    requests,
    messages,
    limits,
    wrongPasswords: new WrongPasswords(limits, stores.sessions, security),
    administration,
    metrics,
    meter,
    limitsInForce: () => limitsInForce(config, settings.registration),
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
    refusals,
    publicUrl: config.PUBLIC_URL,
    allowedHosts: config.ALLOWED_HOSTS,
    securityContact: config.SECURITY_CONTACT,
    proxyWatch,
    cookies: new SessionCookies(sessions, { prefix: config.COOKIE_PREFIX, secure: config.COOKIE_SECURE }),
    names: config.NAMES,
    corsOrigins: config.CORS_ORIGINS,
    trustedProxies: config.TRUSTED_PROXIES,
    gate: {
      upgrade: (request, visitor) => options.server().upgrade(request, { data: { ...visitor, socket: undefined } }),
    },
    places: shared.places,
    maxSocketsPerUser: config.MAX_SOCKETS_PER_USER,
    isDraining: () => draining,
    webFiles,
    settings,
    firstUser,
    ownMachine: new OwnMachine({ publicUrl: config.PUBLIC_URL, trustedProxies: config.TRUSTED_PROXIES }),
    fixedSettings: { names: config.NAMES, directory: config.DIRECTORY },
    proxyHeadersSeen: () => proxyWatch.seen,
  });

  const info = { id: nodeId, name: nameOf(options.server()), version, started_at: new Date().toISOString() };
  const sampled: Sampled = {
    connections: () => hub.sockets.size,
    health: async () => ({
      postgres: await database.answers(),
      redis: config.REDIS_URL === undefined ? null : shared.degraded().length === 0,
    }),
  };
  const sampler = new Sampler(info, meter, sampled, bus);

  const tellPruned = (conversationId: string, prunedSeq: number) =>
    bus.publish({ kind: "pruned", conversationId, prunedSeq });
  const housekeeping = setInterval(() => {
    const retention = config.MESSAGE_RETENTION;
    const pruning = retention === "forever" ? undefined : stores.log.prune(retention, tellPruned);
    eraseRemoved();
    administration.goOnPassing();
    Promise.all([pruning, sessions.prune(), invites.tidy(), passwordLinks.prune()]).catch((error: unknown) =>
      logger.warn({ err: error }, "housekeeping failed, it will be tried again"),
    );
  }, options.housekeepingEveryMs ?? HOUSEKEEPING_EVERY_MS);

  // Left over from a node that has ended, or from one of an earlier version.
  eraseRemoved();
  administration.passOnGroups();

  return {
    fetch: (request, server) => app.fetch(request, server),
    sockets,
    users,
    administration,
    operator: new Operator({
      users,
      admin: stores.admin.users,
      setActive: (id, isActive) => administration.changeUser(null, id, { isActive }),
      createInvite: (wanted, origin) => invites.createOnServer(wanted, origin),
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
      sockets.stopReading();
      clearInterval(housekeeping);
      history.close();
      sampler.close();
      await stores.log.drain();
      await stop();
      // What came by HTTP meanwhile has its commit too.
      await stores.log.drain();
      refusals.close();
      security.close();
      typing.close();
      settings.close();
      commands?.close();
      administration.close();
      announcer.close();
      await presence.close();
      await shared.close();
      await driver.close();
      await lock?.release();
    },
    async abort() {
      draining = true;
      sockets.stopReading();
      // Their senders get the ack before the close. A log that hangs is not waited for.
      await Promise.race([stores.log.drain(), Bun.sleep(ABORT.drainMs)]);
      await Promise.race([stopServer(options.server(), sockets), Bun.sleep(ABORT.hangUpMs)]);
    },
  };
}
