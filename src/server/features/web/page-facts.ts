import type { Context } from "hono";
import type { ServerInfo } from "../../../protocol/server.ts";
import { barColors, tintStyle } from "../../../web/colour.ts";
import { linksFor, type Visitor } from "../../../web/early-links.ts";
import type { Env } from "../../http/env.ts";
import { escaped } from "../../http/html.ts";
import type { SessionCookies } from "../accounts/session-cookies.ts";
import { type ServerServices, serverInfoFor } from "../server/routes.ts";

/** The services that have the facts for the start of a page. */
export interface FactServices extends ServerServices {
  cookies: SessionCookies;
}

/** The part of a page's head that the server adds. */
export interface Head {
  html: string;
  /** The style in it, which the page's policy must allow. Empty for no style. */
  style: string;
  visitor: Visitor;
}

/**
 * Facts about the server and the session as `<meta name="confab-…">`, so that a first visit needs no more requests. The
 * server's colour is a style, which holds before the first paint.
 */
export async function headFor(c: Context<Env>, services: FactServices): Promise<Head> {
  const { settings, fixedSettings } = services;
  const unknown = {
    name: settings.name,
    color: settings.color,
    registration: settings.registration,
    ...fixedSettings,
    first_user: "none",
  };
  const info = await serverInfoFor(c, services).catch(() => unknown);
  const { color, ...shown } = info;
  const signed_in = await isSignedIn(c, services.cookies);
  const facts = { ...shown, signed_in };
  const lines = Object.entries(facts).map(
    ([name, value]) => `<meta name="confab-${name.replace("_", "-")}" content="${escaped(String(value ?? ""))}">`,
  );
  const style = tintStyle(color);
  if (style !== "") lines.push(`<style>${style}</style>`);
  for (const [theme, bar] of Object.entries(barColors(color)))
    lines.push(`<meta name="theme-color" content="${bar}" media="(prefers-color-scheme: ${theme})">`);
  // The address changes with the colour, because browsers keep icons for long.
  const icon = color === null ? "" : `?color=${color.slice(1)}`;
  lines.push(`<link rel="icon" href="/icons/icon.svg${icon}" type="image/svg+xml">`);
  return { html: lines.join("\n    "), style, visitor: signed_in ? "signed-in" : "signed-out" };
}

/** While the database can't tell, a token of this server counts as signed in. The page then asks by itself. */
async function isSignedIn(c: Context<Env>, cookies: SessionCookies): Promise<boolean> {
  const tokens = cookies.tokens(c);
  return cookies.find(tokens).then(
    (found) => found !== undefined,
    () => cookies.areOurs(tokens),
  );
}

/** Writes the head into a page. The replacement is a function, so that a `$` in the server's name has no meaning. */
export const withHead = (page: string, { html, visitor }: Head): string =>
  linksFor(visitor, page).replace("</title>", () => `</title>\n    ${html}`);

/** The manifest with the name and the colour of this server, for those who install the page. */
export function manifestFor({ name, color }: Pick<ServerInfo, "name" | "color">, manifest: string): string {
  const bar = barColors(color).light;
  const own = { ...JSON.parse(manifest), theme_color: bar, background_color: barColors(null).light };
  return JSON.stringify(name === null ? own : { ...own, name, short_name: name });
}
