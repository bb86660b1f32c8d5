import type { Context, MiddlewareHandler } from "hono";
import { Failure } from "../base/failure.ts";
import type { Session } from "../base/session.ts";
import type { Client, Connections } from "./requester.ts";

/** The values that every handler finds in its context. */
export interface Env {
  Bindings: Connections;
  Variables: {
    requestId: string;
    client: Client;
    /** The cookie's token, whether or not it belongs to a session. */
    token: string | undefined;
    /**
     * The session of the request; `undefined` without a login. A Failure when the database can't tell at the moment.
     */
    session: Session | undefined | Failure;
    sessions: { isProved(session: Session): Promise<boolean> };
    /** A handler sets it to take this request out of the count of requests without a login. */
    countsNot: true | undefined;
    /** hono-rate-limiter sets it: the limit that counted last. */
    rateLimit: { resetTime: Date | undefined } | undefined;
  };
}

/**
 * The session of the request.
 * @throws Failure `authentication_required`, or the fault that kept the server from finding the session
 */
export function sessionOf(c: Context<Env>): Session {
  const { session } = c.var;
  if (session instanceof Failure) throw session;
  if (!session) throw new Failure("authentication_required");
  return session;
}

/**
 * Refuses requests without a login. It stands before the checks of the body and the query, so that people without a
 * login learn nothing about those.
 */
export const loggedIn: MiddlewareHandler<Env> = async (c, next) => {
  sessionOf(c);
  await next();
};

/**
 * Refuses unless the password was entered in this session within the last 15 minutes. It stands before routes that
 * can't be undone or that open an account, where a stolen cookie or an unlocked screen must not be enough.
 */
export const recentlyProved: MiddlewareHandler<Env> = async (c, next) => {
  await requireProof(c);
  await next();
};

/** Does the same within a handler, where the need depends on the request's body. */
export async function requireProof(c: Context<Env>): Promise<void> {
  if (!(await c.var.sessions.isProved(sessionOf(c)))) throw new Failure("confirmation_required");
}
