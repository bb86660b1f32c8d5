import { Hono } from "hono";
import { z } from "zod";
import {
  auditActions,
  auditEntry,
  auditTargets,
  type LimitInForce,
  limitInForce,
  listMeta,
} from "../../../protocol/admin.ts";
import { metricRanges, metricsReport } from "../../../protocol/metrics.ts";
import type { NameRule } from "../../../protocol/names.ts";
import { counter, USER_ID_MAX } from "../../../protocol/text.ts";
import { success } from "../../http/answers.ts";
import { about } from "../../http/docs/about.ts";
import type { Env } from "../../http/env.ts";
import { optionalCounter, query, whole } from "../../http/input.ts";
import type { OriginOf } from "../../http/requester.ts";
import type { PasswordLinks } from "../accounts/password-links.ts";
import type { Conversations } from "../conversations/service.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ServerSettings } from "../server/settings.ts";
import { statisticsRoutes } from "../statistics/routes.ts";
import type { StatisticsStore } from "../statistics/store.ts";
import { adminConversationRoutes } from "./conversation-routes.ts";
import { superusersOnly } from "./env.ts";
import { adminLinkRoutes } from "./link-routes.ts";
import type { Administration } from "./service.ts";
import { adminSettingsRoutes } from "./settings-routes.ts";
import { adminUserRoutes } from "./user-routes.ts";

const AUDIT_LIMIT = { default: 50, max: 200 };

/** `/api/admin/`: what the panel shows and does, as JSON. */
export function adminRoutes(services: {
  administration: Administration;
  conversations: Conversations;
  passwordLinks: PasswordLinks;
  originOf: OriginOf;
  names: NameRule;
  metrics: Metrics;
  statistics: StatisticsStore;
  limitsInForce(): LimitInForce[];
  settings: ServerSettings;
  proxyHeadersSeen(): boolean;
  corsOrigins: readonly string[];
}) {
  const { administration, metrics, limitsInForce } = services;
  const app = new Hono<Env>();
  app.use(superusersOnly(services.corsOrigins));

  app.route("/users", adminUserRoutes(administration));
  app.route("/users", adminLinkRoutes(services));
  app.route("/conversations", adminConversationRoutes(services));
  app.route("/settings", adminSettingsRoutes(services));
  app.route("/statistics", statisticsRoutes(services.statistics));

  const aboutLimits = about({
    id: "adminGetLimits",
    summary: "The limits in force",
    superusers: true,
    answers: { 200: { data: z.array(limitInForce) } },
  });
  app.get("/limits", aboutLimits, (c) => success(c, { data: limitsInForce() }));

  const metricsQuery = z.object({
    range: z.enum(metricRanges, { error: "Must be hour or day." }).default("hour"),
    after: whole(0, Number.MAX_SAFE_INTEGER, 0),
  });
  const aboutMetrics = about({
    id: "adminGetMetrics",
    summary: "How the nodes have been, over the last hour or day",
    description: "With `after`, what is newer than that moment (ms since the epoch).",
    superusers: true,
    answers: { 200: { data: metricsReport } },
  });
  app.get("/metrics", aboutMetrics, query(metricsQuery), (c) => {
    const { range, after } = c.req.valid("query");
    return success(c, { data: metrics.report(range, after) });
  });

  const auditFields = z.object({
    actor: whole(0, USER_ID_MAX, 0).unwrap().optional(),
    action: z.enum(auditActions, { error: "No such action." }).optional(),
    target_type: z.enum(auditTargets, { error: `Must be one of: ${auditTargets.join(", ")}.` }).optional(),
    target_id: z
      .string({ error: "Not a valid id." })
      // Of an invite its code, of a user a number, of all others a UUID.
      .regex(/^([0-9a-f-]{1,36}|[0-9a-z]{16})$/i, { error: "Not a valid id." })
      .transform((id) => id.toLowerCase())
      .optional(),
    before: optionalCounter,
    limit: whole(1, AUDIT_LIMIT.max, AUDIT_LIMIT.default),
  });
  const auditQuery = auditFields.refine((asked) => asked.target_id === undefined || asked.target_type !== undefined, {
    path: ["target_id"],
    error: "Say its target_type too.",
  });
  const aboutAudit = about({
    id: "adminListAudit",
    summary: "What admins have done, newest first",
    superusers: true,
    answers: {
      200: { data: z.array(auditEntry), meta: listMeta.extend({ next_before: counter.nullable() }) },
    },
  });
  app.get("/audit", aboutAudit, query(auditQuery), async (c) => {
    const { actor, action, target_type: type, target_id: id, before, limit } = c.req.valid("query");
    const { entries, next, total, isExact } = await administration.audit({
      actorId: actor,
      action,
      target: type && { type, id },
      before,
      limit,
    });
    return success(c, { data: entries, meta: { total, total_exact: isExact, next_before: next } });
  });

  return app;
}
