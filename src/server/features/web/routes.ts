import { type Context, Hono } from "hono";
import { LRUCache } from "lru-cache";
import { ADMIN_ADDRESSES, CHAT_ADDRESSES } from "../../../web/addresses.ts";
import type { WebFile } from "../../../web/files.ts";
import { Failure } from "../../base/failure.ts";
import type { Env } from "../../http/env.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import { answerFile, FOR_EVER, type Served, served } from "../../http/served.ts";
import { type FactServices, factsFor, withFacts } from "./page-facts.ts";

/** Everything comes from this server, and only its own files run, so a message can't become code. */
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
  // The address of the service worker (web/chat/shell/worker.ts), which browsers take as a script.
  "trusted-types confab-worker",
].join("; ");

/** The service worker asks this server for files, and does nothing else. */
const WORKER_POLICY = "default-src 'none'; connect-src 'self'";

const ICON_CACHE = "public, max-age=86400";

/**
 * How many finished pages are cached. There are few, because they differ only in the facts about the server and the
 * session.
 */
const PAGES_KEPT = 50;

interface Services extends FactServices {
  /** Gives the bundled web client. It is called once, at the first request for a file. */
  webFiles(): Promise<readonly WebFile[]>;
}

/** The web client: its pages, and its assets, whose names change with their content. */
export const webRoutes: RouteGroup<Services> = { path: "/", routes };

function routes(services: Services) {
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
    const ready = sent.get(key) ?? served(file.type, withFacts(await file.plain.text(), facts));
    sent.set(key, ready);
    c.header("Content-Security-Policy", PAGE_POLICY);
    return answerFile(c, ready, cache, ", Cookie");
  };

  for (const path of Object.values(CHAT_ADDRESSES)) app.get(path, (c) => page(c, "/chat/index.html"));
  // For everybody but admins the panel does not exist, whatever the method.
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
