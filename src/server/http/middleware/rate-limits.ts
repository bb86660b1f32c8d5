import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { rateLimiter } from "hono-rate-limiter";
import { Failure, throttled } from "../../base/failure.ts";
import { type Limiter, type Limits, secondsUntil } from "../../limits/limits.ts";
import type { Env } from "../env.ts";
import { isPicture, isUncounted } from "../uncounted.ts";

const nothing: MiddlewareHandler<Env> = (_, next) => next();

/** Limits requests: without a login by network, with a session by user. */
export function requestLimits({ anonymous, user, files }: Limits): MiddlewareHandler<Env> {
  // Many people may register and log in from one place. When such requests succeed, they only count for limits of their
  // own.
  const byNetwork = limit(
    anonymous,
    (c) => c.var.client.network,
    (c) => c.var.countsNot === true,
  );
  const byUser = limit(user, userKey);
  // A page with many pictures asks for all of them at once, and an upload comes in many parts.
  const ofFiles = limit(files, (c) => userKey(c) || c.var.client.network);
  return createMiddleware<Env>((c, next) => {
    if (isUncounted(c) || (isPicture(c) && userKey(c) !== "")) return next();
    if (isOfFiles(c)) return ofFiles(c, next);
    return userKey(c) === "" ? byNetwork(c, next) : byUser(c, next);
  });
}

/** A further limit, for new uploads. */
export const uploadLimit = ({ uploads }: Limits): MiddlewareHandler<Env> => limit(uploads, userKey);

/** A further limit, for the message routes. */
export const messageLimit = ({ messages }: Limits): MiddlewareHandler<Env> => limit(messages, userKey);

const isOfFiles = (c: Context) => /^\/api\/(files|avatars)(\/|$)/.test(c.req.path);

const userKey = ({ var: { principal } }: Context<Env>) =>
  principal && !(principal instanceof Failure) ? String(principal.userId) : "";

/** @param isGivenBack whether an answered request is taken out of the count again */
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
    // The driver has started the store. A second start would reset its timer.
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
