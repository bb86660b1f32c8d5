import type { ErrorBody, Success } from "../../protocol/envelope.ts";
import { type FailureName, failures } from "../../protocol/failures.ts";
import { barePage, pathOf, wantsPage } from "./pages.ts";

/** The answer before the node is open. A health check learns that the process lives; all others get `starting`. */
export function startingAnswer(request: Request): Response {
  const path = pathOf(request);
  if (wantsPage(request))
    return new Response(STARTING.html, { status: 503, headers: { ...STARTING.headers, ...bareHeaders() } });
  if (!/^\/api\/chat\/health\/?$/.test(path)) return bareFailure("starting", { "Retry-After": "1" });
  return Response.json({ status: "success", message: "API is running" } satisfies Success, { headers: bareHeaders() });
}

const STARTING = barePage({ title: "Confab is starting", text: "This page goes on by itself.", refresh: true });

/** A failure in the contract's envelope, for requests that don't reach the app. */
export function bareFailure(name: FailureName, more: Record<string, string> = {}): Response {
  const headers = { ...bareHeaders(), ...more };
  const { code, message, status } = failures[name];
  const body: ErrorBody = { status: "error", message, code, request_id: headers["X-Request-Id"] };
  return Response.json(body, { status, headers });
}

const bareHeaders = () => ({ "X-Request-Id": crypto.randomUUID(), "X-Content-Type-Options": "nosniff" });
