import { z } from "zod";
import type { Logger } from "../../base/logger.ts";
import { jobKind } from "../../jobs/jobs.ts";
import { type BlobKey, type BlobKind, type BlobStore, parseKey } from "../../platform/blobs/blobs.ts";
import { UNUSED_MS } from "./limits.ts";
import type { FilesStore } from "./store.ts";

const AT_ONCE = 100;
/** Pictures of people and groups are looked for in whole tables, so as many as possible at once. */
const COMPARED_AT_ONCE = { files: AT_ONCE, avatars: 1_000 };
/** Bytes without a row are removed only when they are this old: an upload in progress writes some of them. */
const ORPHAN_AFTER_MS = 2 * 24 * 3_600_000;
const CHECK_EVERY_MS = 24 * 3_600_000;

/** Removes files that no person can have now: first rows, then their bytes, by a job that outlives a crash. */
export class Cleaning {
  private checkedAt = performance.now();
  private running: Promise<void> | undefined;

  constructor(
    private readonly store: FilesStore,
    private readonly blobs: BlobStore,
    private readonly logger: Logger,
    private readonly wakeJobs: () => void,
  ) {}

  /** Does what is due. A call during another one waits for it. */
  run(): Promise<void> {
    this.running ??= this.clean().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async clean() {
    let removed = 0;
    for (let more = AT_ONCE; more === AT_ONCE; removed += more)
      more = (await this.store.removeExpired(UNUSED_MS, AT_ONCE)).length;
    for (let more = AT_ONCE; more === AT_ONCE; removed += more) more = await this.store.removeLoose(AT_ONCE);
    if (removed > 0) this.wakeJobs();
    if (performance.now() - this.checkedAt < CHECK_EVERY_MS) return;
    this.checkedAt = performance.now();
    const { orphans } = await findOrphans(this.store, this.blobs, { repair: true, olderThanMs: ORPHAN_AFTER_MS });
    if (orphans.count > 0) this.logger.info(orphans, "bytes that belonged to no file were removed");
  }
}

/** The step of the job that removes the bytes of files whose rows are gone. */
export const removeBytes = (parts: () => { blobs: BlobStore; keysBeside(key: BlobKey): BlobKey[] }) =>
  jobKind(z.object({ ids: z.array(z.string()) }), async ({ ids }) => {
    const { blobs, keysBeside } = parts();
    for (const id of ids) {
      const key: BlobKey = `files/${id}`;
      for (const one of [...keysBeside(key), key]) await blobs.delete(one);
    }
    return "done";
  });

export interface Orphans {
  /** Bytes in the store that belong to no row, and pictures that nobody shows. */
  orphans: { count: number; bytes: number };
  /** Rows of finished files whose bytes are not there, or have another length. */
  missing: string[];
  files: number;
}

interface CheckOptions {
  /** Removes the bytes that belong to no row. Rows without bytes stay: their bytes may be in a backup. */
  repair: boolean;
  olderThanMs: number;
}

/** Compares the store with the rows, both ways. */
export async function findOrphans(store: FilesStore, blobs: BlobStore, options: CheckOptions): Promise<Orphans> {
  const found: Orphans = { orphans: { count: 0, bytes: 0 }, missing: [], files: 0 };
  const before = Date.now() - options.olderThanMs;
  const pages: Record<BlobKind, { key: BlobKey; id: string; bytes: number }[]> = { files: [], avatars: [] };
  const compare = async (kind: BlobKind) => {
    const page = pages[kind].splice(0);
    const known = await store.known(kind, [...new Set(page.map(({ id }) => id))]);
    for (const { key, id, bytes } of page) {
      if (known.has(id)) continue;
      found.orphans.count++;
      found.orphans.bytes += bytes;
      if (options.repair) await blobs.delete(key);
    }
  };
  for await (const { key, bytes, changedMs } of blobs.list()) {
    const parts = parseKey(key);
    if (!parts || changedMs > before) continue;
    pages[parts.kind].push({ key, id: parts.id, bytes });
    if (pages[parts.kind].length === COMPARED_AT_ONCE[parts.kind]) await compare(parts.kind);
  }
  await compare("files");
  await compare("avatars");
  let after = "00000000-0000-0000-0000-000000000000";
  for (;;) {
    const files = await store.whole(after, AT_ONCE);
    for (const { id, bytes } of files) {
      found.files++;
      if ((await blobs.size(`files/${id}`)) !== bytes) found.missing.push(id);
    }
    const last = files.at(-1);
    if (!last) return found;
    after = last.id;
  }
}
