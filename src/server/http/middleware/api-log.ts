import { createMiddleware } from "hono/factory";
import { getPath } from "hono/utils/url";
import { Failure } from "../../base/failure.ts";
import type { Meter } from "../../base/meter.ts";
import type { Env } from "../env.ts";
import type { Refusals } from "./refusals.ts";

/**
 * Counts each request and writes two lines about it, in the form of the API's first version. The lines have the path
 * only, because a query may hold a person's search. Of many refusals the first ones are written, then the number of the
 * others.
 */
export const apiLog = (write: (line: string) => void, refusals: Refusals, meter: Meter) =>
  createMiddleware<Env>(async (c, next) => {
    const started = performance.now();
    const { principal, client } = c.var;
    const user = principal && !(principal instanceof Failure) ? principal.userId : "anonymous";
    const request = `${c.req.method} ${oneLine(getPath(c.req.raw))}`;
    const begun = `API Request: ${request} - User: ${user} - IP: ${client.address}`;
    // While a network is refused again and again, its lines are written only for requests that succeed.
    const waits = refusals.isMany(client.network);
    if (!waits) write(begun);
    await next();
    const seconds = ((performance.now() - started) / 1000).toFixed(3);
    // Bun answers a socket's upgrade itself. Hono sees an empty 200.
    const status = c.res.headers.has(UPGRADED) ? 101 : c.res.status;
    meter.countRequest(status);
    if (status >= 400 && !refusals.isWritten(status, client.network) && waits) return;
    if (waits) write(begun);
    write(`API Response: ${request} - Status: ${status} - Duration: ${seconds}s`);
  });

/** Marks the stand-in answer of a request that has become a socket. */
export const UPGRADED = "X-Upgraded";

/** Matches an invite's code, which is hidden: everybody who knows it can join with it. */
const INVITE = /^(\/api\/invites\/[^/]{4})[^/]+/i;
/** Matches the name of a file, which is hidden as a part of a message. The other two are calls. */
const FILE_NAME = /^(\/api\/files\/[^/]+\/)(?!(?:alt|address)\/?$)[^/]+/i;

const oneLine = (path: string) =>
  path
    .replace(INVITE, "$1…")
    .replace(FILE_NAME, "$1…")
    .replace(/[\p{Cc}\u2028\u2029]/gu, "?")
    .slice(0, 2048);
