// The limit: the least that a server of files on Bun can do. It checks nobody, and remembers nothing.
import { mkdirSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";

const folder = process.env["FOLDER"];
if (folder === undefined) throw new Error("FOLDER is not set");
mkdirSync(folder, { recursive: true });

Bun.serve({
  hostname: process.env["HOST"] ?? "127.0.0.1",
  port: Number(process.env["PORT"]),
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  idleTimeout: 120,
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const path = join(folder, pathname.slice(1).replaceAll("/", "_"));
    switch (request.method) {
      case "PUT":
        await store(path, Number(searchParams.get("offset") ?? 0), request.body);
        return new Response("stored");
      case "DELETE":
        await rm(path, { force: true });
        return new Response("gone");
      case "POST":
        return picture(path);
      default:
        return pathname.startsWith("/api/") ? new Response("ready") : read(path, request.headers.get("Range"));
    }
  },
});

async function store(path: string, offset: number, body: ReadableStream<Uint8Array> | null) {
  await using handle = await open(path, offset === 0 ? "w" : "r+");
  let at = offset;
  if (body)
    for await (const chunk of body) {
      await handle.write(chunk, 0, chunk.length, at);
      at += chunk.length;
    }
  await handle.sync();
}

function read(path: string, range: string | null): Response {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  if (start === undefined || end === undefined) return new Response(Bun.file(path));
  return new Response(Bun.file(path).slice(Number(start), Number(end) + 1), { status: 206 });
}

/** The time of `Bun.Image` alone, for a picture that is in memory. */
async function picture(path: string): Promise<Response> {
  const bytes = await Bun.file(path).bytes();
  const began = performance.now();
  await new Bun.Image(bytes).resize(32, 32, { fit: "inside" }).png().blob();
  return new Response(String(performance.now() - began));
}
