import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { rateLimiter } from "hono-rate-limiter";
import { Failure, throttled } from "../../base/failure.ts";
import { isUncounted } from "../../features/accounts/identify.ts";
import { type Limiter, type Limits, secondsUntil } from "../../limits/limits.ts";
import type { Env } from "../env.ts";

const nothing: MiddlewareHandler<Env> = (_, next) => next();

/** Anonymous requests are counted by address, those of a session by user. */
export function requestLimits({ anonymous, user }: Limits): MiddlewareHandler<Env> {
  // Many people may register and log in from one place: what succeeds there has limits of its own.
  const byNetwork = limit(
    anonymous,
    (c) => c.var.client.network,
    (c) => c.var.countsNot === true,
  );
  const byUser = limit(user, userKey);
  return createMiddleware<Env>((c, next) => {
    if (isUncounted(c)) return next();
    return userKey(c) === "" ? byNetwork(c, next) : byUser(c, next);
  });
}

/** On top of the above, for the message endpoints. */
export const messageLimit = ({ messages }: Limits): MiddlewareHandler<Env> => limit(messages, userKey);

const userKey = ({ var: { principal } }: Context<Env>) =>
  principal && !(principal instanceof Failure) ? String(principal.userId) : "";

/** @param isGivenBack whether a request that was answered is taken out of the count again */
function limit(
  limiter: Limiter | undefined,
  keyOf: (c: Context<Env>) => string,
  isGivenBack?: (c: Context<Env>) => boolean,
): MiddlewareHandler<Env> {
  if (!limiter) return nothing;
  const { rate, store } = limiter;
  return rateLimiter<Env>({
    windowMs: rate.windowMs,
    limit: rate.limit,
    keyGenerator: keyOf,
    skipSuccessfulRequests: isGivenBack !== undefined,
    requestWasSuccessful: isGivenBack ?? (() => false),
    // Started by its driver already; starting it again would only set its timer anew.
    store: {
      increment: async (key) => {
        const { totalHits, resetTime } = await store.increment(key);
        return resetTime ? { totalHits, resetTime } : { totalHits };
      },
      decrement: (key) => store.decrement(key),
      resetKey: (key) => store.resetKey(key),
    },
    handler: (c) => {
      throw throttled(secondsUntil(c.var.rateLimit?.resetTime, rate));
    },
  });
}
