import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { LRUCache } from "lru-cache";
import { Failure } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import { isSentByBrowsers } from "../../rights/principal.ts";
import type { Env } from "../env.ts";
import type { Client } from "../requester.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** A refused origin is logged once within `ttl` ms, and at most `max` of them. */
const LOGGED = { max: 100, ttl: 3_600_000 };

/**
 * Refuses unsafe requests and upgrades from pages of other sites. A browser attaches the session's cookie to requests
 * from any site, so they must come from this server's own pages or a listed origin. The log names the setting that
 * allows more.
 */
export function ownOrigin(listed: readonly string[], logger: Logger) {
  const logged = new LRUCache<string, true>(LOGGED);
  const log = (c: Context<Env>, origin: string) => {
    if (logged.size >= LOGGED.max) logged.purgeStale();
    // More origins than that are somebody's inventions.
    if (logged.has(origin) || logged.size >= LOGGED.max) return;
    logged.set(origin, true);
    logger.warn({ origin: shown(origin) }, refusalOf(origin, c.var.client, listed));
  };
  return createMiddleware<Env>(async (c, next) => {
    const origin = c.req.header("origin");
    // Reading is not refused here: the browser keeps the answer from such a page.
    if (origin !== undefined && !isAllowed(origin, c, listed)) log(c, origin.slice(0, SHOWN_MAX));
    const isUpgrade = c.req.header("upgrade") !== undefined;
    if (!SAFE_METHODS.has(c.req.method) || isUpgrade || isPreflight(c)) requireOwnOrigin(c, listed);
    await next();
  });
}

/**
 * A browser's question whether a page of another origin may send a request. Listed origins have their answer by now.
 */
const isPreflight = (c: Context<Env>) =>
  c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;

const isAllowed = (origin: string, c: Context<Env>, listed: readonly string[]) =>
  listed.includes(origin) || isOwn(origin, c.var.client, c.req.header("sec-fetch-site") === "same-origin");

/** Refuses a request from a page of another site. Programs send neither header and pass. */
export function requireOwnOrigin(c: Context<Env>, listed: readonly string[]): void {
  const { principal } = c.var;
  if (principal && !(principal instanceof Failure) && !isSentByBrowsers[principal.kind]) return;
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site");
  const allowed =
    origin === undefined
      ? site === undefined || site === "same-origin" || site === "none"
      : isAllowed(origin, c, listed);
  if (!allowed) throw new Failure("foreign_origin", { message: refusalOf(origin, c.var.client, listed) });
}

/**
 * Whether the origin is this server's own. Hosts are compared, because the server can't know the scheme behind a proxy
 * that ends TLS. A default port may be left out.
 * @param saysBrowser the browser itself says that page and server have one origin, which no page can forge
 */
function isOwn(origin: string, { host, port }: Client, saysBrowser: boolean): boolean {
  try {
    const page = new URL(origin);
    if (page.origin !== origin) return false;
    const asked = new URL(`${page.protocol}//${host}`);
    if (page.host === asked.host) return true;
    // A proxy has left the port out of the host, and sends it in a header of its own.
    if (port !== undefined && !/:\d+$/.test(host) && page.host === new URL(`${page.protocol}//${host}:${port}`).host)
      return true;
    // Another port of the host is another origin, unless a proxy lost or added the port. Only the browser can tell.
    return saysBrowser && page.hostname === asked.hostname;
  } catch {
    return false;
  }
}

const SHOWN_MAX = 100;
/** A header in a form that is safe to show: short, and without characters that no origin or host has. */
const shown = (text: string) =>
  (text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text).replace(/[^\w :/.,[\]%~…-]/g, "?");

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

function refusalOf(origin: string | undefined, { host }: Client, listed: readonly string[]): string {
  const came = origin === undefined ? "a page of another site" : `the origin ${shown(origin)}`;
  const others = listed.length === 0 ? "CORS_ORIGINS lists no others" : `CORS_ORIGINS adds ${listed.join(", ")}`;
  return `Requests from ${came} are not allowed. This server's own host is ${shown(host)}; ${others}.${wayOut(origin, listed)}`;
}

/** Advice to the operator of the server, or to the author of the program. */
function wayOut(origin: string | undefined, listed: readonly string[]): string {
  if (origin === undefined || origin === "null") return "";
  if (origin.includes(",")) return " Send one origin, or as a program none at all.";
  if (!isOrigin(origin)) return "";
  const wanted = [...listed, origin].join(",");
  return ` To allow that page, start the server with CORS_ORIGINS=${wanted}; a program can leave the header Origin out.`;
}
