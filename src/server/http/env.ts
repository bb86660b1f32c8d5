import type { Context, MiddlewareHandler } from "hono";
import { Failure } from "../base/failure.ts";
import type { Sessions } from "../features/accounts/sessions.ts";
import type { Principal, SessionPrincipal } from "../rights/principal.ts";
import type { Client, Connections } from "./requester.ts";

/** What every handler finds in its context. */
export interface Env {
  Bindings: Connections;
  Variables: {
    requestId: string;
    client: Client;
    /** The cookie's token, believed or not. */
    token: string | undefined;
    /** The one who asks; `undefined`: nobody is signed in. A Failure when that can't be found out right now. */
    principal: Principal | undefined | Failure;
    sessions: Pick<Sessions, "isProved">;
    /** Set by a handler: this request, if nobody was logged in, is taken out of the count of such requests again. */
    countsNot: true | undefined;
    /** Set by hono-rate-limiter: the limit that counted last. */
    rateLimit: { resetTime: Date | undefined } | undefined;
  };
}

/** The one who asks. Throws authentication_required when nobody is signed in, or that it can't be told. */
export function principalOf(c: Context<Env>): Principal {
  const { principal } = c.var;
  if (principal instanceof Failure) throw principal;
  if (!principal) throw new Failure("authentication_required");
  return principal;
}

/** The same for routes that need a session: those about passwords, sessions and sockets. They refuse all other kinds. */
export const sessionOf = (c: Context<Env>): SessionPrincipal => principalOf(c);

/** Before a body or a query is looked at: who is not logged in learns that, and nothing else. */
export const loggedIn: MiddlewareHandler<Env> = async (c, next) => {
  principalOf(c);
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
