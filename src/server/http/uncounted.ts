import type { Context } from "hono";

/** A health check: load balancers send it, under any host name. */
export const isHealth = (c: Context) => /^\/api\/chat\/health(\/ready)?\/?$/.test(c.req.path);

/** Requests that machines or pages send often. They cost next to nothing, count for no limit, and need no session. */
export const isUncounted = (c: Context) => isHealth(c) || /^\/api\/server\/?$/.test(c.req.path);
