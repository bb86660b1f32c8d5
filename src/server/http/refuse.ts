import type { Context, Hono } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import { failureAnswer } from "./answers.ts";
import type { Env } from "./env.ts";
import { isApiPath } from "./pages/navigation.ts";
import type { Look } from "./pages/page.ts";

interface Parts {
  logger: Logger;
  /** The look of pages about failures. */
  look(): Look;
  /** Finds the session as the addresses of the admin panel do. */
  findSession(c: Context<Env>): Promise<unknown>;
}

/**
 * Answers faults and unknown paths. MUST be called after the last route, because it reads the methods of all routes.
 */
export function refuseTheRest(app: Hono<Env>, { logger, look, findSession }: Parts): void {
  const methodsOf = allowedMethods(app);
  app.notFound(async (c) => {
    const { path } = c.req;
    const allowed = methodsOf(path);
    if (allowed.length > 0) {
      c.header("Allow", allowed.join(", "));
      return failureAnswer(c, new Failure("method_not_allowed"), logger, look);
    }
    // As long as the admin panel takes to refuse, so that nobody can tell it from an address without a page. Requests to the
    // API have had their session looked up by now.
    if (!isApiPath(path)) await findSession(c);
    return failureAnswer(c, new Failure("path_not_found"), logger, look);
  });
  app.onError((error, c) => failureAnswer(c, error, logger, look));
}

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
