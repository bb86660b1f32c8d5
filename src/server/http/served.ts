import type { Context } from "hono";
import type { Env } from "./env.ts";

/** For what has a hash of its content in its name. */
export const FOR_EVER = "public, max-age=31536000, immutable";

/** A file, and the same packed, worked out once. */
export interface Served {
  type: string;
  /** Blobs, which are not copied for each reader: a slow one keeps what it is sent. */
  plain: Blob;
  packed: Blob;
  etag: string;
}

export function served(type: string, content: string | Uint8Array): Served {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const etag = `"${Bun.hash(bytes).toString(36)}"`;
  const copy = Uint8Array.from(bytes);
  return { type, plain: new Blob([copy]), packed: new Blob([Bun.gzipSync(copy, { level: 9 })]), etag };
}

/**
 * Unpacked and packed are one thing to a cache, each under its own tag.
 * @param cache what `Cache-Control` says
 * @param vary what else of a request the content depends on
 */
export function answerFile(c: Context<Env>, { type, plain, packed, etag }: Served, cache: string, vary = "") {
  const takesGzip = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
  const tag = takesGzip ? etag.replace(/"$/, '-gz"') : etag;
  c.header("Cache-Control", cache);
  c.header("Vary", `Accept-Encoding${vary}`);
  c.header("ETag", tag);
  // Weak or not, which proxies change: it names the same.
  const known = c.req.header("if-none-match")?.split(/\s*,\s*/) ?? [];
  if (known.some((name) => name.replace(/^W\//, "") === tag)) return c.body(null, 304);
  if (takesGzip) c.header("Content-Encoding", "gzip");
  const { headers } = c.body(null, 200, { "Content-Type": type });
  return new Response(takesGzip ? packed : plain, { headers });
}
