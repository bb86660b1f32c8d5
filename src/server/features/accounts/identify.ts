import { createMiddleware } from "hono/factory";
import { Failure } from "../../base/failure.ts";
import type { Env } from "../../http/env.ts";
import { clientOf, type TrustedProxies } from "../../http/requester.ts";
import { isUncounted } from "../../http/uncounted.ts";
import type { SessionCookies } from "./session-cookies.ts";
import type { Sessions } from "./sessions.ts";

/**
 * Finds the caller of a request: the address, and the principal from the credentials. It refuses nobody: handlers call
 * `principalOf`, which does.
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
