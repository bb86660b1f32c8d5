import { Hono } from "hono";
import { html } from "hono/html";
import type { RouterRoute } from "hono/types";
import { Failure } from "../../base/failure.ts";
import { about, type DocumentedAnswer } from "../about.ts";
import type { Env } from "../env.ts";
import type { ApiSection } from "../route-group.ts";
import { answerFile, FOR_EVER, served } from "../served.ts";
import { loadAssets } from "./assets.ts";
import { asyncApi } from "./asyncapi.ts";
import { framesPage } from "./frames-page.ts";
import { openApi } from "./openapi.ts";

/** Allows nothing from other servers and no inline script. Swagger UI writes inline styles on its elements. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const UNCHANGED = { 304: { description: "The client has this version, which `If-None-Match` names." } };
const answers = (type: string, description: string): Record<200 | 304, DocumentedAnswer> => ({
  200: { type, description },
  ...UNCHANGED,
});

/**
 * The API's pages and documents. They come before the middleware of the other routes: they need no session, count for
 * no limit, and are made once, the same for everybody.
 * @param routes gives all routes of the app. It is called when the first page is asked for
 * @param sections the groups of these routes, in the order of the page
 * @param cookie gives the name of the session's cookie
 */
export function docsRoutes(
  routes: () => readonly RouterRoute[],
  sections: readonly ApiSection[],
  cookie: () => string,
) {
  const app = new Hono<Env>();
  const assets = once(loadAssets);
  const file = (type: string, make: () => unknown) => once(async () => served(type, String(await make())));

  const http = file("application/json", () => JSON.stringify(openApi(routes(), sections, cookie())));
  const aboutOpenApi = about({
    id: "openApi",
    summary: "This API as OpenAPI 3.1",
    public: true,
    answers: answers("application/json", "The document."),
  });
  app.get("/openapi.json", aboutOpenApi, async (c) => answerFile(c, await http(), "no-cache"));

  const frames = file("application/json", () => JSON.stringify(asyncApi(cookie())));
  const aboutAsyncApi = about({
    id: "asyncApi",
    summary: "The frames of the sockets as AsyncAPI 3.0",
    public: true,
    answers: answers("application/json", "The document."),
  });
  app.get("/asyncapi.json", aboutAsyncApi, async (c) => answerFile(c, await frames(), "no-cache"));

  const pages = {
    http: file("text/html; charset=utf-8", async () => {
      const { urls } = await assets();
      const body = html`<div id="ui"></div>
        <noscript><p>The same without scripts: <a href="/api/openapi.json">openapi.json</a></p></noscript>`;
      return layout("Confab's API", [urls.swaggerCss, urls.pageCss], [urls.swaggerJs, urls.startJs], body);
    }),
    frames: file("text/html; charset=utf-8", async () => {
      const { urls } = await assets();
      return layout("Confab's frames", [urls.pageCss], [], html`<main>${framesPage(asyncApi(cookie()))}</main>`);
    }),
  };
  const aboutPage = about({
    id: "docs",
    summary: "This API for people, to read and to try",
    public: true,
    answers: answers("text/html", "The page."),
  });
  const aboutFrames = about({
    id: "framesDocs",
    summary: "The frames of the sockets for people",
    public: true,
    answers: answers("text/html", "The page."),
  });
  app.use("/docs/*", async (c, next) => {
    c.header("Content-Security-Policy", PAGE_POLICY);
    await next();
  });
  app.get("/docs", aboutPage, async (c) => answerFile(c, await pages.http(), "no-cache"));
  app.get("/docs/frames", aboutFrames, async (c) => answerFile(c, await pages.frames(), "no-cache"));

  const aboutAsset = about({
    id: "docsAsset",
    summary: "A file of these pages",
    public: true,
    answers: answers("*/*", "The file; its name has a hash of its content."),
    failures: ["path_not_found"],
  });
  app.get("/docs/assets/:file", aboutAsset, async (c) => {
    const found = (await assets()).files.get(c.req.param("file"));
    if (!found) throw new Failure("path_not_found");
    return answerFile(c, found, FOR_EVER);
  });
  return app;
}

/** Makes a value at the first call and keeps it. A call that fails is made again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

function layout(title: string, styles: string[], scripts: string[], body: unknown) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
${styles.map((url) => html`<link rel="stylesheet" href="${url}">`)}
${scripts.map((url) => html`<script defer src="${url}"></script>`)}
</head>
<body>
<header><nav aria-label="API">
<a href="/api/docs/">HTTP</a><a href="/api/docs/frames/">Frames</a>
<a href="/api/openapi.json">openapi.json</a><a href="/api/asyncapi.json">asyncapi.json</a>
</nav></header>
${body}
</body>
</html>`;
}
