import { createMiddleware } from "hono/factory";
import { Failure } from "../base/failure.ts";
import type { Env } from "./env.ts";
import { clientOf, type TrustedProxies } from "./requester.ts";
import { isHealth } from "./uncounted.ts";

const SHOWN_MAX = 100;

/** Refuses requests whose Host header names no host: their URL can't be read. */
export const validHost = createMiddleware<Env>(async (c, next) => {
  const host = c.req.header("host");
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}/`))
    throw new Failure("bad_host");
  await next();
});

/**
 * Answers only requests for one of these hosts, or for the host of PUBLIC_URL. A trusted proxy says which host the
 * client asked for. Health checks are answered under any name, because load balancers ask for an address, not for a
 * name.
 * @param allowed a host without a port stands for all its ports
 */
export function allowedHosts(allowed: readonly string[], publicUrl: string | undefined, trusted: TrustedProxies) {
  const hosts = new Set(publicUrl === undefined ? allowed : [...allowed, new URL(publicUrl).host]);
  return createMiddleware<Env>(async (c, next) => {
    const asked = clientOf(c.req.raw, c.env, trusted).host.toLowerCase();
    if (!isHealth(c) && !hosts.has(asked) && !hosts.has(asked.replace(/:\d+$/, "")))
      throw new Failure("bad_host", {
        message: `This server does not answer for the host ${shown(asked)}. It answers for ${[...hosts].join(", ")}.`,
      });
    await next();
  });
}

const shown = (host: string) =>
  (host.length > SHOWN_MAX ? `${host.slice(0, SHOWN_MAX)}…` : host).replace(/[^\x21-\x7e…]/g, "?");
