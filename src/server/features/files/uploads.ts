import { LRUCache } from "lru-cache";
import { Failure } from "../../base/failure.ts";
import { BlobFault, type BlobStore } from "../../platform/blobs/blobs.ts";
import type { Completion } from "./completion.ts";
import { keyOf, type StoredFile } from "./file.ts";
import { Incoming } from "./incoming.ts";
import { Lease } from "./lease.ts";
import { WRITING_MAX } from "./limits.ts";
import { cleanName } from "./names.ts";
import { type FilesStore, LEASE_MS, type Quotas } from "./store.ts";

const RENEW_EVERY_MS = LEASE_MS / 3;

interface UploadLimits extends Quotas {
  maxFile: number;
}

/** A file that somebody is about to send. */
export interface Wanted {
  userId: number;
  name: string;
  /** The media type that the client gives. The first bytes decide. */
  type: string;
  bytes: number;
  details: Record<string, unknown>;
}

/** A checksum of the bytes of one request, as the client gives it. */
export interface Checksum {
  hasher: Bun.CryptoHasher;
  base64: string;
}

export interface Appended {
  file: StoredFile;
  /** Resolves when it is known what the file is, for the request that brought the last byte. */
  completed?: Promise<StoredFile | undefined>;
}

/** Takes in files: whole, or in parts that follow each other at any node. */
export class Uploads {
  private readonly writing = new Set<{ incoming: Incoming; done: Promise<unknown> }>();
  private readonly writers = new LRUCache<number, number>({ max: 100_000 });
  private isClosed = false;

  constructor(
    private readonly store: FilesStore,
    private readonly blobs: BlobStore,
    private readonly completion: Completion,
    readonly limits: UploadLimits,
  ) {}

  /** Reserves the bytes of a file. @throws Failure `file_too_large`, `user_files_full`, `server_files_full` */
  async create({ name, ...wanted }: Wanted): Promise<StoredFile> {
    this.requireSize(wanted.bytes);
    return this.store.create({ id: Bun.randomUUIDv7(), name: cleanName(name), ...wanted }, this.limits);
  }

  requireSize(bytes: number): void {
    const { maxFile } = this.limits;
    if (bytes > maxFile)
      throw new Failure("file_too_large", {
        message: `This file is larger than ${shownSize(maxFile)}, the limit of this server.`,
        data: { max_bytes: maxFile },
      });
  }

  /** A user's own file. @throws Failure `file_not_found` */
  async own(userId: number, id: string): Promise<StoredFile> {
    const file = await this.store.find(id);
    if (file?.userId !== userId) throw new Failure("file_not_found");
    return file;
  }

  /**
   * Writes the bytes of a request from an offset on. Those that came before a cut stay.
   * @throws Failure `offset_conflict`, `upload_locked`, `file_too_long`, `checksum_mismatch`, `upload_stalled`,
   *   `upload_cut`, `storage_full`, `unavailable`
   */
  async append(
    userId: number,
    id: string,
    offset: number,
    body: ReadableStream<Uint8Array> | null,
    checksum?: Checksum,
  ): Promise<Appended> {
    this.enter(userId);
    try {
      const token = crypto.randomUUID();
      const lease = new Lease(this.store, id, token, performance.now());
      const leased = await this.store.lease(id, userId, offset, token);
      if (!leased) return { file: await this.wholeOr(userId, id, offset) };
      const incoming = new Incoming(body, leased.bytes - offset);
      const work = this.write(leased, lease, incoming, checksum);
      const entry = { incoming, done: work.catch(() => {}) };
      this.writing.add(entry);
      if (this.isClosed) incoming.stop("stopped");
      return await work.finally(() => this.writing.delete(entry));
    } finally {
      this.leave(userId);
    }
  }

  /** Removes a file that no message has had. @throws Failure `file_not_found`, `file_in_use` */
  async remove(userId: number, id: string): Promise<void> {
    if (await this.store.removeUnused(id, userId)) return;
    await this.own(userId, id);
    throw new Failure("file_in_use");
  }

  /** Ends the requests that write, so that their bytes are kept before the database closes. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const { incoming } of this.writing) incoming.stop("stopped");
    await Promise.allSettled([...this.writing].map(({ done }) => done));
  }

  private async write(file: StoredFile, lease: Lease, incoming: Incoming, checksum: Checksum | undefined) {
    const { id, bytes, received: offset } = file;
    const { token } = lease;
    const renewing = setInterval(() => {
      if (incoming.hasMoved()) void lease.renew().catch(() => {});
    }, RENEW_EVERY_MS);
    let durable = offset;
    const save = async (length: number) => {
      // Bytes with a checksum count together or not at all.
      const isKept = checksum ? await lease.renew() : await this.store.save(id, token, length);
      if (!isKept) throw new Failure("upload_locked", { retryAfter: 1 });
      durable = length;
    };
    const guarded = lease.guarded(incoming);
    try {
      const source = checksum ? summed(guarded, checksum.hasher) : guarded;
      durable = await this.blobs.append(keyOf(file), offset, source, save);
      lease.require();
      const isWrong = checksum && (incoming.cut !== undefined || checksum.hasher.digest("base64") !== checksum.base64);
      if (isWrong) durable = offset;
      if (isWrong && incoming.cut === undefined) throw new Failure("checksum_mismatch");
      if (durable < bytes || incoming.cut === "too_long") throw cutOr(incoming);
    } catch (error) {
      if (error instanceof BlobFault)
        durable = error.fault === "short" ? error.durable : Math.max(durable, error.durable);
      if (checksum && !(error instanceof BlobFault && error.fault === "short")) durable = offset;
      await this.store.release(id, token, durable);
      if (error instanceof Whole) return { file: { ...file, received: durable } };
      throw failureOf(error);
    } finally {
      clearInterval(renewing);
    }
    const checking = await this.store.checking(id, token);
    if (!checking) throw new Failure("upload_locked", { retryAfter: 1 });
    return { file: checking, completed: this.completion.begin(checking, token) };
  }

  /** A file that has all its bytes already. @throws Failure why no lease was to be had */
  private async wholeOr(userId: number, id: string, offset: number): Promise<StoredFile> {
    const file = await this.own(userId, id);
    if (file.received !== offset) throw conflict(file);
    if (file.state === "uploading") throw new Failure("upload_locked", { retryAfter: 1 });
    return file;
  }

  private enter(userId: number) {
    const count = this.writers.get(userId) ?? 0;
    if (count >= WRITING_MAX) throw new Failure("too_many_uploads", { retryAfter: 5 });
    this.writers.set(userId, count + 1);
  }

  private leave(userId: number) {
    const count = this.writers.get(userId) ?? 1;
    if (count <= 1) this.writers.delete(userId);
    else this.writers.set(userId, count - 1);
  }
}

/** The body ended as it should, and the file goes on in another request. */
class Whole extends Error {}

function cutOr({ cut }: Incoming): Error {
  switch (cut) {
    case undefined:
      return new Whole();
    case "too_long":
      return new Failure("file_too_long");
    case "stalled":
      return new Failure("upload_stalled");
    case "gone":
      return new Failure("upload_cut");
    case "stopped":
      return new Failure("draining", { retryAfter: 1 });
  }
}

const conflict = (file: StoredFile) => new Failure("offset_conflict", { data: { offset: file.received } });

/** The client goes on from where the bytes end. Other faults of the store are answered as they are. */
const failureOf = (error: unknown): unknown =>
  error instanceof BlobFault && error.fault === "short"
    ? new Failure("offset_conflict", { data: { offset: error.durable } })
    : error;

async function* summed(source: AsyncIterable<Uint8Array>, hasher: Bun.CryptoHasher) {
  for await (const chunk of source) {
    hasher.update(chunk);
    yield chunk;
  }
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

function shownSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${Number((bytes / 1000 ** power).toFixed(1))} ${UNITS[power]}`;
}
