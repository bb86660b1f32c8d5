import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { Failure } from "../../domain/errors.ts";
import type { Env } from "../env.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * A browser attaches the session's cookie to what any site makes it send, so an unsafe request or an upgrade must come
 * from this server's own pages or a listed origin.
 */
export const ownOrigin = (listed: readonly string[]) =>
  createMiddleware<Env>(async (c, next) => {
    const isUpgrade = c.req.header("upgrade") !== undefined;
    if (!SAFE_METHODS.has(c.req.method) || isUpgrade) requireOwnOrigin(c, listed);
    await next();
  });

/** What is no browser sends neither header and is let through. */
export function requireOwnOrigin(c: Context<Env>, listed: readonly string[]): void {
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site");
  const allowed =
    origin === undefined
      ? site === undefined || site === "same-origin" || site === "none"
      : listed.includes(origin) || isOwn(origin, c.var.client.host);
  if (!allowed) throw new Failure("foreign_origin");
}

/** Compared as hosts: behind a proxy that ends TLS the scheme is not ours to know. A default port may be left out. */
function isOwn(origin: string, host: string): boolean {
  try {
    const url = new URL(origin);
    return url.origin === origin && url.host === new URL(`${url.protocol}//${host}`).host;
  } catch {
    return false;
  }
}
