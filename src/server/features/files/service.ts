import { Failure } from "../../base/failure.ts";
import type { BlobStore } from "../../platform/blobs/blobs.ts";
import type { FileAccess } from "./access.ts";
import type { Addresses } from "./addresses.ts";
import type { Completion } from "./completion.ts";
import type { StoredFile } from "./file.ts";
import type { FilesStore } from "./store.ts";
import type { Uploads } from "./uploads.ts";

const LOOK_EVERY_MS = 300;

/** Files, from their upload to their readers. */
export class Files {
  constructor(
    private readonly store: FilesStore,
    readonly uploads: Uploads,
    private readonly access: FileAccess,
    private readonly addresses: Addresses,
    private readonly completion: Pick<Completion, "tried">,
    readonly blobs: BlobStore,
  ) {}

  /** A file whose bytes the user may have. @throws Failure `file_not_found`, also while it is not ready */
  async readable(userId: number, id: string): Promise<StoredFile> {
    const file = await this.access.require(userId, id);
    if (file.state !== "ready") throw new Failure("file_not_found");
    return file;
  }

  /** A file that the user may see. Waits while it is `checking`, but not longer than `waitMs`. */
  async wait(userId: number, id: string, waitMs: number, signal?: AbortSignal): Promise<StoredFile> {
    const until = performance.now() + waitMs;
    for (;;) {
      const file = await this.access.require(userId, id);
      if (file.state !== "checking" || performance.now() >= until || signal?.aborted) return file;
      // Mostly this node checks it.
      await Promise.race([this.completion.tried(id), Bun.sleep(LOOK_EVERY_MS)].filter((end) => end !== undefined));
    }
  }

  /** @throws Failure `file_not_found`, `file_in_use` */
  async describe(userId: number, id: string, alt: string): Promise<StoredFile> {
    const file = await this.store.describe(id, userId, alt);
    if (file) return file;
    await this.uploads.own(userId, id);
    throw new Failure("file_in_use");
  }

  async address(userId: number, id: string, origin: string) {
    return this.addresses.sign(await this.readable(userId, id), userId, origin);
  }

  /** The user whom a signed address names. @throws Failure `file_not_found` */
  userOf(fileId: string, signed: { for: string; until: string; signature: string }): number {
    return this.addresses.userOf(fileId, signed);
  }
}
