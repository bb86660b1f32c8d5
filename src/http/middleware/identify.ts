import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { Failure } from "../../domain/errors.ts";
import type { Sessions } from "../../domain/sessions.ts";
import { clientOf, type TrustedProxies } from "../client.ts";
import type { Env } from "../env.ts";

export const SESSION_COOKIE = "sessionid";
/** Cookies of this name that are looked at: a parent domain or another path may have set some too. */
const SESSION_COOKIES_MAX = 4;

/** Finds out who asks: address, cookie, session. Refuses nobody; handlers ask `sessionOf`. */
export const identify = (sessions: Sessions, trusted: TrustedProxies) =>
  createMiddleware<Env>(async (c, next) => {
    c.set("client", clientOf(c.req.raw, c.env, trusted));
    const tokens = tokensOf(c, sessions);
    c.set("token", tokens[0]);
    c.header("Cache-Control", "no-store");
    try {
      // A health check must not wait for a database.
      const found = isUncounted(c) ? undefined : await findSession(tokens, sessions);
      if (found) {
        c.set("token", found.token);
        c.set("session", found.session);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      c.set("session", error);
    }
    await next();
  });

/** The first live session among the tokens that came with a request. */
export async function findSession(tokens: string[], sessions: Sessions) {
  for (const token of tokens) {
    const session = await sessions.find(token);
    if (session) return { token, session };
  }
  return undefined;
}

/**
 * The tokens that came with a request: those of `sessionid`, and the one under this server's own name. Browsers keep one
 * `sessionid` for all ports of a host, so a server at another port may have put its own in place of ours.
 */
export function tokensOf(c: Context<Env>, { cookieName }: Sessions): string[] {
  const header = c.req.header("cookie") ?? "";
  const values = (name: string) =>
    header
      .split(";")
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => pair.slice(name.length + 1));
  return [...values(SESSION_COOKIE).slice(0, SESSION_COOKIES_MAX), ...values(cookieName).slice(0, 1)];
}

/** Asked by machines or by every page, often: it costs next to nothing and counts nowhere. */
export const isUncounted = (c: Context<Env>) => /^\/api\/(chat\/health(\/ready)?|server)\/?$/.test(c.req.path);
