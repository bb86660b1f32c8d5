import { createMiddleware } from "hono/factory";
import { Failure } from "../../base/failure.ts";
import type { Env } from "../env.ts";
import { clientOf, type TrustedProxies } from "../requester.ts";

/** The path of a file's bytes. */
const BYTES = /^\/api\/files\/[^/]+\/[^/]+\/?$/;

/**
 * Lets pages of other origins show what a signed address opens. Everything else keeps the headers of the app. It stands
 * before the middleware that sets those headers.
 */
export const embeddable = createMiddleware<Env>(async (c, next) => {
  await next();
  if (c.get("isEmbeddable") !== true) return;
  c.res.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
  c.res.headers.delete("X-Frame-Options");
});

/** The origin of files answers signed addresses of files, and nothing else: no cookie of it is worth anything. */
export function onlySignedFiles(origin: string, trusted: TrustedProxies) {
  const { host } = new URL(origin);
  return createMiddleware<Env>(async (c, next) => {
    if (clientOf(c.req.raw, c.env, trusted).host.toLowerCase() !== host) return next();
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    if (!isRead || !BYTES.test(c.req.path) || c.req.query("signature") === undefined)
      throw new Failure("path_not_found");
    return next();
  });
}
