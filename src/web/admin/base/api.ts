import { signal } from "@preact/signals";
import type { ErrorBody, FieldErrors, Success } from "../../../protocol/envelope.ts";
import { adminTexts } from "../../texts/admin.ts";
import { confirmPassword } from "./confirm-password.tsx";

/** The server refused, or did not answer (`status` 0). */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** What is wrong with the fields of a form. */
    readonly errors?: FieldErrors | undefined,
    /** In seconds: what is asked sooner is refused too. */
    readonly retryAfter?: number | undefined,
  ) {
    super(message);
  }
}

/** The person closed the question for their password: nothing is done, and nothing has to be said. */
export class Cancelled extends Error {}

/** The session has ended, or is no superuser's any more: nothing here can be shown. */
export const isShutOut = signal(false);

/** So long an answer to what only looks is waited for: a connection may be dead without anybody having said so. */
const PATIENCE_MS = 30_000;

/**
 * Asks the server for something under `/api/`. An act that the server does only for somebody who has proved lately who they
 * are is done once they have given their password.
 * @throws Refusal, Cancelled
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
  // What broke off on its way is no answer.
  if (answer.ok && said !== undefined) return said as Success<T>;
  const { message = adminTexts.failed, code, errors } = (said ?? {}) as Partial<ErrorBody>;
  if (code === "confirmation_required") {
    const check = (password: string) => call("POST", "users/confirm/", { password });
    if (!(await confirmPassword(check))) throw new Cancelled();
    return call(method, path, body);
  }
  // What is not there is named ("User not found"); who may not be here is told this, whatever they ask for.
  if (answer.status === 401 || (answer.status === 404 && message === "Not found")) isShutOut.value = true;
  const wait = answer.headers.get("retry-after");
  throw new Refusal(answer.status, message, errors, wait === null ? undefined : Number(wait));
}

/** What cannot be asked for again: an action, whose failure is told. Resolves with whether it was done. */
export const admin = <T>(method: string, path: string, body?: unknown) => call<T>(method, `admin/${path}`, body);
