import type { Context } from "hono";
import { Failure } from "../../base/failure.ts";
import type { Env } from "../../http/env.ts";
import type { BlobKey, BlobStore } from "../../platform/blobs/blobs.ts";
import { namesTag, rangeOf } from "./ranges.ts";

/** The bytes to send, and their description. */
export interface Download {
  key: BlobKey;
  name: string;
  type: string;
  bytes: number;
  /** Names these bytes for ever. */
  tag: string;
}

/** A reader may pause for so long, as a person does who stops a film. */
const PAUSE_S = 120;

/** Types that browsers may show: they run nothing. All others are saved. */
const SHOWN = /^(image\/(png|apng|jpeg|gif|webp|avif|bmp)|(audio|video)\/[\w.+-]+)$/;
/** Types that are told as they are, beside those. */
const TOLD = /^(application\/(pdf|zip|gzip|json)|text\/plain)$/;

/** Even a file that pretends to be something else can do nothing in the origin of the server. */
const POLICY = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

/**
 * Answers with the bytes of a file, or with a part of them. The caller has checked the right to read it.
 * @throws Failure `file_not_found`, `range_not_satisfiable`, `unavailable`
 */
export async function answerDownload(c: Context<Env>, blobs: BlobStore, file: Download): Promise<Response> {
  const tag = `"${file.tag}"`;
  const isShown = SHOWN.test(file.type);
  c.env.timeout(c.req.raw, PAUSE_S);
  const headers = {
    "Content-Type": isShown || TOLD.test(file.type) ? file.type : "application/octet-stream",
    "Content-Disposition": `${isShown ? "inline" : "attachment"}; ${nameParameters(file.name)}`,
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
    ETag: tag,
  };
  if (namesTag(c.req.header("if-none-match"), tag)) return c.body(null, 304, headers);
  const range = isRangeMeant(c, tag) ? rangeIn(c, file.bytes) : undefined;
  const { start, end } = range ?? { start: 0, end: file.bytes };
  const more = range
    ? { "Content-Range": `bytes ${start}-${end - 1}/${file.bytes}`, "Content-Length": String(end - start) }
    : { "Content-Length": String(file.bytes) };
  const status = range ? 206 : 200;
  if (c.req.raw.method === "HEAD") return c.body(null, status, { ...headers, ...more });
  const body = await blobs.read(file.key, range);
  if (body === undefined) throw bytesMissing(file.key);
  // Hono's own answer would make a stream of a file, which the kernel could not send by itself.
  return new Response(body, { status, headers: c.body(null, status, { ...headers, ...more }).headers });
}

/** The failure for a file whose bytes are not there, as after a restore without the store of files. The log gets the key. */
export const bytesMissing = (key: BlobKey) =>
  new Failure("file_not_found", { cause: new Error(`no bytes under ${key}`) });

/** `If-Range`: a part is only of use to a client that has the rest of the same bytes. */
function isRangeMeant(c: Context, tag: string): boolean {
  const condition = c.req.header("if-range");
  return condition === undefined || condition === tag;
}

function rangeIn(c: Context, bytes: number) {
  try {
    return rangeOf(c.req.header("range"), bytes);
  } catch (error) {
    c.header("Content-Range", `bytes */${bytes}`);
    throw error;
  }
}

/** A name for old programs, and for all others the whole one (RFC 6266, RFC 8187). */
function nameParameters(name: string): string {
  const plain = name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const whole = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${whole}`;
}
