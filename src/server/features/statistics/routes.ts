import { Hono } from "hono";
import { z } from "zod";
import { dailyStatistics, STATISTICS_DAYS } from "../../../protocol/statistics.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import type { Env } from "../../http/env.ts";
import type { StatisticsStore } from "./store.ts";

/** Under `/api/admin/`, which is for superusers alone. */
export function statisticsRoutes(statistics: StatisticsStore) {
  const app = new Hono<Env>();
  const aboutDays = about({
    id: "adminGetStatistics",
    summary: "Messages sent on each of the last 30 days",
    description: "Days are those of UTC, oldest first. A message is counted within half a minute.",
    superusers: true,
    answers: { 200: { data: z.array(dailyStatistics) } },
  });
  app.get("/", aboutDays, async (c) => success(c, { data: await statistics.lastDays(STATISTICS_DAYS) }));
  return app;
}
