import type { ErrorBody, Success } from "../protocol/envelope.ts";
import { type FailureName, failures } from "../protocol/failures.ts";

/** What is answered before the node is open: that the process lives, and that it can't serve yet. */
export function startingAnswer(request: Request): Response {
  const path = URL.canParse(request.url) ? new URL(request.url).pathname : "";
  const isPage = !/^\/(api|ws)(\/|$)/.test(path) && request.headers.get("accept")?.includes("text/html");
  if (isPage) return startingPage();
  if (!/^\/api\/chat\/health\/?$/.test(path)) return bareFailure("starting", { "Retry-After": "1" });
  return Response.json({ status: "success", message: "API is running" } satisfies Success, { headers: bareHeaders() });
}

/** For people: it asks again by itself. */
function startingPage(): Response {
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="refresh" content="1">
    <title>Confab is starting</title>
  </head>
  <body><p>Confab is starting. This page goes on by itself.</p></body>
</html>
`;
  const headers = {
    ...bareHeaders(),
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Retry-After": "1",
  };
  return new Response(html, { status: 503, headers });
}

/** A refusal from outside the application, in the contract's envelope all the same. */
export function bareFailure(name: FailureName, more: Record<string, string> = {}): Response {
  const headers = { ...bareHeaders(), ...more };
  const { code, message, status } = failures[name];
  const body: ErrorBody = { status: "error", message, code, request_id: headers["X-Request-Id"] };
  return Response.json(body, { status, headers });
}

const bareHeaders = () => ({ "X-Request-Id": crypto.randomUUID(), "X-Content-Type-Options": "nosniff" });
