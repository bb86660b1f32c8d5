import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";
import { unstorable } from "../../protocol/content.ts";
import { BODY_BYTES_MAX, type FieldErrors } from "../../protocol/envelope.ts";
import type { FailureName } from "../../protocol/failures.ts";
import { parseUuid, USER_ID_MAX } from "../../protocol/text.ts";
import { Failure } from "../base/failure.ts";
import { tell } from "./about.ts";

/**
 * Checks a JSON body: its size, its type, its form, then its fields. `c.req.valid("json")` gives it.
 * @throws Failure which names every faulty field
 */
export function json<S extends z.ZodType>(schema: S) {
  const validate = zValidator("json", schema, refuse);
  const middleware: typeof validate = async (c, next) => {
    // Hono's validator reads the text from here.
    Object.assign(c.req.bodyCache, { text: Promise.resolve(await readText(c.req.raw)) });
    try {
      return await validate(c, next);
    } catch (error) {
      throw error instanceof HTTPException ? new Failure("invalid_json") : error;
    }
  };
  return tell(middleware, { body: schema });
}

/** Checks the query string. `c.req.valid("query")` gives it. */
export const query = <S extends z.ZodType>(schema: S) => tell(zValidator("query", schema, refuse), { query: schema });

function refuse(result: { success: true } | { success: false; error: { issues: readonly z.core.$ZodIssue[] } }) {
  if (result.success) return;
  const { issues } = result.error;
  if (issues.some((issue) => issue.path.length === 0)) throw new Failure("body_not_an_object");
  throw new Failure("validation_failed", { errors: byField(issues) });
}

function byField(issues: readonly z.core.$ZodIssue[]): FieldErrors {
  const errors: FieldErrors = {};
  for (const issue of issues) {
    const field = String(issue.path[0]);
    errors[field] = [...(errors[field] ?? []), issue.message];
  }
  return errors;
}

/** The body's text. An empty body counts as "{}", so that the answer names each missing field. */
async function readText(request: Request): Promise<string> {
  if (!request.body) return "{}";
  const length = request.headers.get("content-length");
  if (Number(length) > BODY_BYTES_MAX) throw new Failure("payload_too_large");
  const reading = length === null ? readBounded(request.body) : request.bytes();
  const bytes = await reading.catch((error: unknown) => {
    // The client hung up within the body and gets no answer. The server is not at fault.
    throw error instanceof Failure ? error : new Failure("invalid_json");
  });
  if (bytes.length === 0) return "{}";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(request.headers.get("content-type") ?? ""))
    throw new Failure("unsupported_media_type");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure("invalid_json");
  }
}

/** Reads a body without a Content-Length, and counts its bytes as they come. */
async function readBounded(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new Failure("payload_too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A whole number in a query string, from `min` up. A number above `max` counts as `max`. */
export const whole = (min: number, max: number, fallback: number) =>
  z
    .string({ error: "A valid integer is required." })
    .regex(/^-?\d+$/, { error: "A valid integer is required." })
    .transform((digits) => Math.min(Number(digits), Number.MAX_SAFE_INTEGER))
    .pipe(z.number().min(min, { error: `Ensure this value is greater than or equal to ${min}.` }))
    .transform((n) => Math.min(n, max))
    .meta({
      type: "integer",
      pattern: undefined,
      minimum: min,
      ...(max < Number.MAX_SAFE_INTEGER ? { description: `More than ${max} is ${max}.` } : {}),
    })
    .default(fallback)
    .meta({ default: fallback });

export const optionalCounter = whole(0, Number.MAX_SAFE_INTEGER, 0).unwrap().optional();

const CURSOR_MAX = 200;

/** The place where a page ended, as its answer gave it under this name. */
export function pageCursor(name: string) {
  const error = `Must be the \`${name}\` of the page before.`;
  return z
    .string({ error })
    .max(CURSOR_MAX, { error })
    .refine((text) => !unstorable(text), { error })
    .meta({ description: `The \`${name}\` of the page before.` });
}

export const optionalFlag = z
  .enum(["true", "false", "1", "0"], { error: "Must be true or false." })
  .transform((text) => text === "true" || text === "1")
  .optional();

export const flag = (fallback: boolean) =>
  optionalFlag
    .unwrap()
    .default(fallback)
    .meta({ default: String(fallback) });

/** Reads an id from the path. A value that is no UUID names nothing, so it is refused as `unknown`. */
export const idIn =
  (parameter: string, unknown: FailureName) =>
  (c: Context): string => {
    const id = parseUuid(c.req.param(parameter) ?? "");
    if (id === undefined) throw new Failure(unknown);
    return id;
  };

export const conversationIdOf = idIn("conversationId", "conversation_not_found");
export const messageIdOf = idIn("messageId", "message_not_found");
export const sessionIdOf = idIn("sessionId", "session_not_found");

export function userIdOf(c: Context, unknown: FailureName = "participant_not_found"): number {
  const text = c.req.param("userId") ?? "";
  if (!/^\d{1,10}$/.test(text) || Number(text) > USER_ID_MAX) throw new Failure(unknown);
  return Number(text);
}
