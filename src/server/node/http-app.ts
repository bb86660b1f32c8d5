import { Hono } from "hono";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { identify } from "../features/accounts/identify.ts";
import { docsRoutes } from "../http/docs/routes.ts";
import type { Env } from "../http/env.ts";
import { allowedHosts, validHost } from "../http/hosts.ts";
import { apiLog } from "../http/middleware/api-log.ts";
import { listedCors } from "../http/middleware/cors.ts";
import { embeddable, onlySignedFiles } from "../http/middleware/files-origin.ts";
import { ownOrigin } from "../http/middleware/origin.ts";
import { requestLimits } from "../http/middleware/rate-limits.ts";
import type { Refusals } from "../http/middleware/refusals.ts";
import type { ProxyWatch } from "../http/proxy-watch.ts";
import { refuseTheRest } from "../http/refuse.ts";
import type { TrustedProxies } from "../http/requester.ts";
import { type RouteServices, routeGroups } from "./features.ts";

/** The services of the middleware, beside the services of the routes. */
export interface AppServices extends RouteServices {
  writeApiLog: (line: string) => void;
  refusals: Refusals;
  proxyWatch: ProxyWatch;
  allowedHosts: readonly string[] | undefined;
  trustedProxies: TrustedProxies;
  filesOrigin: string | undefined;
}

/**
 * Everything that is answered over HTTP: the middleware, then the routes of all features. The app is not strict, so a path
 * may end in a slash or not; routes are written without one.
 */
export function createApp(services: AppServices): Hono<Env> {
  const { cookies, corsOrigins, logger, publicUrl, trustedProxies, filesOrigin } = services;
  const app = new Hono<Env>({ strict: false });

  // Browsers heed it over HTTPS only. A server without HTTPS must not speak for the whole host.
  const strictTransportSecurity = publicUrl?.startsWith("https:") ? "max-age=31536000; includeSubDomains" : false;
  app.use(embeddable, requestId(), secureHeaders({ xFrameOptions: "DENY", strictTransportSecurity }), validHost);
  app.use(async (c, next) => {
    services.proxyWatch.look(c.req.raw);
    await next();
  });
  if (services.allowedHosts) {
    const more = filesOrigin === undefined ? [] : [new URL(filesOrigin).host];
    app.use(allowedHosts([...services.allowedHosts, ...more], publicUrl, trustedProxies));
  }
  if (filesOrigin !== undefined) app.use(onlySignedFiles(filesOrigin, trustedProxies));

  const docs = docsRoutes(
    () => app.routes,
    routeGroups,
    () => cookies.main,
  );
  app.route("/api", docs);

  const guards = new Hono<Env>();
  guards.use(
    identify(cookies, services.sessions, trustedProxies),
    apiLog(services.writeApiLog, services.refusals, services.meter),
  );
  if (corsOrigins.length > 0) guards.use(listedCors(corsOrigins));
  guards.use(ownOrigin(corsOrigins, logger), requestLimits(services.limits));
  app.route("/api", guards).route("/ws", guards);

  for (const group of routeGroups) app.route(group.path, group.routes(services));

  refuseTheRest(app, {
    logger,
    look: () => services.settings,
    findSession: (c) => cookies.findFor(c),
  });
  return app;
}
