import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { Failure } from "../../domain/errors.ts";
import type { Client } from "../client.ts";
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

/** A client that is no browser sends neither header and is let through. */
export function requireOwnOrigin(c: Context<Env>, listed: readonly string[]): void {
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site");
  const allowed =
    origin === undefined
      ? site === undefined || site === "same-origin" || site === "none"
      : listed.includes(origin) || isOwn(origin, c.var.client, site === "same-origin");
  if (!allowed) throw new Failure("foreign_origin", { message: refusalOf(origin, c.var.client, listed) });
}

/**
 * Compared as hosts: behind a proxy that ends TLS the scheme is not ours to know. A default port may be left out.
 * @param saysBrowser the browser itself says that page and server are one origin; no page can make it say so
 */
function isOwn(origin: string, { host, port }: Client, saysBrowser: boolean): boolean {
  try {
    const page = new URL(origin);
    if (page.origin !== origin) return false;
    const asked = new URL(`${page.protocol}//${host}`);
    if (page.host === asked.host) return true;
    // A proxy in between has left the port out, and tells it apart.
    if (port !== undefined && !/:\d+$/.test(host) && page.host === new URL(`${page.protocol}//${host}:${port}`).host)
      return true;
    // Another port of the host is another origin. Only the browser knows that it is none, and a proxy lost or added a port.
    return saysBrowser && page.hostname === asked.hostname;
  } catch {
    return false;
  }
}

const SHOWN_MAX = 100;
/** A header as it may be shown: short, and without what can't be seen. */
const shown = (text: string) =>
  (text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text).replace(/[^\x21-\x7e…]/g, "?");

function refusalOf(origin: string | undefined, { host }: Client, listed: readonly string[]): string {
  const came = origin === undefined ? "a page of another site" : `the origin ${shown(origin)}`;
  const others = listed.length === 0 ? "CORS_ORIGINS lists no others" : `CORS_ORIGINS adds ${listed.join(", ")}`;
  return `Requests from ${came} are not allowed. This server's own host is ${shown(host)}; ${others}.`;
}
