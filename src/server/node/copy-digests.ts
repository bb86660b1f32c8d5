import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BlobKey } from "../platform/blobs/blobs.ts";
import { pathInFolder } from "../platform/blobs/folder.ts";

const NAME = "SHA256SUMS";

/** The SHA-256 of each copied file, in a file of their folder that `sha256sum --check` reads. */
export class CopyDigests {
  private readonly path: string;
  private readonly known: Map<string, string>;
  private isCut: boolean;

  /** @param mayAdd a backup adds digests; a restore changes nothing in the folder, which may be read-only */
  constructor(
    folder: string,
    private readonly mayAdd: boolean,
  ) {
    this.path = join(folder, NAME);
    const text = existsSync(this.path) ? readFileSync(this.path, "utf8") : "";
    this.isCut = text !== "" && !text.endsWith("\n");
    // A line that a crash has cut off counts for nothing, so its file is compared by its size alone.
    const lines = text.matchAll(/^([0-9a-f]{64}) {2}(.+)\n/gm);
    this.known = new Map([...lines].map(([, digest = "", path = ""]) => [path, digest]));
  }

  of(key: BlobKey): string | undefined {
    return this.known.get(pathInFolder(key));
  }

  add(key: BlobKey, digest: string): void {
    const path = pathInFolder(key);
    if (!this.mayAdd || this.known.get(path) === digest) return;
    this.known.set(path, digest);
    appendFileSync(this.path, `${this.isCut ? "\n" : ""}${digest}  ${path}\n`, { mode: 0o600 });
    this.isCut = false;
  }
}
