import type { Context } from "hono";

/** A health check: load balancers send it, under any host name. */
export const isHealth = (c: Context) => /^\/api\/chat\/health(\/ready)?\/?$/.test(c.req.path);

/**
 * A page may show a hundred pictures of people and groups. To find their bytes costs next to nothing. With a login they count
 * for no limit.
 */
export const isPicture = (c: Context) =>
  c.req.method === "GET" && /^\/api\/(avatars|chat\/conversations\/[^/]+\/picture)\/[^/]+\/?$/.test(c.req.path);

/** Requests that machines or pages send often. They cost next to nothing, count for no limit, and need no session. */
export const isUncounted = (c: Context) => isHealth(c) || /^\/api\/(server|docs)\/?$/.test(c.req.path);
