import type { Context, MiddlewareHandler } from "hono";
import type { Admin } from "../../domain/admin-ports.ts";
import { Failure } from "../../domain/errors.ts";
import { type Env, sessionOf } from "../env.ts";

/**
 * To everybody but superusers there is nothing here, whatever the path and the method. What comes from another site's
 * page is refused even when it only reads: reading is written down too.
 */
export const superusersOnly: MiddlewareHandler<Env> = async (c, next) => {
  const { session } = c.var;
  if (session instanceof Failure) throw session;
  if (!session?.isSuperuser) throw new Failure("path_not_found");
  if (c.req.header("sec-fetch-site") === "cross-site") throw new Failure("foreign_origin");
  await next();
};

/** Who asks, for the audit log. */
export const adminOf = (c: Context<Env>): Admin => ({
  userId: sessionOf(c).userId,
  address: c.var.client.address,
});
