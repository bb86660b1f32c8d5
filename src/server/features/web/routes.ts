import { type Context, Hono } from "hono";
import { LRUCache } from "lru-cache";
import { ADMIN_ADDRESSES, CHAT_ADDRESSES, REFERENCE_ADDRESS } from "../../../web/addresses.ts";
import { HEX, tintedIcon } from "../../../web/colour.ts";
import type { WebFile } from "../../../web/files.ts";
import { Failure } from "../../base/failure.ts";
import { about } from "../../http/about.ts";
import type { Env } from "../../http/env.ts";
import { hashOf } from "../../http/html.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import { answerFile, FOR_EVER, type Served, served } from "../../http/served.ts";
import { type FactServices, headFor, manifestFor, withHead } from "./page-facts.ts";

/** Everything comes from this server, and only its own files run, so a message can't become code. */
const pagePolicy = (style: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${style === "" ? "" : ` ${hashOf(style)}`}`,
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
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

const aboutReference = about({
  id: "docs",
  summary: "This API for people, to read and to try",
  public: true,
  answers: {
    200: { type: "text/html", description: "The page." },
    304: { description: "The client has this version, which `If-None-Match` names." },
  },
});

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
    const [file, head] = await Promise.all([find(path), headFor(c, services)]);
    const key = `${path} ${head.html}`;
    const ready = sent.get(key) ?? served(file.type, withHead(await file.plain.text(), head));
    sent.set(key, ready);
    c.header("Content-Security-Policy", pagePolicy(head.style));
    c.header("X-Robots-Tag", "noindex");
    return answerFile(c, ready, cache, ", Cookie");
  };

  for (const path of Object.values(CHAT_ADDRESSES)) app.get(path, (c) => page(c, "/chat/index.html"));
  // For everybody but admins the panel does not exist, whatever the method.
  for (const path of Object.values(ADMIN_ADDRESSES))
    app.all(path, async (c) => {
      const found = await services.cookies.findFor(c);
      if (!found?.session.isSuperuser || !/^(GET|HEAD)$/.test(c.req.method)) throw new Failure("path_not_found");
      return page(c, "/admin/index.html", "no-store");
    });
  app.get(REFERENCE_ADDRESS, aboutReference, (c) => page(c, "/reference/index.html"));
  app.get("/assets/:name", async (c) => answerFile(c, await find(`/assets/${c.req.param("name")}`), FOR_EVER));
  app.get("/icons/:name", async (c) => {
    const file = await find(`/icons/${c.req.param("name")}`);
    const color = `#${c.req.query("color") ?? ""}`;
    if (!file.type.startsWith("image/svg") || !HEX.test(color)) return answerFile(c, file, ICON_CACHE);
    return answerFile(c, served(file.type, tintedIcon(await file.plain.text(), color)), ICON_CACHE);
  });
  app.get("/manifest.webmanifest", async (c) => {
    const file = await find("/manifest.webmanifest");
    const manifest = manifestFor(services.settings, await file.plain.text());
    return answerFile(c, served(file.type, manifest), "no-cache");
  });
  // A private server has nothing for search engines.
  app.get("/robots.txt", (c) => c.text("User-agent: *\nDisallow: /\n", 200, { "Cache-Control": ICON_CACHE }));
  app.get("/sw.js", async (c) => {
    c.header("Content-Security-Policy", WORKER_POLICY);
    return answerFile(c, await find("/sw.js"), "no-cache");
  });
  return app;
}
