import type { Context, MiddlewareHandler } from "hono";
import { Failure } from "../base/failure.ts";
import type { Principal, SessionPrincipal } from "../rights/principal.ts";
import type { Client, Connections } from "./requester.ts";

/** The values that every handler finds in its context. */
export interface Env {
  Bindings: Connections;
  Variables: {
    requestId: string;
    client: Client;
    /** The cookie's token, whether or not it belongs to a session. */
    token: string | undefined;
    /** The principal of the request; `undefined` without a login. A Failure when the database can't tell at the moment. */
    principal: Principal | undefined | Failure;
    sessions: { isProved(session: SessionPrincipal): Promise<boolean> };
    /** A handler sets it to take this request out of the count of requests without a login. */
    countsNot: true | undefined;
    /** The answer may be shown by pages of other origins. */
    isEmbeddable: true | undefined;
    /** hono-rate-limiter sets it: the limit that counted last. */
    rateLimit: { resetTime: Date | undefined } | undefined;
  };
}

/**
 * The principal of the request.
 * @throws Failure `authentication_required`, or the fault because of which the server could not find the session
 */
export function principalOf(c: Context<Env>): Principal {
  const { principal } = c.var;
  if (principal instanceof Failure) throw principal;
  if (!principal) throw new Failure("authentication_required");
  return principal;
}

/**
 * The same for routes that need a session: those about passwords, sessions and sockets. They refuse all other kinds of
 * principal.
 */
export const sessionOf = (c: Context<Env>): SessionPrincipal => principalOf(c);

/**
 * Refuses requests without a login. It stands before the checks of the body and the query, so that people without a
 * login learn nothing about those.
 */
export const loggedIn: MiddlewareHandler<Env> = async (c, next) => {
  principalOf(c);
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
