import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Env } from "../env.ts";

/** Lets pages of the listed origins read the answers. Requests from other origins get no CORS headers. */
export function listedCors(listed: readonly string[]): MiddlewareHandler<Env> {
  const exposeHeaders = ["X-Request-Id", "Retry-After"];
  const answer = cors({ origin: [...listed], credentials: true, maxAge: 600, exposeHeaders });
  return (c, next) => (listed.includes(c.req.header("origin") ?? "") ? answer(c, next) : next());
}
