import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Env } from "../env.ts";

/** The headers that clients of tus read. */
const TUS_HEADERS = [
  "Location",
  "Tus-Extension",
  "Tus-Max-Size",
  "Tus-Resumable",
  "Tus-Version",
  "Upload-Expires",
  "Upload-Length",
  "Upload-Metadata",
  "Upload-Offset",
];

/** Lets pages of the listed origins read the answers. Requests from other origins get no CORS headers. */
export function listedCors(listed: readonly string[]): MiddlewareHandler<Env> {
  const exposeHeaders = ["X-Request-Id", "Retry-After", ...TUS_HEADERS];
  const answer = cors({ origin: [...listed], credentials: true, maxAge: 600, exposeHeaders });
  return (c, next) => (listed.includes(c.req.header("origin") ?? "") ? answer(c, next) : next());
}
