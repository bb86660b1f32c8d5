import type { Context, Hono } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import { failureAnswer } from "./answers.ts";
import type { Env } from "./env.ts";
import { barePage, wantsPage } from "./pages.ts";

/**
 * Answers faults and unknown paths. MUST be called after the last route, because it reads the methods of all routes.
 */
export function refuseTheRest(app: Hono<Env>, logger: Logger): void {
  /** A person's browser gets a page for an unknown path. Programs get the envelope. */
  const refuse = (c: Context<Env>, error: unknown) =>
    error instanceof Failure && error.reason === "path_not_found" && wantsPage(c.req.raw)
      ? c.body(NOT_FOUND.html, 404, NOT_FOUND.headers)
      : failureAnswer(c, error, logger);
  const methodsOf = allowedMethods(app);
  app.notFound((c) => {
    const allowed = methodsOf(c.req.path);
    if (allowed.length === 0) return refuse(c, new Failure("path_not_found"));
    c.header("Allow", allowed.join(", "));
    return failureAnswer(c, new Failure("method_not_allowed"), logger);
  });
  app.onError((error, c) => refuse(c, error));
}

/** The page for an address that has none. A person who may not see a page gets this one, too. */
const NOT_FOUND = barePage({
  title: "There is no page here",
  text: "Either the address is wrong, or the page is for admins and you are not signed in as one.",
  link: { to: "/", text: "Open the chat" },
});

/** Gives the methods that a path has, which it reads from the routes themselves. */
function allowedMethods(app: Hono<Env>): (path: string) => string[] {
  const router = new TrieRouter<string>();
  for (const { method, path } of app.routes) if (method !== "ALL") router.add("ANY", path, method);
  return (path) => {
    const methods = new Set(router.match("ANY", path)[0].map(([method]) => method));
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods].sort();
  };
}
