import type { Context } from "hono";
import type { ErrorBody, Success } from "../../protocol/envelope.ts";
import { errorToLog, Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { Env } from "./env.ts";
import { pageOf } from "./pages/failures.ts";
import { wantsPage } from "./pages/navigation.ts";
import { barePage, type Look } from "./pages/page.ts";

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

/** The body of a 2xx answer, from data that is JSON already. */
export const encodeSuccess = (data: string): Bytes => new TextEncoder().encode(`{"status":"success","data":${data}}`);

/** A 2xx answer with such a body. One body can answer many requests. */
export const successBody = (c: Context<Env>, body: Bytes) => json(c, body, 200);

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Bun sends an asynchronous answer of more than 15,360 bytes in pieces. Each header takes four system calls, and a page
 * of 17 KB takes 63. A stream that is written at once goes out whole, with its Content-Length.
 */
const WHOLE_UNTIL_BYTES = 15_000;

/** A shorter answer fits into a packet or two anyway. A longer one would hold up all others while it is compressed. */
const PACKED_BYTES = { min: 2_000, max: 500_000 };

/** Bodies that answer many requests, compressed. */
const packed = new WeakMap<Bytes, Bytes>();

/**
 * Compresses an answer to a page of this server, which may be on a slow line. Other clients get it plain: for programs
 * beside the server that is faster, and a page of another site learns nothing from lengths.
 */
function pack(c: Context<Env>, content: string | Bytes): Bytes | undefined {
  const { length } = content;
  if (length < PACKED_BYTES.min || length > PACKED_BYTES.max) return undefined;
  if (c.req.header("sec-fetch-site") !== "same-origin") return undefined;
  if (!/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) return undefined;
  const plain = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const bytes = packed.get(plain) ?? Bun.gzipSync(plain, { level: 1 });
  packed.set(plain, bytes);
  return bytes;
}

function json(c: Context<Env>, plain: string | Bytes, status: 200 | 201 | 202) {
  const small = pack(c, plain);
  const content = small ?? plain;
  if (small) c.header("Content-Encoding", "gzip");
  const headers = { "Content-Type": "application/json" };
  const bytes = Buffer.byteLength(content);
  if (bytes <= WHOLE_UNTIL_BYTES) return c.body(content, status, headers);
  const write = (controller: ReadableStreamDirectController) => {
    controller.write(content);
    controller.end();
  };
  // Below this mark Bun sends nothing before the stream ends.
  const body = new ReadableStream({ type: "direct", pull: write }, { highWaterMark: bytes + 1 });
  return c.body(body, status, headers);
}

/**
 * A failure as a page for a person's browser, and in the contract's envelope for programs. This is the one place where a
 * Failure becomes an HTTP answer.
 */
export function failureAnswer(c: Context<Env>, error: unknown, logger: Logger, look: () => Look) {
  const failure = error instanceof Failure ? error : new Failure("internal");
  const request_id = c.var.requestId;
  const fault = errorToLog(error);
  if (fault !== undefined) logger.error({ err: fault, request_id }, "a request failed");
  if (failure.retryAfter !== undefined) c.header("Retry-After", String(failure.retryAfter));
  if (wantsPage(c.req.raw)) {
    const { html, headers } = barePage(pageOf(failure, request_id), look());
    return c.body(html, failure.status, headers);
  }
  const body: ErrorBody = { status: "error", message: failure.message, code: failure.code };
  if (failure.errors) body.errors = failure.errors;
  if (failure.lastSeq !== undefined) body.last_seq = failure.lastSeq;
  if (failure.data !== undefined) body.data = failure.data;
  if (failure.status >= 500) body.request_id = request_id;
  c.header("Cache-Control", "no-store");
  return c.json(body, failure.status);
}
