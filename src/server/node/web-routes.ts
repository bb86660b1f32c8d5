import { type Context, Hono } from "hono";
import { LRUCache } from "lru-cache";
import { ADMIN_ADDRESSES, CHAT_ADDRESSES } from "../../web/addresses.ts";
import type { WebFile } from "../../web/files.ts";
import { Failure } from "../base/failure.ts";
import type { SessionCookies } from "../features/accounts/session-cookies.ts";
import { type ServerServices, serverInfoFor } from "../features/server/routes.ts";
import type { Env } from "../http/env.ts";
import { answerFile, FOR_EVER, type Served, served } from "../http/served.ts";

/** Everything comes from here and nothing runs that is not a file of ours: a message can't become code. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  // For the address of the service worker (web/chat/shell/worker.ts), which is no text to a browser but a script.
  "trusted-types confab-worker",
].join("; ");

/** The service worker asks this server for files, and does nothing else. */
const WORKER_POLICY = "default-src 'none'; connect-src 'self'";

const ICON_CACHE = "public, max-age=86400";

/** Pages as they are sent: what they say of the server and of the session makes few different ones. */
const PAGES_KEPT = 50;

export interface WebServices extends ServerServices {
  cookies: SessionCookies;
  /** The bundled web client; asked for once, at the first request for it. */
  webFiles(): Promise<readonly WebFile[]>;
}

/** The web client: its pages, and its assets, whose names change with their content. */
export function webRoutes(services: WebServices) {
  const app = new Hono<Env>();
  let loading: Promise<Map<string, Served>> | undefined;
  const load = async () => {
    const files = await services.webFiles();
    return new Map(files.map((file) => [file.path, served(file.type, file.bytes)]));
  };
  const find = async (path: string): Promise<Served> => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    const file = (await loading).get(path);
    if (!file) throw new Failure("path_not_found");
    return file;
  };
  const sent = new LRUCache<string, Served>({ max: PAGES_KEPT });
  const page = async (c: Context<Env>, path: string, cache = "no-cache") => {
    const [file, facts] = await Promise.all([find(path), factsFor(c, services)]);
    const key = `${path} ${facts}`;
    const ready = sent.get(key) ?? withFacts(file, await file.plain.text(), facts);
    sent.set(key, ready);
    c.header("Content-Security-Policy", PAGE_POLICY);
    return answerFile(c, ready, cache, ", Cookie");
  };

  for (const path of Object.values(CHAT_ADDRESSES)) app.get(path, (c) => page(c, "/chat/index.html"));
  // To all others there is nothing here, whatever the method.
  for (const path of Object.values(ADMIN_ADDRESSES))
    app.all(path, async (c) => {
      const found = await services.cookies.find(services.cookies.tokens(c));
      if (!found?.session.isSuperuser || !/^(GET|HEAD)$/.test(c.req.method)) throw new Failure("path_not_found");
      return page(c, "/admin/index.html", "no-store");
    });
  app.get("/assets/:name", async (c) => answerFile(c, await find(`/assets/${c.req.param("name")}`), FOR_EVER));
  app.get("/icons/:name", async (c) => answerFile(c, await find(`/icons/${c.req.param("name")}`), ICON_CACHE));
  app.get("/manifest.webmanifest", async (c) => answerFile(c, await find("/manifest.webmanifest"), "no-cache"));
  app.get("/sw.js", async (c) => {
    c.header("Content-Security-Policy", WORKER_POLICY);
    return answerFile(c, await find("/sw.js"), "no-cache");
  });
  return app;
}

/** Facts that a page needs at its start, so that a first visit asks for nothing more: `<meta name="confab-…">`. */
async function factsFor(c: Context<Env>, services: WebServices): Promise<string> {
  const { settings, fixedSettings } = services;
  const unknown = { name: settings.name, registration: settings.registration, ...fixedSettings, first_user: "none" };
  const info = await serverInfoFor(c, services).catch(() => unknown);
  const facts = { ...info, signed_in: await isSignedIn(c, services.cookies) };
  return Object.entries(facts)
    .map(([name, value]) => `<meta name="confab-${name.replace("_", "-")}" content="${escaped(String(value ?? ""))}">`)
    .join("\n    ");
}

/** While that can't be found out, a page with a token of this server takes it for true and asks itself. */
async function isSignedIn(c: Context<Env>, cookies: SessionCookies): Promise<boolean> {
  const tokens = cookies.tokens(c);
  return cookies.find(tokens).then(
    (found) => found !== undefined,
    () => cookies.areOurs(tokens),
  );
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** The replacement is a function: a `$` in the server's name means nothing. */
const withFacts = ({ type }: Served, html: string, facts: string): Served =>
  served(
    type,
    html.replace("</title>", () => `</title>\n    ${facts}`),
  );
