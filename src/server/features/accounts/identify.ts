import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { Failure } from "../../base/failure.ts";
import type { Env } from "../../http/env.ts";
import { clientOf, type TrustedProxies } from "../../http/requester.ts";
import type { SessionCookies } from "./session-cookies.ts";
import type { Sessions } from "./sessions.ts";

/**
 * Finds out who asks, from the request's credentials: the address, and the principal. Refuses nobody: handlers ask
 * `principalOf`.
 */
export const identify = (cookies: SessionCookies, sessions: Sessions, trusted: TrustedProxies) =>
  createMiddleware<Env>(async (c, next) => {
    c.set("client", clientOf(c.req.raw, c.env, trusted));
    c.set("sessions", sessions);
    const tokens = cookies.tokens(c);
    c.set("token", tokens[0]);
    c.header("Cache-Control", "no-store");
    try {
      // A health check must not wait for a database.
      const found = isUncounted(c) ? undefined : await cookies.find(tokens);
      if (found) {
        c.set("token", found.token);
        c.set("principal", { kind: "session", ...found.session });
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      c.set("principal", error);
    }
    await next();
  });

/** Asked by machines or by every page, often: it costs next to nothing and counts nowhere. */
export const isUncounted = (c: Context<Env>) => isHealth(c) || /^\/api\/server\/?$/.test(c.req.path);

/** Asked by load balancers, which name whatever host they like. */
export const isHealth = (c: Context<Env>) => /^\/api\/chat\/health(\/ready)?\/?$/.test(c.req.path);
