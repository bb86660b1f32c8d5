import { Hono } from "hono";
import { Failure } from "../domain/errors.ts";
import { success } from "./answers.ts";
import type { Env } from "./env.ts";

/** Whether this node can serve, as the ready call tells it. */
export interface Readiness {
  /** Resolves with the parts that are away but not needed. Throws a Failure that says why it can't serve. */
  check(): Promise<string[]>;
}

export function healthRoutes({ readiness }: { readiness: Readiness }) {
  const app = new Hono<Env>();
  app.get("/", (c) => success(c, { message: "API is running" }));
  app.get("/ready", async (c) => {
    const degraded = await readiness.check().catch((error: unknown) => {
      throw error instanceof Failure ? error : new Failure("unavailable", { retryAfter: 1 });
    });
    return degraded.length === 0 ? success(c, { message: "Ready" }) : success(c, { message: "Degraded", degraded });
  });
  return app;
}
