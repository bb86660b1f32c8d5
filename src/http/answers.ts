import type { Context } from "hono";
import { Failure } from "../domain/errors.ts";
import type { Logger } from "../domain/logger.ts";
import type { ErrorBody, Success } from "../protocol/envelope.ts";
import type { Env } from "./env.ts";

type Answer<T> = Omit<Success<T>, "status">;

/** A 2xx answer in the contract's envelope. */
export const success = <T>(c: Context<Env>, answer: Answer<T>, status: 200 | 201 = 200) =>
  c.json({ status: "success", ...answer } satisfies Success<T>, status);

/** The same for data that is JSON already. */
export const successText = (c: Context<Env>, data: string) =>
  c.body(`{"status":"success","data":${data}}`, 200, { "Content-Type": "application/json" });

/** Any error in the contract's envelope: the one place where a Failure becomes an HTTP answer. */
export function failureAnswer(c: Context<Env>, error: unknown, logger: Logger) {
  const failure = error instanceof Failure ? error : new Failure("internal");
  const request_id = c.var.requestId;
  if (failure !== error) logger.error({ err: error, request_id }, "a request failed");
  const body: ErrorBody = { status: "error", message: failure.message, code: failure.code };
  if (failure.errors) body.errors = failure.errors;
  if (failure.status >= 500) body.request_id = request_id;
  if (failure.retryAfter !== undefined) c.header("Retry-After", String(failure.retryAfter));
  return c.json(body, failure.status);
}
