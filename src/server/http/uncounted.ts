import type { Context } from "hono";
import type { Env } from "./env.ts";

/** Machines and every page ask these often. They cost next to nothing and count towards no limit. */
export const isUncounted = (c: Context<Env>) => isHealth(c) || /^\/api\/server\/?$/.test(c.req.path);

/** Load balancers ask these, and they name any host they like. */
export const isHealth = (c: Context<Env>) => /^\/api\/chat\/health(\/ready)?\/?$/.test(c.req.path);
