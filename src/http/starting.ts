import type { ErrorBody, Success } from "../protocol/envelope.ts";
import { failures } from "../protocol/failures.ts";

/** What is answered before the node is open: that the process lives, and that it can't serve yet. */
export function startingAnswer(request: Request | undefined): Response {
  const request_id = crypto.randomUUID();
  const headers = { "X-Request-Id": request_id, "X-Content-Type-Options": "nosniff", "Retry-After": "1" };
  const path = request && URL.canParse(request.url) ? new URL(request.url).pathname.replace(/\/?$/, "/") : undefined;
  if (path === "/api/chat/health/")
    return Response.json({ status: "success", message: "API is running" } satisfies Success, { headers });
  const { code, message, status } = request ? failures.starting : failures.bad_host;
  return Response.json({ status: "error", message, code, request_id } satisfies ErrorBody, { status, headers });
}
