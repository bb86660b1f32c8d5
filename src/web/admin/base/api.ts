import { signal } from "@preact/signals";
import type { ErrorBody, FieldErrors, Success } from "../../../protocol/envelope.ts";
import { adminTexts } from "../../texts/admin/texts.ts";
import { confirmPassword } from "./confirm-password.tsx";

/** The server refused the request, or did not answer (`status` 0). */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** The errors by field of a form. */
    readonly errors?: FieldErrors | undefined,
    /** Seconds to wait. The server refuses earlier requests too. */
    readonly retryAfter?: number | undefined,
  ) {
    super(message);
  }
}

/** The person closed the password dialog. Nothing was done, and the page says nothing. */
export class Cancelled extends Error {}

/** The session has ended, or its user is no longer an admin. The panel can show nothing. */
export const isShutOut = signal(false);

/** How long a reading request may take. A connection can be dead without an error. */
const PATIENCE_MS = 30_000;

/**
 * Calls the API under `/api/`. If the server wants a recent proof of identity, asks for the password and repeats the
 * call.
 * @throws Refusal if the server refuses or does not answer, Cancelled if the person closes the password dialog
 */
export async function call<T>(method: string, path: string, body?: unknown): Promise<Success<T>> {
  const answer = await fetch(`/api/${path}`, {
    method,
    signal: method === "GET" ? AbortSignal.timeout(PATIENCE_MS) : null,
    ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Refusal(0, adminTexts.offline);
  });
  const said: unknown = await answer.json().catch(() => undefined);
  // A body that broke off on its way is not an answer.
  if (answer.ok && said !== undefined) return said as Success<T>;
  const { message = adminTexts.failed, code, errors } = (said ?? {}) as Partial<ErrorBody>;
  if (code === "confirmation_required") {
    const check = (password: string) => call("POST", "users/confirm/", { password });
    if (!(await confirmPassword(check))) throw new Cancelled();
    return call(method, path, body);
  }
  // A missing record has a message of its own ("User not found"). People who may not use the panel get "Not found" for
  // every path.
  if (answer.status === 401 || (answer.status === 404 && message === "Not found")) isShutOut.value = true;
  const wait = answer.headers.get("retry-after");
  throw new Refusal(answer.status, message, errors, wait === null ? undefined : Number(wait));
}

/** Calls the API under `/api/admin/`. */
export const admin = <T>(method: string, path: string, body?: unknown) => call<T>(method, `admin/${path}`, body);
