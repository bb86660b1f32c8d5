import { Hono } from "hono";
import { z } from "zod";
import { metricRanges, metricsReport } from "../../../../protocol/metrics.ts";
import { about } from "../../../http/about.ts";
import { success } from "../../../http/answers.ts";
import type { Env } from "../../../http/env.ts";
import { query, whole } from "../../../http/input.ts";
import type { Metrics } from "../../metrics/service.ts";

export function metricRoutes(metrics: Metrics) {
  const app = new Hono<Env>();
  const metricsQuery = z.object({
    range: z.enum(metricRanges, { error: "Must be hour or day." }).default("hour"),
    after: whole(0, Number.MAX_SAFE_INTEGER, 0),
  });
  const aboutMetrics = about({
    id: "adminGetMetrics",
    summary: "The nodes' metrics of the last hour or day",
    description: "With `after`, only values newer than that time (ms since the epoch).",
    superusers: true,
    answers: { 200: { data: metricsReport } },
  });
  app.get("/", aboutMetrics, query(metricsQuery), (c) => {
    const { range, after } = c.req.valid("query");
    return success(c, { data: metrics.report(range, after) });
  });

  return app;
}
