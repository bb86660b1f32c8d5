import { createMiddleware } from "hono/factory";
import { Failure } from "../base/failure.ts";
import type { Env } from "./env.ts";
import { clientOf, type TrustedProxies } from "./requester.ts";
import { isHealth } from "./uncounted.ts";

const SHOWN_MAX = 100;

/**
 * Only requests that name one of these hosts are answered; a proxy that is trusted says which one was asked for. Health
 * checks name addresses, and may.
 * @param allowed without a port: whatever the port
 */
export function allowedHosts(allowed: readonly string[], trusted: TrustedProxies) {
  const hosts = new Set(allowed);
  return createMiddleware<Env>(async (c, next) => {
    const asked = clientOf(c.req.raw, c.env, trusted).host.toLowerCase();
    if (!isHealth(c) && !hosts.has(asked) && !hosts.has(asked.replace(/:\d+$/, "")))
      throw new Failure("bad_host", {
        message: `This server does not answer for the host ${shown(asked)}. It answers for ${allowed.join(", ")}.`,
      });
    await next();
  });
}

const shown = (host: string) =>
  (host.length > SHOWN_MAX ? `${host.slice(0, SHOWN_MAX)}…` : host).replace(/[^\x21-\x7e…]/g, "?");
