import { z } from "zod";
import { keyOf } from "../features/files/file.ts";
import { squareKeys } from "../features/pictures/squares.ts";
import { readBackup } from "../platform/backup/format.ts";
import type { BlobBody, BlobKey, BlobStore } from "../platform/blobs/blobs.ts";
import type { CopyDigests } from "./copy-digests.ts";

/** How many files are copied at a time: an S3 server takes a while for each. */
const AT_ONCE = 8;

export interface CopiedFiles {
  /** Files and pictures that the rows of the backup name. */
  all: number;
  /** Those that were not there before. */
  copied: number;
  bytes: number;
  /** Those whose bytes are nowhere, or differ from those that were copied. */
  missing: BlobKey[];
}

interface Wanted {
  key: BlobKey;
  /** Only of files. */
  bytes?: number;
}

const fileRow = z.object({ id: z.string(), state: z.string(), bytes: z.number() });
const userRow = z.object({ avatar: z.string().nullish() });
const conversationRow = z.object({ picture: z.string().nullish() });

/** The bytes that a row of a backup needs. Those of a ready file never change. */
const WANTED: Record<string, (row: unknown) => Wanted[]> = {
  files(row) {
    const { id, state, bytes } = fileRow.parse(row);
    return state === "ready" ? [{ key: keyOf({ id }), bytes }] : [];
  },
  users(row) {
    const { avatar } = userRow.parse(row);
    return avatar ? squareKeys("people", avatar).map((key) => ({ key })) : [];
  },
  conversations(row) {
    const { picture } = conversationRow.parse(row);
    return picture ? squareKeys("groups", picture).map((key) => ({ key })) : [];
  },
};

/**
 * Copies the bytes of all files in a backup that the other store does not have yet. A repeat goes on where it was.
 * @param file a backup that is whole
 * @param to left out: only looks whether they are in `from`
 * @param digests those of the copies. Bytes that differ from theirs are not copied, and others get one.
 */
export async function copyFiles(
  file: string,
  from: BlobStore,
  to: BlobStore | undefined,
  digests: CopyDigests,
  onFile: (done: number) => void,
): Promise<CopiedFiles> {
  const found: CopiedFiles = { all: 0, copied: 0, bytes: 0, missing: [] };
  for await (const { table, rows } of readBackup(file)) {
    const wanted = rows.flatMap((row) => WANTED[table]?.(JSON.parse(row)) ?? []);
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      const some = wanted.slice(at, at + AT_ONCE);
      const copied = await Promise.all(
        some.map((one) => (to ? copy(one, from, to, digests) : look(one, from, digests))),
      );
      for (const [i, bytes] of copied.entries()) {
        found.all++;
        if (bytes === undefined) found.missing.push(some[i]?.key ?? "files/");
        else if (bytes > 0) found.copied++;
        found.bytes += bytes ?? 0;
      }
      onFile(found.all);
    }
  }
  return found;
}

async function look({ key, bytes }: Wanted, from: BlobStore, digests: CopyDigests): Promise<number | undefined> {
  const size = await from.size(key);
  if (size === undefined || (bytes !== undefined && size !== bytes)) return undefined;
  const body = await from.read(key);
  if (!body) return undefined;
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const _ of followed(body, hasher));
  const digest = hasher.digest("hex");
  return digest === (digests.of(key) ?? digest) ? 0 : undefined;
}

/** Returns how many bytes were copied. `undefined`: they are not there, or are not those of the file. */
async function copy(wanted: Wanted, from: BlobStore, to: BlobStore, digests: CopyDigests): Promise<number | undefined> {
  const { key } = wanted;
  const [has, size] = [await to.size(key), wanted.bytes ?? (await from.size(key))];
  if (has !== undefined && (has === size || size === undefined) && (await to.read(key))) return 0;
  const body = size === undefined ? undefined : await from.read(key);
  if (size === undefined || !body) return undefined;
  await to.delete(key);
  const hasher = new Bun.CryptoHasher("sha256");
  const length = await to.append(key, 0, followed(body, hasher));
  const digest = hasher.digest("hex");
  if (length !== size || digest !== (digests.of(key) ?? digest)) {
    await to.delete(key);
    return undefined;
  }
  await to.finish(key, size);
  digests.add(key, digest);
  return size;
}

async function* followed(body: BlobBody, hasher: Bun.CryptoHasher): AsyncGenerator<Uint8Array> {
  const stream: ReadableStream<Uint8Array> = body instanceof Blob ? body.stream() : body;
  for await (const chunk of stream) {
    hasher.update(chunk);
    yield chunk;
  }
}
