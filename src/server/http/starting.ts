import type { ErrorBody, Success } from "../../protocol/envelope.ts";
import { type FailureName, failures } from "../../protocol/failures.ts";
import { pathOf, wantsPage } from "./pages/navigation.ts";
import { barePage, type Look } from "./pages/page.ts";

/** The answer before the node is open. A health check learns that the process lives; all others get `starting`. */
export function startingAnswer(request: Request, look: Look): Response {
  const path = pathOf(request);
  if (wantsPage(request)) {
    const { html, headers } = barePage(STARTING, look);
    const more = { "Retry-After": String(STARTING.reloadAfter), "Referrer-Policy": "no-referrer" };
    return new Response(html, { status: 503, headers: { ...headers, ...more, ...bareHeaders() } });
  }
  if (!/^\/api\/chat\/health\/?$/.test(path)) return bareFailure("starting", { "Retry-After": "1" });
  return Response.json({ status: "success", message: "API is running" } satisfies Success, { headers: bareHeaders() });
}

const STARTING = {
  title: "The server is starting",
  text: "This takes a moment. The page then opens by itself.",
  reloadAfter: 2,
};

/** A failure in the contract's envelope, for requests that don't reach the app. */
export function bareFailure(name: FailureName, more: Record<string, string> = {}): Response {
  const headers = { "Cache-Control": "no-store", ...bareHeaders(), ...more };
  const { code, message, status } = failures[name];
  const body: ErrorBody = { status: "error", message, code, request_id: headers["X-Request-Id"] };
  return Response.json(body, { status, headers });
}

const bareHeaders = () => ({ "X-Request-Id": crypto.randomUUID(), "X-Content-Type-Options": "nosniff" });
