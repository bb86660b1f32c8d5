import type { Context } from "hono";
import type { Env } from "../../http/env.ts";
import type { SessionCookies } from "../accounts/session-cookies.ts";
import { type ServerServices, serverInfoFor } from "../server/routes.ts";

/** The services that have the facts for the start of a page. */
export interface FactServices extends ServerServices {
  cookies: SessionCookies;
}

/** Facts about the server and the session as `<meta name="confab-…">`, so that a first visit needs no more requests. */
export async function factsFor(c: Context<Env>, services: FactServices): Promise<string> {
  const { settings, fixedSettings } = services;
  const unknown = { name: settings.name, registration: settings.registration, ...fixedSettings, first_user: "none" };
  const info = await serverInfoFor(c, services).catch(() => unknown);
  const facts = { ...info, signed_in: await isSignedIn(c, services.cookies) };
  return Object.entries(facts)
    .map(([name, value]) => `<meta name="confab-${name.replace("_", "-")}" content="${escaped(String(value ?? ""))}">`)
    .join("\n    ");
}

/** While the database can't tell, a token of this server counts as signed in. The page then asks by itself. */
async function isSignedIn(c: Context<Env>, cookies: SessionCookies): Promise<boolean> {
  const tokens = cookies.tokens(c);
  return cookies.find(tokens).then(
    (found) => found !== undefined,
    () => cookies.areOurs(tokens),
  );
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** Writes the facts into a page. The replacement is a function, so that a `$` in the server's name has no meaning. */
export const withFacts = (html: string, facts: string): string =>
  html.replace("</title>", () => `</title>\n    ${facts}`);
