import type { Context } from "hono";
import type { ErrorBody, Success } from "../../protocol/envelope.ts";
import { errorToLog, Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { Env } from "./env.ts";

type Answer<T> = Omit<Success<T>, "status">;

/** A 2xx answer in the contract's envelope. */
export const success = <T>(c: Context<Env>, answer: Answer<T>, status: 200 | 201 | 202 = 200) =>
  json(c, JSON.stringify({ status: "success", ...answer } satisfies Success<T>), status);

/** How much of a list is written before other requests have their turn. It takes one or two ms. */
const STRETCH_CHARACTERS = 256 * 1024;

/** A 2xx answer with a list, which may have megabytes. Other requests have their turn while it is written. */
export async function successList<T, M>(c: Context<Env>, list: readonly T[], meta: M) {
  const parts: string[] = [];
  let characters = 0;
  for (const item of list) {
    const part = JSON.stringify(item);
    parts.push(part);
    characters += part.length;
    if (characters < STRETCH_CHARACTERS) continue;
    characters = 0;
    await nextTurn();
  }
  return json(c, `{"status":"success","data":[${parts.join(",")}],"meta":${JSON.stringify(meta)}}`, 200);
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A 2xx answer whose data is JSON already. */
export const successText = (c: Context<Env>, data: string) => json(c, `{"status":"success","data":${data}}`, 200);

/**
 * Bun sends an asynchronous answer of more than 15,360 bytes in pieces. Each header takes four system calls, and a page
 * of 17 KB takes 63. A stream that is written at once goes out whole, with its Content-Length.
 */
const WHOLE_UNTIL_BYTES = 15_000;

function json(c: Context<Env>, text: string, status: 200 | 201 | 202) {
  const headers = { "Content-Type": "application/json" };
  const bytes = Buffer.byteLength(text);
  if (bytes <= WHOLE_UNTIL_BYTES) return c.body(text, status, headers);
  const write = (controller: ReadableStreamDirectController) => {
    controller.write(text);
    controller.end();
  };
  // Below this mark Bun sends nothing before the stream ends.
  const body = new ReadableStream({ type: "direct", pull: write }, { highWaterMark: bytes + 1 });
  return c.body(body, status, headers);
}

/** An error in the contract's envelope. This is the one place where a Failure becomes an HTTP answer. */
export function failureAnswer(c: Context<Env>, error: unknown, logger: Logger) {
  const failure = error instanceof Failure ? error : new Failure("internal");
  const request_id = c.var.requestId;
  const fault = errorToLog(error);
  if (fault !== undefined) logger.error({ err: fault, request_id }, "a request failed");
  const body: ErrorBody = { status: "error", message: failure.message, code: failure.code };
  if (failure.errors) body.errors = failure.errors;
  if (failure.status >= 500) body.request_id = request_id;
  if (failure.retryAfter !== undefined) c.header("Retry-After", String(failure.retryAfter));
  return c.json(body, failure.status);
}
