import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { TrieRouter } from "hono/router/trie-router";
import { secureHeaders } from "hono/secure-headers";
import type { LimitInForce } from "../../protocol/admin.ts";
import type { NameRule } from "../../protocol/names.ts";
import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { Meter } from "../base/meter.ts";
import { identify } from "../features/accounts/identify.ts";
import type { PasswordLinks } from "../features/accounts/password-links.ts";
import { userRoutes } from "../features/accounts/routes.ts";
import type { SessionCookies } from "../features/accounts/session-cookies.ts";
import type { Sessions } from "../features/accounts/sessions.ts";
import type { Users } from "../features/accounts/users.ts";
import type { WrongPasswords } from "../features/accounts/wrong-passwords.ts";
import { adminRoutes } from "../features/admin/routes.ts";
import type { Administration } from "../features/admin/service.ts";
import { conversationRoutes } from "../features/conversations/routes.ts";
import type { Conversations } from "../features/conversations/service.ts";
import { healthRoutes, type Readiness } from "../features/health/routes.ts";
import { inviteRoutes } from "../features/invites/routes.ts";
import type { Invites } from "../features/invites/service.ts";
import { messageRoutes } from "../features/messages/routes.ts";
import type { Messages } from "../features/messages/service.ts";
import type { Metrics } from "../features/metrics/metrics.ts";
import { requestRoutes } from "../features/requests/routes.ts";
import type { Requests } from "../features/requests/service.ts";
import { serverRoutes } from "../features/server/routes.ts";
import { securityTxtRoutes } from "../features/server/security-txt.ts";
import type { StatisticsStore } from "../features/statistics/store.ts";
import { failureAnswer } from "../http/answers.ts";
import { docsRoutes } from "../http/docs/routes.ts";
import type { Env } from "../http/env.ts";
import { allowedHosts } from "../http/hosts.ts";
import { apiLog } from "../http/middleware/api-log.ts";
import { ownOrigin } from "../http/middleware/origin.ts";
import { requestLimits } from "../http/middleware/rate-limits.ts";
import type { Refusals } from "../http/middleware/refusals.ts";
import { barePage, wantsPage } from "../http/pages.ts";
import type { ProxyWatch } from "../http/proxy-watch.ts";
import type { OriginOf, TrustedProxies } from "../http/requester.ts";
import type { Limits } from "../limits/limits.ts";
import type { Access } from "../log/access.ts";
import type { SocketPlaces } from "../places/places.ts";
import { type SocketGate, socketRoutes } from "../ws/upgrade.ts";
import { type WebServices, webRoutes } from "./web-routes.ts";

export interface AppServices extends WebServices {
  users: Users;
  sessions: Sessions;
  invites: Invites;
  passwordLinks: PasswordLinks;
  originOf: OriginOf;
  conversations: Conversations;
  requests: Requests;
  messages: Messages;
  limits: Limits;
  wrongPasswords: WrongPasswords;
  administration: Administration;
  metrics: Metrics;
  statistics: StatisticsStore;
  meter: Meter;
  limitsInForce(): LimitInForce[];
  /** X-Forwarded-* headers came from a proxy that is not trusted. */
  proxyHeadersSeen(): boolean;
  readiness: Readiness;
  logger: Logger;
  writeApiLog: (line: string) => void;
  refusals: Refusals;
  proxyWatch: ProxyWatch;
  publicUrl: string | undefined;
  allowedHosts: readonly string[] | undefined;
  securityContact: string | undefined;
  cookies: SessionCookies;
  names: NameRule;
  corsOrigins: readonly string[];
  trustedProxies: TrustedProxies;
  access: Access;
  gate: SocketGate;
  places: SocketPlaces;
  maxSocketsPerUser: number;
  isDraining: () => boolean;
}

/** Everything that is answered over HTTP. Not strict: a path's last slash may be there or not, routes are written without. */
export function createApp(services: AppServices): Hono<Env> {
  const app = new Hono<Env>({ strict: false });

  const { publicUrl } = services;
  // Browsers believe it over HTTPS only. A server without HTTPS must not speak for the whole host.
  const strictTransportSecurity = publicUrl?.startsWith("https:") ? "max-age=31536000; includeSubDomains" : false;
  app.use(requestId(), secureHeaders({ xFrameOptions: "DENY", strictTransportSecurity }));
  app.use(async (c, next) => {
    if (!isHost(c.req.header("host"))) throw new Failure("bad_host");
    services.proxyWatch.look(c.req.raw);
    await next();
  });
  if (services.allowedHosts) {
    const own = publicUrl === undefined ? [] : [new URL(publicUrl).host];
    app.use(allowedHosts([...new Set([...services.allowedHosts, ...own])], services.trustedProxies));
  }

  app.route(
    "/api",
    docsRoutes(
      () => app.routes,
      () => services.cookies.main,
    ),
  );

  const guards = new Hono<Env>();
  guards.use(
    identify(services.cookies, services.sessions, services.trustedProxies),
    apiLog(services.writeApiLog, services.refusals, services.meter),
  );
  if (services.corsOrigins.length > 0) guards.use(listedCors(services.corsOrigins));
  guards.use(ownOrigin(services.corsOrigins, services.logger), requestLimits(services.limits));
  app.route("/api", guards).route("/ws", guards);

  app.route("/api/admin", adminRoutes(services));
  app.route("/api/users", userRoutes(services));
  app.route("/api/invites", inviteRoutes(services));
  app.route("/api/chat/conversations/:conversationId/messages", messageRoutes(services));
  app.route("/api/chat/conversations", conversationRoutes(services));
  app.route("/api/chat/requests", requestRoutes(services));
  app.route("/api/chat/health", healthRoutes(services));
  app.route("/api/server", serverRoutes(services));
  app.route("/ws", socketRoutes(services));
  app.route("/", securityTxtRoutes(services));
  app.route("/", webRoutes(services));

  /** To people in a browser a page, to programs the envelope. */
  const refuse = (c: Context<Env>, error: unknown) =>
    error instanceof Failure && error.reason === "path_not_found" && wantsPage(c.req.raw)
      ? c.body(NOT_FOUND.html, 404, NOT_FOUND.headers)
      : failureAnswer(c, error, services.logger);
  const methodsOf = allowedMethods(app);
  app.notFound((c) => {
    const allowed = methodsOf(c.req.path);
    if (allowed.length === 0) return refuse(c, new Failure("path_not_found"));
    c.header("Allow", allowed.join(", "));
    return failureAnswer(c, new Failure("method_not_allowed"), services.logger);
  });
  app.onError((error, c) => refuse(c, error));
  return app;
}

/** The same whether there is no such page or this person may not see it. */
const NOT_FOUND = barePage({
  title: "There is no page here",
  text: "Either the address is wrong, or the page is for admins and you are not signed in as one.",
  link: { to: "/", text: "Open the chat" },
});

/** Answers to pages of listed origins; to all others nothing is said. */
function listedCors(listed: readonly string[]): MiddlewareHandler<Env> {
  const exposeHeaders = ["X-Request-Id", "Retry-After"];
  const answer = cors({ origin: [...listed], credentials: true, maxAge: 600, exposeHeaders });
  return (c, next) => (listed.includes(c.req.header("origin") ?? "") ? answer(c, next) : next());
}

/** Which methods a path knows, found in the routes themselves. */
function allowedMethods(app: Hono<Env>): (path: string) => string[] {
  const router = new TrieRouter<string>();
  for (const { method, path } of app.routes) if (method !== "ALL") router.add("ANY", path, method);
  return (path) => {
    const methods = new Set(router.match("ANY", path)[0].map(([method]) => method));
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods].sort();
  };
}

/** Whether a Host header names a host, and so a request's URL can be read. */
function isHost(host: string | undefined): boolean {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return false;
  return URL.canParse(`http://${host}/`);
}
