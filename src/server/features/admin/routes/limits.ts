import { Hono } from "hono";
import { z } from "zod";
import { type LimitInForce, limitInForce } from "../../../../protocol/admin.ts";
import { about } from "../../../http/about.ts";
import { success } from "../../../http/answers.ts";
import type { Env } from "../../../http/env.ts";

export function limitRoutes(limitsInForce: () => LimitInForce[]) {
  const app = new Hono<Env>();
  const aboutLimits = about({
    id: "adminGetLimits",
    summary: "The limits in force",
    superusers: true,
    answers: { 200: { data: z.array(limitInForce) } },
  });
  app.get("/", aboutLimits, (c) => success(c, { data: limitsInForce() }));

  return app;
}
