import { createMiddleware } from "hono/factory";
import { getPath } from "hono/utils/url";
import { Failure } from "../../base/failure.ts";
import type { Meter } from "../../base/meter.ts";
import type { Env } from "../env.ts";
import type { Refusals } from "./refusals.ts";

/**
 * Two lines a request, as the seed's log has them, and a count of it. Paths only: a query may hold what somebody searched
 * for. Of many refusals the first are written, then how many more there were.
 */
export const apiLog = (write: (line: string) => void, refusals: Refusals, meter: Meter) =>
  createMiddleware<Env>(async (c, next) => {
    const started = performance.now();
    const { principal, client } = c.var;
    const user = principal && !(principal instanceof Failure) ? principal.userId : "anonymous";
    const request = `${c.req.method} ${oneLine(getPath(c.req.raw))}`;
    const begun = `API Request: ${request} - User: ${user} - IP: ${client.address}`;
    // While a network is refused again and again, its requests are written when it is known that they were not.
    const waits = refusals.isMany(client.network);
    if (!waits) write(begun);
    await next();
    const seconds = ((performance.now() - started) / 1000).toFixed(3);
    // A socket's upgrade has its answer from Bun, which Hono sees as an empty 200.
    const status = c.res.headers.has(UPGRADED) ? 101 : c.res.status;
    meter.countRequest(status);
    if (status >= 400 && !refusals.isWritten(status, client.network) && waits) return;
    if (waits) write(begun);
    write(`API Response: ${request} - Status: ${status} - Duration: ${seconds}s`);
  });

/** Marks the stand-in answer of a request that has become a socket. */
export const UPGRADED = "X-Upgraded";

/** Who has an invite's code can come in by it. */
const INVITE = /^(\/api\/invites\/[^/]{4})[^/]+/i;

const oneLine = (path: string) =>
  path
    .replace(INVITE, "$1…")
    .replace(/[\p{Cc}\u2028\u2029]/gu, "?")
    .slice(0, 2048);
