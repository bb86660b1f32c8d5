import type { Context, MiddlewareHandler } from "hono";
import { Failure } from "../base/failure.ts";
import type { Session } from "../base/session.ts";
import type { Client, Connections } from "./requester.ts";

/** What every handler finds in its context. */
export interface Env {
  Bindings: Connections;
  Variables: {
    requestId: string;
    client: Client;
    /** The cookie's token, believed or not. */
    token: string | undefined;
    /** Who is logged in; `undefined` is nobody. A Failure when that can't be found out right now. */
    session: Session | undefined | Failure;
    sessions: { isProved(session: Session): Promise<boolean> };
    /** Set by a handler: this request, if nobody was logged in, is taken out of the count of such requests again. */
    countsNot: true | undefined;
    /** Set by hono-rate-limiter: the limit that counted last. */
    rateLimit: { resetTime: Date | undefined } | undefined;
  };
}

/** The session of whoever is logged in. Throws authentication_required, or that it can't be told. */
export function sessionOf(c: Context<Env>): Session {
  const { session } = c.var;
  if (session instanceof Failure) throw session;
  if (!session) throw new Failure("authentication_required");
  return session;
}

/** Before a body or a query is looked at: who is not logged in learns that, and nothing else. */
export const loggedIn: MiddlewareHandler<Env> = async (c, next) => {
  sessionOf(c);
  await next();
};

/**
 * Before what can't be undone, or opens an account: the password must have been shown lately in this session, so that a
 * stolen cookie or an unlocked screen is not enough. Stands before a route's handler.
 */
export const recentlyProved: MiddlewareHandler<Env> = async (c, next) => {
  await requireProof(c);
  await next();
};

/** The same within a handler, where it depends on what is asked for. */
export async function requireProof(c: Context<Env>): Promise<void> {
  if (!(await c.var.sessions.isProved(sessionOf(c)))) throw new Failure("confirmation_required");
}
