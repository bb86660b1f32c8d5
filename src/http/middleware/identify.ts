import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { Failure } from "../../domain/errors.ts";
import type { Sessions } from "../../domain/sessions.ts";
import { clientOf, type TrustedProxies } from "../client.ts";
import type { Env } from "../env.ts";

export const SESSION_COOKIE = "sessionid";

/** Finds out who asks: address, cookie, session. Refuses nobody; handlers ask `sessionOf`. */
export const identify = (sessions: Sessions, trusted: TrustedProxies) =>
  createMiddleware<Env>(async (c, next) => {
    c.set("client", clientOf(c.req.raw, c.env, trusted));
    const token = getCookie(c, SESSION_COOKIE);
    c.set("token", token);
    c.header("Cache-Control", "no-store");
    try {
      // A health check must not wait for a database.
      c.set("session", isHealth(c) ? undefined : await sessions.find(token));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      c.set("session", error);
    }
    await next();
  });

/** Asked by machines, often: it costs nothing and counts nowhere. */
export const isHealth = (c: Context<Env>) => /^\/api\/chat\/health(\/ready)?$/.test(c.req.path);
