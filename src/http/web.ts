import { type Context, Hono } from "hono";
import { Failure } from "../domain/errors.ts";
import type { WebFile } from "../web/files.ts";
import type { Env } from "./env.ts";
import { answerFile, FOR_EVER, type Served, served } from "./served.ts";
import type { SessionCookies } from "./session-cookies.ts";

/** The addresses of the chat page: it reads from them what to show. */
const CHAT_PATHS = ["/", "/sign-in", "/register", "/c/:conversationId", "/settings", "/settings/:part"];

/** Those of the admin panel. */
const ADMIN_PATHS = [
  "/admin",
  "/admin/users",
  "/admin/users/:userId",
  "/admin/conversations",
  "/admin/conversations/:conversationId",
  "/admin/invites",
  "/admin/limits",
  "/admin/audit",
  "/admin/settings",
];

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
  // For the address of the service worker (web/chat/session/worker.ts), which is no text to a browser but a script.
  "trusted-types confab-worker",
].join("; ");

/** The service worker asks this server for files, and does nothing else. */
const WORKER_POLICY = "default-src 'none'; connect-src 'self'";

const ICON_CACHE = "public, max-age=86400";

export interface WebServices {
  cookies: SessionCookies;
  /** The bundled web client; asked for once, at the first request for it. */
  webFiles(): Promise<readonly WebFile[]>;
  /** What the page has to know before anybody is logged in, as `<meta name="confab-…">`. */
  pageSettings: { registration: "open" | "invite" | "closed"; directory: "all" | "shared" };
}

/** The web client: its pages, and its assets, whose names change with their content. */
export function webRoutes(services: WebServices) {
  const app = new Hono<Env>();
  let loading: Promise<Map<string, Served>> | undefined;
  const load = async () => {
    const files = await services.webFiles();
    const settings = Object.entries(services.pageSettings);
    const meta = settings.map(([name, value]) => `<meta name="confab-${name}" content="${value}">`).join("\n    ");
    return new Map(files.map((file) => [file.path, ready(file, meta)]));
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
  const page = async (c: Context<Env>, path: string, cache = "no-cache") => {
    const file = await find(path);
    c.header("Content-Security-Policy", PAGE_POLICY);
    return answerFile(c, file, cache);
  };

  for (const path of CHAT_PATHS) app.get(path, (c) => page(c, "/chat/index.html"));
  // To all others there is nothing here, whatever the method.
  for (const path of ADMIN_PATHS)
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

function ready({ path, type, bytes }: WebFile, meta: string): Served {
  if (!path.endsWith(".html")) return served(type, bytes);
  return served(type, new TextDecoder().decode(bytes).replace("</title>", `</title>\n    ${meta}`));
}
