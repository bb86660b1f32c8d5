import { Hono } from "hono";
import type { LimitInForce } from "../../../protocol/admin.ts";
import type { NameRule } from "../../../protocol/names.ts";
import type { Env } from "../../http/env.ts";
import type { OriginOf } from "../../http/requester.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { PasswordLinks } from "../accounts/password-links.ts";
import type { Conversations } from "../conversations/service.ts";
import type { Metrics } from "../metrics/service.ts";
import type { ProfilePictures } from "../pictures/service.ts";
import type { ServerSettings } from "../server/settings.ts";
import { statisticsRoutes } from "../statistics/routes.ts";
import type { StatisticsStore } from "../statistics/store.ts";
import { auditRoutes } from "./routes/audit.ts";
import { avatarRoutes } from "./routes/avatars.ts";
import { conversationRoutes } from "./routes/conversations.ts";
import { limitRoutes } from "./routes/limits.ts";
import { metricRoutes } from "./routes/metrics.ts";
import { passwordLinkRoutes } from "./routes/password-links.ts";
import { settingsRoutes } from "./routes/settings.ts";
import { superusersOnly } from "./routes/superusers.ts";
import { userRoutes } from "./routes/users.ts";
import type { Administration } from "./service.ts";

interface Services {
  administration: Administration;
  conversations: Conversations;
  passwordLinks: PasswordLinks;
  profilePictures: ProfilePictures;
  originOf: OriginOf;
  names: NameRule;
  metrics: Metrics;
  statistics: StatisticsStore;
  limitsInForce(): LimitInForce[];
  settings: ServerSettings;
  proxyHeadersSeen(): boolean;
  corsOrigins: readonly string[];
}

/** Everything that the panel shows and does, as JSON. */
export const adminRoutes: RouteGroup<Services> = {
  path: "/api/admin",
  section: {
    name: "Administration",
    description: "For superusers. Everybody else gets a 404, as for an unknown path.",
  },
  routes,
};

function routes(services: Services) {
  const { administration } = services;
  const app = new Hono<Env>();
  app.use(superusersOnly(services.corsOrigins));
  app.route("/users", userRoutes(administration));
  app.route("/users", passwordLinkRoutes(services));
  app.route("/users", avatarRoutes(services));
  app.route("/conversations", conversationRoutes(services));
  app.route("/settings", settingsRoutes(services));
  app.route("/statistics", statisticsRoutes(services.statistics));
  app.route("/limits", limitRoutes(services.limitsInForce));
  app.route("/metrics", metricRoutes(services.metrics));
  app.route("/audit", auditRoutes(administration));
  return app;
}
