import type { Context } from "hono";

/** A prefix of cookie names. `host`: browsers accept the cookie from this very host alone, and over HTTPS only. */
export type CookiePrefix = "none" | "host";

/** The name under which clients know the session's cookie. */
export const SESSION_COOKIE = "sessionid";

export const cookieName = (prefix: CookiePrefix, name: string) => (prefix === "host" ? `__Host-${name}` : name);

/**
 * How many cookies of one name are read. There can be several: a parent domain or another path may have set some too.
 */
const OF_ONE_NAME_MAX = 4;

/** The values of all cookies of this name, in the order of the request. */
export function cookiesOf(c: Context, name: string): string[] {
  const pairs = (c.req.header("cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs
    .filter((pair) => pair.startsWith(`${name}=`))
    .slice(0, OF_ONE_NAME_MAX)
    .map((pair) => pair.slice(name.length + 1));
}
