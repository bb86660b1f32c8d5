import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { ErrorBody } from "../../../protocol/envelope.ts";
import { file as fileSchema, uploadFields } from "../../../protocol/files.ts";
import { Failure } from "../../base/failure.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { idIn, query } from "../../http/input.ts";
import { uploadLimit } from "../../http/middleware/rate-limits.ts";
import type { Limits } from "../../limits/limits.ts";
import { type StoredFile, shownFile } from "./file.ts";
import { UNUSED_MS } from "./limits.ts";
import type { Files } from "./service.ts";
import {
  checksumOf,
  metadataHeader,
  metadataOf,
  requireVersion,
  TUS_VERSION,
  tusAbilities,
  uploadLength,
  uploadOffset,
} from "./tus.ts";

const fileIdOf = idIn("fileId", "file_not_found");
/** The store may take so long with what it has, while nothing comes. Stalled clients are cut off much earlier. */
const STORE_S = 120;
/** An upload in one request waits so long until its file is checked. */
const CHECK_WITHIN_MS = 20_000;
const BODY = "application/offset+octet-stream";

/** Uploads: with tus, in parts, or in one request. Bodies go to the store as they come. */
export function tusRoutes({ files, limits }: { files: Files; limits: Limits }) {
  const app = new Hono<Env>();

  const aboutAbilities = about({
    id: "uploadAbilities",
    summary: "What this server can do of tus",
    public: true,
    answers: { 204: { description: "Headers `Tus-…`" } },
  });
  app.options("/", aboutAbilities, (c) => c.body(null, 204, tusAbilities(files.uploads.limits.maxFile)));

  const aboutCreate = about({
    id: "uploadFile",
    summary: "Uploads a file, or begins to",
    description:
      "With the header `Tus-Resumable`: creates an upload of `Upload-Length` bytes, and takes the first bytes with it. Without: the body is the whole file. The file may still be `checking` when the answer comes.",
    takes: "application/octet-stream",
    answers: { 201: { message: "File uploaded", data: fileSchema } },
    failures: [
      "file_too_large",
      "file_too_long",
      "user_files_full",
      "server_files_full",
      "storage_full",
      "too_many_uploads",
      "length_required",
      "length_deferred",
      "invalid_upload",
      "unknown_checksum",
      "checksum_mismatch",
      "upload_cut",
      "upload_stalled",
      "tus_version",
      "draining",
    ],
  });
  app.post("/", aboutCreate, loggedIn, uploadLimit(limits), query(uploadFields), async (c) => {
    c.env.timeout(c.req.raw, STORE_S);
    const isTus = c.req.header("tus-resumable") !== undefined || c.req.header("upload-length") !== undefined;
    return isTus ? createUpload(c, files) : uploadWhole(c, files, c.req.valid("query"));
  });

  const aboutPatch = about({
    id: "continueUpload",
    summary: "Sends more bytes of an upload",
    description: `The body is \`${BODY}\`. Bytes that came before a cut are kept, unless they have an \`Upload-Checksum\`. A wrong checksum has status 460.`,
    takes: BODY,
    answers: { 204: { description: "The header `Upload-Offset` says how many bytes the server has" } },
    failures: [
      "offset_conflict",
      "upload_locked",
      "file_too_long",
      "storage_full",
      "too_many_uploads",
      "invalid_upload",
      "unsupported_media_type",
      "unknown_checksum",
      "checksum_mismatch",
      "upload_cut",
      "upload_stalled",
      "tus_version",
      "draining",
    ],
  });
  app.patch("/:fileId", aboutPatch, loggedIn, async (c) => {
    c.env.timeout(c.req.raw, STORE_S);
    c.header("Tus-Resumable", TUS_VERSION);
    requireVersion(c.req.header("tus-resumable"));
    requireBodyType(c);
    const offset = uploadOffset(c.req.header("upload-offset"));
    const checksum = checksumOf(c.req.header("upload-checksum"));
    const { userId } = principalOf(c);
    try {
      const { file } = await files.uploads.append(userId, fileIdOf(c), offset, c.req.raw.body, checksum);
      return c.body(null, 204, progressOf(file));
    } catch (error) {
      if (error instanceof Failure && error.reason === "checksum_mismatch") return mismatch(error);
      throw error;
    }
  });

  const aboutRemove = about({
    id: "removeFile",
    summary: "Removes a file that no message has, or ends its upload",
    answers: { 204: { description: "The file is gone" } },
    failures: ["file_in_use", "tus_version"],
  });
  app.delete("/:fileId", aboutRemove, loggedIn, async (c) => {
    c.header("Tus-Resumable", TUS_VERSION);
    requireVersion(c.req.header("tus-resumable"));
    await files.uploads.remove(principalOf(c).userId, fileIdOf(c));
    return c.body(null, 204);
  });

  return app;
}

async function createUpload(c: Context<Env>, { uploads }: Files) {
  c.header("Tus-Resumable", TUS_VERSION);
  requireVersion(c.req.header("tus-resumable"));
  const bytes = uploadLength(c.req.header("upload-length"), c.req.header("upload-defer-length"));
  const checksum = checksumOf(c.req.header("upload-checksum"));
  const { filetype, ...fields } = metadataOf(c.req.header("upload-metadata"));
  const { userId } = principalOf(c);
  const hasBytes = c.req.header("content-type") === BODY && c.req.raw.body !== null;
  const created = await uploads.create({ userId, ...wantedOf(fields), type: typeOf(filetype), bytes });
  c.header("Location", `/api/files/${created.id}`);
  let file = created;
  if (hasBytes || bytes === 0) {
    const body = hasBytes ? c.req.raw.body : null;
    // The upload is there, whatever becomes of its first bytes: the client goes on with it.
    ({ file } = await uploads.append(userId, created.id, 0, body, checksum));
  }
  for (const [name, value] of Object.entries(progressOf(file))) c.header(name, value);
  return success(c, { message: "File uploaded", data: shownFile(file) }, 201);
}

async function uploadWhole(c: Context<Env>, files: Files, fields: z.output<typeof uploadFields>) {
  const { uploads } = files;
  const length = c.req.header("content-length");
  if (length === undefined) throw new Failure("length_required");
  const { userId } = principalOf(c);
  const type = typeOf(c.req.header("content-type") ?? "");
  const created = await uploads.create({ userId, ...wantedOf(fields), type, bytes: Number(length) });
  try {
    const { completed } = await uploads.append(userId, created.id, 0, c.req.raw.body);
    await Promise.race([completed, Bun.sleep(CHECK_WITHIN_MS)]);
  } catch (error) {
    // Nobody can go on with it, because nobody knows its id.
    await uploads.remove(userId, created.id).catch(() => {});
    throw error;
  }
  const file = await uploads.own(userId, created.id);
  return success(c, { message: "File uploaded", data: shownFile(file) }, 201);
}

/** The answer to `HEAD` of tus: how far an upload is. */
export async function tusHead(c: Context<Env>, { uploads }: Files, userId: number, fileId: string) {
  requireVersion(c.req.header("tus-resumable"));
  const file = await uploads.own(userId, fileId);
  return c.body(null, 200, {
    ...progressOf(file),
    "Tus-Resumable": TUS_VERSION,
    "Upload-Length": String(file.bytes),
    "Upload-Metadata": metadataHeader(file),
    "Cache-Control": "no-store",
  });
}

const progressOf = ({ state, received, createdMs }: StoredFile) => ({
  "Upload-Offset": String(received),
  ...(state === "uploading" && {
    "Upload-Expires": new Date(Math.max(Date.now(), createdMs) + UNUSED_MS).toUTCString(),
  }),
});

function wantedOf({ name, alt, duration, waveform }: z.output<typeof uploadFields>) {
  const details = {
    ...(alt !== undefined && alt !== "" && { alt }),
    ...(duration !== undefined && { duration }),
    ...(waveform !== undefined && { waveform }),
  };
  return { name, details };
}

/** tus has a status of its own for this failure, which no library of HTTP knows. */
function mismatch({ message, code }: Failure): Response {
  const body: ErrorBody = { status: "error", message, code };
  return Response.json(body, { status: 460, headers: { "Tus-Resumable": TUS_VERSION, "Cache-Control": "no-store" } });
}

/** A media type that a client gives, without parameters; nothing when it is none. */
const typeOf = (text: string) => /^[a-z]+\/[\w.+-]{1,100}/.exec(text.toLowerCase())?.[0] ?? "";

/** @throws Failure `unsupported_media_type` */
function requireBodyType(c: Context<Env>) {
  if (c.req.header("content-type") !== BODY)
    throw new Failure("unsupported_media_type", { message: `The body must be sent as Content-Type: ${BODY}` });
}
