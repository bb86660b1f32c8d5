import type { z } from "zod";
import { uploadFields } from "../../../protocol/files.ts";
import { Failure } from "../../base/failure.ts";
import type { StoredFile } from "./file.ts";
import type { Checksum } from "./uploads.ts";

/** Reads the headers of tus 1.0 (https://tus.io/protocols/resumable-upload). */
export const TUS_VERSION = "1.0.0";
const TUS_EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration";
const ALGORITHMS = ["sha1", "sha256", "md5"] as const;

/** The headers by which a client learns what this server can do. */
export const tusAbilities = (maxFile: number) => ({
  "Tus-Resumable": TUS_VERSION,
  "Tus-Version": TUS_VERSION,
  "Tus-Extension": TUS_EXTENSIONS,
  "Tus-Checksum-Algorithm": ALGORITHMS.join(","),
  "Tus-Max-Size": String(maxFile),
});

/** @throws Failure `tus_version` */
export function requireVersion(version: string | undefined): void {
  if (version !== undefined && version !== TUS_VERSION) throw new Failure("tus_version");
}

/** @throws Failure `invalid_upload` or `length_deferred` */
export function uploadLength(length: string | undefined, defer: string | undefined): number {
  if (length === undefined && defer !== undefined) throw new Failure("length_deferred");
  return wholeOf(length, "Upload-Length");
}

/** @throws Failure `invalid_upload` */
export const uploadOffset = (offset: string | undefined) => wholeOf(offset, "Upload-Offset");

function wholeOf(text: string | undefined, header: string): number {
  const value = Number(text);
  if (text === undefined || !/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value))
    throw new Failure("invalid_upload", { message: `The header ${header} must be a whole number of bytes` });
  return value;
}

/** @throws Failure `invalid_upload` or `unknown_checksum` */
export function checksumOf(header: string | undefined): Checksum | undefined {
  if (header === undefined) return undefined;
  const [, name, base64] = /^([a-z0-9-]+) ([A-Za-z0-9+/]+={0,2})$/.exec(header) ?? [];
  if (name === undefined || base64 === undefined)
    throw new Failure("invalid_upload", {
      message: "The header Upload-Checksum must be like: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
    });
  const algorithm = ALGORITHMS.find((known) => known === name);
  if (!algorithm) throw new Failure("unknown_checksum");
  return { hasher: new Bun.CryptoHasher(algorithm), base64 };
}

type MetadataFields = z.output<typeof uploadFields> & { filetype: string };

/** The fields of `Upload-Metadata`. @throws Failure `invalid_upload` */
export function metadataOf(header: string | undefined): MetadataFields {
  const fields: Record<string, string> = {};
  for (const pair of (header ?? "").split(",")) {
    const [key = "", value = ""] = pair.trim().split(/ +/);
    if (key === "") continue;
    try {
      fields[key] = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(value));
    } catch {
      throw new Failure("invalid_upload", { message: `Upload-Metadata: ${key.slice(0, 50)} must be UTF-8 in base64` });
    }
  }
  // The first name of each is that of the clients of tus itself.
  const { filename, filetype, type, contentType, ...others } = fields;
  const parsed = uploadFields.safeParse({ ...others, name: filename ?? others["name"] });
  if (parsed.success) return { ...parsed.data, filetype: filetype ?? type ?? contentType ?? "" };
  const [issue] = parsed.error.issues;
  throw new Failure("invalid_upload", { message: `Upload-Metadata: ${String(issue?.path[0])}: ${issue?.message}` });
}

/** `Upload-Metadata` as a client gave it. */
export const metadataHeader = ({ name, details }: Pick<StoredFile, "name" | "details">) =>
  Object.entries({ filename: name, ...details })
    .map(([key, value]) => `${key} ${Buffer.from(String(value)).toString("base64")}`)
    .join(",");
