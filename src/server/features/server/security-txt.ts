import { Hono } from "hono";
import { Failure } from "../../base/failure.ts";
import type { Env } from "../../http/env.ts";
import type { RouteGroup } from "../../http/route-group.ts";

const DAY_MS = 86_400_000;
/** RFC 9116 asks for less than a year. */
const EXPIRES_DAYS = 180;

interface Services {
  securityContact: string | undefined;
  publicUrl: string | undefined;
}

/** `/.well-known/security.txt`: the contact for reports of security faults, where the operator has set one. */
export const securityTxtRoutes: RouteGroup<Services> = { path: "/", routes };

function routes({ securityContact, publicUrl }: Services) {
  const app = new Hono<Env>();
  app.get("/.well-known/security.txt", (c) => {
    if (securityContact === undefined) throw new Failure("path_not_found");
    // The same all day, so that tools can compare it.
    const expires = new Date((Math.floor(Date.now() / DAY_MS) + EXPIRES_DAYS) * DAY_MS);
    const lines = [`Contact: ${securityContact}`, `Expires: ${expires.toISOString()}`, "Preferred-Languages: en"];
    if (publicUrl !== undefined) lines.push(`Canonical: ${publicUrl}/.well-known/security.txt`);
    return c.text(`${lines.join("\n")}\n`, 200, { "Cache-Control": "public, max-age=86400" });
  });
  return app;
}
