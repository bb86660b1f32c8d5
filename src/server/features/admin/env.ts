import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { Failure } from "../../base/failure.ts";
import { type Env, principalOf } from "../../http/env.ts";
import { requireOwnOrigin } from "../../http/middleware/origin.ts";
import type { Admin } from "./ports.ts";

/**
 * To everybody but superusers there is nothing here, whatever the path and the method. What comes from a page of another
 * origin is refused even when it only reads: reading is written down too.
 */
export const superusersOnly = (listedOrigins: readonly string[]) =>
  createMiddleware<Env>(async (c, next) => {
    const { principal } = c.var;
    if (principal instanceof Failure) throw principal;
    if (!principal?.isSuperuser) throw new Failure("path_not_found");
    requireOwnOrigin(c, listedOrigins);
    await next();
  });

/** Who asks, for the audit log. */
export const adminOf = (c: Context<Env>): Admin => ({
  userId: principalOf(c).userId,
  address: c.var.client.address,
  network: c.var.client.network,
});
