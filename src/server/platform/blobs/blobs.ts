import { Failure } from "../../base/failure.ts";

/** The name of bytes in the store: a kind, a slash, a UUID, and for a smaller form of a picture a suffix like `-320.webp`. */
export type BlobKey = `${BlobKind}/${string}`;
export type BlobKind = "files" | "avatars";

/** The bytes from `start` up to `end`, without `end`. */
export interface ByteRange {
  start: number;
  end: number;
}

/** The bytes from `start` up to `end` become these, or zeros. */
export interface Patch extends ByteRange {
  bytes?: Uint8Array<ArrayBuffer>;
}

export interface BlobEntry {
  key: BlobKey;
  bytes: number;
  /** When it was last written, in ms since 1970. */
  changedMs: number;
}

/** The bytes of an answer. A `Blob` of the folder is sent by the kernel. */
export type BlobBody = Blob | ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * Keeps bytes under keys, on the disk or on an S3 server. Neither holds whole files in memory. Every call may reject with
 * a BlobFault. `tests/contracts/blobs.test.ts` runs on both.
 */
export interface BlobStore {
  /** Stores these few bytes, durably. Replaces what is there. */
  put(key: BlobKey, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /**
   * Writes `source` from `offset` on, to a file that is not finished. Bytes that lie behind `offset` are dropped. A source
   * that throws counts as ended: a client was cut off. A chunk may be gone when the next one is asked for.
   * @param saved is called with each length that is durable meanwhile, and before anything replaces what another writer
   *   may have written. When it rejects, the writing ends with its error
   * @returns the length that is durable
   * @throws BlobFault `short` when fewer than `offset` bytes are there, `full`, `away`
   */
  append(
    key: BlobKey,
    offset: number,
    source: AsyncIterable<Uint8Array>,
    saved?: (length: number) => Promise<void>,
  ): Promise<number>;
  /** The end of appending. A repeat changes nothing, even after a `put`. @throws BlobFault `short` when not exactly `bytes` are there */
  finish(key: BlobKey, bytes: number): Promise<void>;
  /**
   * Changes parts of a finished file, in this order. Nobody may read it meanwhile. After a crash any part of the work may
   * be done, so the caller repeats it.
   */
  overwrite(key: BlobKey, patches: readonly Patch[]): Promise<void>;
  /** How many bytes are there, finished or not; `undefined` when there is no such key. */
  size(key: BlobKey): Promise<number | undefined>;
  /** The bytes of a finished file, or a part of them; `undefined` when there is no such file. */
  read(key: BlobKey, range?: ByteRange): Promise<BlobBody | undefined>;
  /** A repeat changes nothing. */
  delete(key: BlobKey): Promise<void>;
  /** All keys, in any order, finished or not. */
  list(): AsyncIterable<BlobEntry>;
}

/**
 * The store can't do it. `full`: no space is left. `short`: other bytes are there than the caller believes. A client may
 * try again later, so it is a Failure as that of a database that is away.
 */
export class BlobFault extends Failure {
  constructor(
    readonly fault: "full" | "short" | "away",
    /** The length that is durable, where the fault came within `append`, or the whole length for `short`. */
    readonly durable: number,
    cause?: unknown,
  ) {
    const [reason, retryAfter] = fault === "full" ? (["storage_full", 60] as const) : (["unavailable", 5] as const);
    const why = cause instanceof Error ? `, ${cause.message}` : "";
    super(reason, { retryAfter, cause: new Error(`the store of files: ${fault}${why}`, { cause }) });
  }
}

const KEY = /^(files|avatars)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})((?:-[0-9a-z]+(?:\.[a-z]+)?)?)$/;

/**
 * The parts of a key. Keys are made of ids, never of what people send, and this makes sure of it.
 * @throws an error for any other text
 */
export function partsOfKey(key: string): { kind: BlobKind; id: string; suffix: string } {
  const parts = parseKey(key);
  if (!parts) throw new Error(`no key of the store of files: ${JSON.stringify(key)}`);
  return parts;
}

export function parseKey(key: string): { kind: BlobKind; id: string; suffix: string } | undefined {
  const [, kind, id, suffix] = KEY.exec(key) ?? [];
  if ((kind !== "files" && kind !== "avatars") || id === undefined || suffix === undefined) return undefined;
  return { kind, id, suffix };
}

/** The code of an error of the operating system. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** Whether the disk, the quota or the largest size of a file is used up. */
export const isFull = (error: unknown) => ["ENOSPC", "EDQUOT", "EFBIG"].includes(codeOf(error) ?? "");
