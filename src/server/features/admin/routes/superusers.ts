import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { Failure } from "../../../base/failure.ts";
import { type Env, principalOf } from "../../../http/env.ts";
import { requireOwnOrigin } from "../../../http/middleware/origin.ts";
import type { Admin } from "../../audit/entry.ts";

/**
 * Answers everybody but superusers with 404, whatever the path and the method. It also refuses pages of other origins,
 * even when they only read: reading is written to the audit log too.
 */
export const superusersOnly = (listedOrigins: readonly string[]) =>
  createMiddleware<Env>(async (c, next) => {
    const { principal } = c.var;
    if (principal instanceof Failure) throw principal;
    if (!principal?.isSuperuser) throw new Failure("path_not_found");
    requireOwnOrigin(c, listedOrigins);
    await next();
  });

/** The admin who asks, for the audit log. */
export const adminOf = (c: Context<Env>): Admin => ({
  userId: principalOf(c).userId,
  address: c.var.client.address,
  network: c.var.client.network,
});
