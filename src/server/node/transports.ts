import { webFiles } from "../../web/files.ts";
import { SessionCookies } from "../features/accounts/session-cookies.ts";
import { WrongPasswords } from "../features/accounts/wrong-passwords.ts";
import type { Changes } from "../features/changes/service.ts";
import type { Readiness } from "../features/health/routes.ts";
import { Refusals } from "../http/middleware/refusals.ts";
import { OwnMachine } from "../http/own-machine.ts";
import { ProxyWatch } from "../http/proxy-watch.ts";
import { originOf } from "../http/requester.ts";
import type { History } from "../log/history.ts";
import { Dispatcher } from "../ws/dispatch.ts";
import { Hub } from "../ws/hub.ts";
import { Sockets } from "../ws/sockets.ts";
import type { Shared } from "./cluster.ts";
import { commandsOf } from "./features.ts";
import { createApp } from "./http-app.ts";
import { limitsInForce } from "./limits-in-force.ts";
import type { NodeOptions } from "./options.ts";
import type { Services } from "./services.ts";
import type { Stores } from "./stores.ts";

interface Below {
  stores: Stores;
  shared: Shared;
  history: History;
  services: Services;
}

/** The WebSocket side: the hub with its rooms, and the sockets themselves. */
export function openSockets(options: NodeOptions, { stores, shared, history, services }: Below) {
  const { logger } = options;
  const { access, typing, limits, meter, sessions, presenceWatching: presence, meStreams: me } = services;
  const hub = new Hub({
    bus: shared.bus,
    log: stores.log,
    conversations: stores.memberships,
    history,
    publish: (topic, frame) => void options.server().publish(topic, frame),
    members: {
      changed: (conversationId, userIds) => access.forget(conversationId, userIds),
      left: (userIds) => presence.removed(userIds),
      dissolved: (userIds) => presence.dissolved(userIds),
      reread: () => presence.heal(),
    },
    meter,
    logger,
  });
  const { memberships } = stores;
  const commands = commandsOf({ ...services, hub, memberships, presence });
  const dispatcher = new Dispatcher(commands, limits, meter, logger);
  const { places } = shared;
  const sockets = new Sockets(
    { hub, presence, me, conversations: memberships, typing, places, meter, logger },
    sessions,
    dispatcher,
  );
  return { hub, sockets };
}

interface HttpParts {
  services: Services;
  stores: Stores;
  shared: Shared;
  changes: Changes;
  readiness: Readiness;
  isDraining(): boolean;
}

/** The HTTP side: all routes and the web client. `refusals` MUST be closed at the end. */
export function openHttp(
  options: NodeOptions,
  { services, stores, shared, changes, readiness, isDraining }: HttpParts,
) {
  const { config, logger, writeApiLog } = options;
  const { limits, security, settings, sessions } = services;
  const refusals = new Refusals(writeApiLog);
  const proxyWatch = new ProxyWatch(config.TRUSTED_PROXIES, logger);
  const app = createApp({
    ...services,
    changes,
    originOf: originOf(config.PUBLIC_URL),
    wrongPasswords: new WrongPasswords(limits, stores.sessions, security),
    limitsInForce: () => limitsInForce(config, settings.registration),
    logger,
    readiness,
    writeApiLog,
    refusals,
    publicUrl: config.PUBLIC_URL,
    allowedHosts: config.ALLOWED_HOSTS,
    securityContact: config.SECURITY_CONTACT,
    proxyWatch,
    cookies: new SessionCookies(sessions, { prefix: config.COOKIE_PREFIX, secure: config.COOKIE_SECURE }),
    names: config.NAMES,
    corsOrigins: config.CORS_ORIGINS,
    filesOrigin: config.FILES_ORIGIN,
    trustedProxies: config.TRUSTED_PROXIES,
    gate: {
      upgrade: (request, visitor) => options.server().upgrade(request, { data: { visitor, socket: undefined } }),
    },
    statistics: stores.statistics,
    places: shared.places,
    maxSocketsPerUser: config.MAX_SOCKETS_PER_USER,
    isDraining,
    webFiles,
    ownMachine: new OwnMachine({ publicUrl: config.PUBLIC_URL, trustedProxies: config.TRUSTED_PROXIES }),
    fixedSettings: { names: config.NAMES, directory: config.DIRECTORY, max_file: config.MAX_FILE },
    proxyHeadersSeen: () => proxyWatch.seen,
  });
  return { app, refusals };
}
