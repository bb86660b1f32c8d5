import type { Logger } from "../../base/logger.ts";
import type { BlobKey, BlobStore } from "../../platform/blobs/blobs.ts";
import { keyOf, type StoredFile } from "./file.ts";
import { type FilesStore, LEASE_MS } from "./store.ts";

/** The things that a step found out about a file. Fields that are left out stay as they are. */
export interface Found {
  type?: string;
  /** Added to the details that are there. */
  details?: Record<string, unknown>;
  /** The new length, where it is another one. */
  bytes?: number;
  /** SHA-256 of the bytes, in hex, when the step had a reason to read them all. */
  digest?: string;
  /** Why nobody may have the file. The steps after this one are left out. */
  refusal?: string;
}

/**
 * A step after the last byte. It may run again after it was done, also on another node. While it rejects, the file stays
 * `checking`, and the steps are tried again later.
 */
export type CompletionStep = (file: StoredFile, key: BlobKey) => Promise<Found>;

/** A check that fails is tried again after as long as the file has waited, within these limits. */
const AGAIN_AFTER_MS = { least: 1_000, most: 5 * 60_000 };
/** A file that could not be checked for this long is refused. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;
const RENEW_EVERY_MS = LEASE_MS / 3;
/** A look at the very end of a lease might find it still held. */
const AFTER_THE_LEASE_MS = 50;

/** Finds out what a file is, once all its bytes are there, and decides whether people may have it. */
export class Completion {
  /** By the file's id. */
  private readonly running = new Map<string, Promise<unknown>>();
  /** The next look for files to take over, and when it is, by `performance.now()`. */
  private next: ReturnType<typeof setTimeout> | undefined;
  private nextAt = 0;
  private isClosed = false;

  constructor(
    private readonly store: FilesStore,
    private readonly blobs: BlobStore,
    private readonly steps: readonly CompletionStep[],
    private readonly logger: Logger,
  ) {}

  /** Begins the steps for a file that this caller has a lease on. */
  begin(file: StoredFile, token: string): Promise<StoredFile | undefined> {
    const work = this.complete(file, token).finally(() => this.running.delete(file.id));
    this.running.set(file.id, work);
    return work;
  }

  /** Resolves when this node has tried to check a file. Undefined: it does not check it now. */
  tried(id: string): Promise<unknown> | undefined {
    return this.running.get(id);
  }

  /**
   * Takes over what other nodes have left, and looks again when the next lease ends. Without that, the files of a node
   * that was killed a moment ago would wait for the housekeeping.
   */
  async takeOver(): Promise<void> {
    while (!this.isClosed) {
      const token = crypto.randomUUID();
      const file = await this.store.takeOver(token);
      if (!file) return this.lookAgain(await this.store.untilNextTakeOver());
      await this.begin(file, token);
    }
  }

  /** Waits for the steps that run, but not for long: another node takes over the others. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.next);
    await Promise.race([Promise.allSettled(this.running.values()), Bun.sleep(1_000)]);
  }

  private async complete(file: StoredFile, token: string) {
    const timer = setInterval(() => void this.store.renew(file.id, token).catch(() => {}), RENEW_EVERY_MS);
    try {
      const found = await this.look(file);
      return await this.settle(found, token);
    } catch (error) {
      this.logger.warn({ err: error, file: file.id }, "a file could not be checked, it will be tried again");
      return await this.putOff(file, token).catch(() => undefined);
    } finally {
      clearInterval(timer);
    }
  }

  private async settle(file: StoredFile, token: string) {
    const settled = await this.store.settle(file, token);
    // A refused file may be harmful. Its row says why, until it is removed like other files that nobody sends.
    if (settled?.state === "refused") await this.blobs.delete(keyOf(file));
    return settled;
  }

  /** Tries again later, or refuses a file that has waited for too long. */
  private async putOff(file: StoredFile, token: string) {
    const put = await this.store.postpone(file.id, token, AGAIN_AFTER_MS);
    if (put && put.waited > GIVE_UP_AFTER_MS)
      return this.settle({ ...file, state: "refused", refusal: "scan_unavailable" }, token);
    if (!put || this.isClosed) return undefined;
    // When this node dies, another one takes the file over a little later.
    this.lookAgain(put.more);
    return undefined;
  }

  /** Looks for files to take over in this many ms, or sooner where an earlier look is due. */
  private lookAgain(inMs: number | undefined) {
    if (this.isClosed || inMs === undefined) return;
    const at = performance.now() + inMs + AFTER_THE_LEASE_MS;
    if (this.next !== undefined && this.nextAt <= at) return;
    clearTimeout(this.next);
    this.nextAt = at;
    this.next = setTimeout(() => {
      this.next = undefined;
      void this.takeOver().catch(() => {});
    }, at - performance.now());
  }

  private async look(file: StoredFile): Promise<StoredFile> {
    const key = keyOf(file);
    await this.blobs.finish(key, file.bytes);
    let found: StoredFile = { ...file, state: "ready" };
    for (const step of this.steps) {
      const { type, details, bytes, digest, refusal } = await step(found, key);
      found = {
        ...found,
        type: type ?? found.type,
        details: { ...found.details, ...details },
        bytes: bytes ?? found.bytes,
        digest: digest ?? found.digest,
      };
      if (refusal !== undefined) return { ...found, state: "refused", refusal };
    }
    return found;
  }
}
