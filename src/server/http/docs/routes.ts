import { Hono } from "hono";
import type { RouterRoute } from "hono/types";
import { about, type DocumentedAnswer } from "../about.ts";
import type { Env } from "../env.ts";
import type { ApiSection } from "../route-group.ts";
import { answerFile, served } from "../served.ts";
import { asyncApi } from "./asyncapi.ts";
import { openApi } from "./openapi.ts";

const answers: Record<200 | 304, DocumentedAnswer> = {
  200: { type: "application/json", description: "The document." },
  304: { description: "The client has this version, which `If-None-Match` names." },
};

/**
 * The documents of the API. They come before the middleware of the other routes: they need no session, count for no
 * limit, and are made once, the same for everybody. `src/web/reference/` shows them to people.
 * @param routes gives all routes of the app. It is called when the first document is asked for
 * @param sections the groups of these routes, in the order of the page
 * @param cookie gives the name of the session's cookie
 */
export function docsRoutes(
  routes: () => readonly RouterRoute[],
  sections: readonly ApiSection[],
  cookie: () => string,
) {
  const app = new Hono<Env>();

  const http = once(() => openApi(routes(), sections, cookie()));
  const aboutOpenApi = about({ id: "openApi", summary: "This API as OpenAPI 3.1", public: true, answers });
  app.get("/openapi.json", aboutOpenApi, (c) => answerFile(c, http(), "no-cache"));

  const frames = once(() => asyncApi(cookie()));
  const aboutAsyncApi = about({
    id: "asyncApi",
    summary: "The frames of the sockets as AsyncAPI 3.0",
    public: true,
    answers,
  });
  app.get("/asyncapi.json", aboutAsyncApi, (c) => answerFile(c, frames(), "no-cache"));
  return app;
}

/** Makes a document at the first call and keeps it. A call that fails is made again. */
function once(make: () => unknown) {
  let made: ReturnType<typeof served> | undefined;
  return () => {
    made ??= served("application/json", JSON.stringify(make()));
    return made;
  };
}
