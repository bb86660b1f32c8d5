import { Hono } from "hono";
import { Failure } from "../domain/errors.ts";
import { success } from "./answers.ts";
import type { Env } from "./env.ts";

/** Whether this node can serve, as the ready call tells it. */
export interface Readiness {
  /** Throws a Failure that says why not. */
  check(): Promise<void>;
}

export function healthRoutes({ readiness }: { readiness: Readiness }) {
  const app = new Hono<Env>();
  app.get("/", (c) => success(c, { message: "API is running" }));
  app.get("/ready", async (c) => {
    try {
      await readiness.check();
    } catch (error) {
      throw error instanceof Failure ? error : new Failure("unavailable", { retryAfter: 1 });
    }
    return success(c, { message: "Ready" });
  });
  return app;
}
