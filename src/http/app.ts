import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { TrieRouter } from "hono/router/trie-router";
import { secureHeaders } from "hono/secure-headers";
import type { Access } from "../domain/access.ts";
import type { Administration } from "../domain/administration.ts";
import type { Conversations } from "../domain/conversations.ts";
import { Failure } from "../domain/errors.ts";
import type { Invites } from "../domain/invites.ts";
import type { Limits } from "../domain/limits.ts";
import type { Logger } from "../domain/logger.ts";
import type { Messages } from "../domain/messages.ts";
import type { Meter } from "../domain/meter.ts";
import type { Metrics } from "../domain/metrics.ts";
import type { PasswordLinks } from "../domain/password-links.ts";
import type { Requests } from "../domain/requests.ts";
import type { Sessions } from "../domain/sessions.ts";
import type { SocketPlaces } from "../domain/socket-places.ts";
import type { Users } from "../domain/users.ts";
import type { WrongPasswords } from "../domain/wrong-passwords.ts";
import type { LimitInForce } from "../protocol/admin.ts";
import type { NameRule } from "../protocol/names.ts";
import { adminRoutes } from "./admin/routes.ts";
import { failureAnswer } from "./answers.ts";
import type { OriginOf, TrustedProxies } from "./client.ts";
import { conversationRoutes } from "./conversations.ts";
import { docsRoutes } from "./docs/routes.ts";
import type { Env } from "./env.ts";
import { healthRoutes, type Readiness } from "./health.ts";
import { allowedHosts } from "./hosts.ts";
import { inviteRoutes } from "./invites.ts";
import { messageRoutes } from "./messages.ts";
import { apiLog } from "./middleware/api-log.ts";
import { identify } from "./middleware/identify.ts";
import { ownOrigin } from "./middleware/origin.ts";
import { requestLimits } from "./middleware/rate-limits.ts";
import type { Refusals } from "./middleware/refusals.ts";
import { barePage, wantsPage } from "./pages.ts";
import type { ProxyWatch } from "./proxy-watch.ts";
import { requestRoutes } from "./requests.ts";
import { securityTxtRoutes } from "./security-txt.ts";
import { serverRoutes } from "./server.ts";
import type { SessionCookies } from "./session-cookies.ts";
import { type SocketGate, socketRoutes } from "./sockets.ts";
import { userRoutes } from "./users.ts";
import { type WebServices, webRoutes } from "./web.ts";

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
