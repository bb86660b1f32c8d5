import { Hono } from "hono";
import { z } from "zod";
import { Failure } from "../../base/failure.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import type { Env } from "../../http/env.ts";
import type { RouteGroup } from "../../http/route-group.ts";

/** Tells whether this node can serve. */
export interface Readiness {
  /**
   * Gives the parts that are away although the node serves, such as `redis`.
   * @throws Failure which says why the node can't serve
   */
  check(): Promise<string[]>;
}

interface Services {
  readiness: Readiness;
}

export const healthRoutes: RouteGroup<Services> = {
  path: "/api/chat/health",
  section: { name: "Health", description: "For machines; never throttled." },
  failures: { never: ["unstorable", "throttled", "unavailable", "starting", "internal"] },
  routes,
};

function routes({ readiness }: Services) {
  const app = new Hono<Env>();
  app.get(
    "/",
    about({
      id: "health",
      summary: "The process lives",
      public: true,
      answers: { 200: { message: "API is running" } },
    }),
    (c) => success(c, { message: "API is running" }),
  );

  const degraded = z
    .array(z.string())
    .optional()
    .meta({ description: "The parts that are away.", examples: [["redis"]] });
  const aboutReady = about({
    id: "ready",
    summary: "The node can serve",
    description:
      "`degraded` names the parts that are away although the node serves. 503: the node is starting, stopping, or without its database.",
    public: true,
    answers: { 200: { message: ["Ready", "Degraded"], more: { degraded } } },
    failures: ["unavailable", "draining", "starting"],
  });
  app.get("/ready", aboutReady, async (c) => {
    const degraded = await readiness.check().catch((error: unknown) => {
      throw error instanceof Failure ? error : new Failure("unavailable", { retryAfter: 1 });
    });
    return degraded.length === 0 ? success(c, { message: "Ready" }) : success(c, { message: "Degraded", degraded });
  });
  return app;
}
