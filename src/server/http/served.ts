import type { Context } from "hono";
import type { Env } from "./env.ts";

/** `Cache-Control` of files that have a hash of their content in their name. */
export const FOR_EVER = "public, max-age=31536000, immutable";

/** A file, plain and compressed. Both are made once. */
export interface Served {
  type: string;
  /** Blobs are not copied for each reader, so slow readers cost no memory. */
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
 * Answers with a file, compressed where the client accepts it. Each form has an ETag of its own.
 * @param cache the value of `Cache-Control`
 * @param vary further request headers that the content depends on
 */
export function answerFile(c: Context<Env>, { type, plain, packed, etag }: Served, cache: string, vary = "") {
  const takesGzip = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
  const tag = takesGzip ? etag.replace(/"$/, '-gz"') : etag;
  c.header("Cache-Control", cache);
  c.header("Vary", `Accept-Encoding${vary}`);
  c.header("ETag", tag);
  // Proxies make tags weak. A weak tag names the same content.
  const known = c.req.header("if-none-match")?.split(/\s*,\s*/) ?? [];
  if (known.some((name) => name.replace(/^W\//, "") === tag)) return c.body(null, 304);
  if (takesGzip) c.header("Content-Encoding", "gzip");
  const { headers } = c.body(null, 200, { "Content-Type": type });
  return new Response(takesGzip ? packed : plain, { headers });
}
