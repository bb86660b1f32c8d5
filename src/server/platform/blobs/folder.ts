import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type BlobBody,
  type BlobEntry,
  BlobFault,
  type BlobKey,
  type BlobStore,
  type ByteRange,
  codeOf,
  isFull,
  type Patch,
  parseKey,
  partsOfKey,
} from "./blobs.ts";
import { piecesOf } from "./patches.ts";
import { untilCut, writeAll } from "./pieces.ts";
import { DiskTurns, Syncs } from "./syncs.ts";

/** The ending of files that are not finished. */
const PART = ".part";

/** Where a folder of blobs has one. */
export function pathInFolder(key: BlobKey): string {
  const { kind, id, suffix } = partsOfKey(key);
  return join(kind, id.slice(-2), id + suffix);
}

/**
 * Keeps bytes in a folder, each file under the last two digits of its id, readable for the server's user alone. Only
 * what was synced counts as there: after a loss of power a file may be longer than what the disk has of it.
 */
export class FolderBlobs implements BlobStore {
  private readonly turns = new DiskTurns();

  constructor(private readonly folder: string) {}

  async put(key: BlobKey, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const path = this.pathOf(key);
    // A key of its own, so that what a killed process leaves behind is found and removed like all that belongs to no file.
    const temporary = join(dirname(path), `${partsOfKey(key).id}-new${Date.now().toString(36)}${newPart()}`);
    await this.makeFolder(path);
    try {
      await using handle = await open(temporary, "wx", 0o600);
      await handle.writeFile(bytes);
      await handle.sync();
      await rename(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await rm(temporary, { force: true });
      throw faultOf(error, 0);
    }
  }

  async append(
    key: BlobKey,
    offset: number,
    source: AsyncIterable<Uint8Array>,
    saved: (length: number) => Promise<void> = async () => {},
  ): Promise<number> {
    const path = this.pathOf(key) + PART;
    await using handle = await this.openPart(path, offset);
    const syncs = new Syncs(handle, offset, this.turns, saved);
    let position = offset;
    try {
      // More bytes gather in the server while one chunk is written, so the next chunk is larger when the disk is slow.
      for await (const chunk of untilCut(source)) {
        await writeAll(handle, chunk, position);
        position += chunk.length;
        await syncs.written(position);
      }
      await syncs.finish(position);
      return position;
    } catch (error) {
      await syncs.settled();
      throw faultOf(error, syncs.durable);
    }
  }

  async finish(key: BlobKey, bytes: number): Promise<void> {
    const path = this.pathOf(key);
    if ((await sizeOf(path)) !== undefined) return;
    const size = await sizeOf(path + PART);
    if (size !== bytes) throw new BlobFault("short", size ?? 0);
    await rename(path + PART, path);
    await syncFolder(dirname(path));
  }

  async overwrite(key: BlobKey, patches: readonly Patch[]): Promise<void> {
    try {
      await using handle = await open(this.pathOf(key), "r+");
      for (const patch of patches) for (const { at, bytes } of piecesOf(patch)) await writeAll(handle, bytes, at);
      await handle.datasync();
    } catch (error) {
      throw faultOf(error, 0);
    }
  }

  async size(key: BlobKey): Promise<number | undefined> {
    const path = this.pathOf(key);
    return (await sizeOf(path)) ?? (await sizeOf(path + PART));
  }

  async read(key: BlobKey, range?: ByteRange): Promise<BlobBody | undefined> {
    const file = Bun.file(this.pathOf(key));
    if (!(await file.exists())) return undefined;
    return range ? file.slice(range.start, range.end) : file;
  }

  async delete(key: BlobKey): Promise<void> {
    const path = this.pathOf(key);
    await rm(path, { force: true });
    await rm(path + PART, { force: true });
  }

  async *list(): AsyncIterable<BlobEntry> {
    for (const kind of await names(this.folder))
      for (const shard of await names(join(this.folder, kind)))
        for (const name of await names(join(this.folder, kind, shard))) {
          const key = keyOf(kind, name);
          const found = key && (await stat(join(this.folder, kind, shard, name)).catch(ignoreGone));
          if (found) yield { key, bytes: found.size, changedMs: found.mtimeMs };
        }
  }

  private pathOf(key: BlobKey): string {
    return join(this.folder, pathInFolder(key));
  }

  private async openPart(path: string, offset: number): Promise<FileHandle> {
    try {
      await this.makeFolder(path);
      const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
      const { size } = await handle.stat();
      if (size >= offset) {
        // The folder is synced at the end. A part that a loss of power takes is too short, and its client begins anew.
        if (size > offset) await handle.truncate(offset);
        return handle;
      }
      await handle.close();
      throw new BlobFault("short", size);
    } catch (error) {
      throw faultOf(error, 0);
    }
  }

  private async makeFolder(path: string) {
    const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (made !== undefined)
      for (let at = dirname(path); at.length >= made.length; at = dirname(at)) await syncFolder(dirname(at));
  }
}

const newPart = () => Math.random().toString(36).slice(2) + PART;

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}

const sizeOf = async (path: string) => (await stat(path).catch(ignoreGone))?.size;
const names = async (folder: string) => (await readdir(folder).catch(ignoreGone)) ?? [];

function keyOf(kind: string, name: string): BlobKey | undefined {
  const parts = parseKey(`${kind}/${name.endsWith(PART) ? name.slice(0, -PART.length) : name}`);
  return parts && `${parts.kind}/${parts.id}${parts.suffix}`;
}

function ignoreGone(error: unknown): undefined {
  if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
  throw error;
}

function faultOf(error: unknown, durable: number): unknown {
  return isFull(error) ? new BlobFault("full", durable, error) : error;
}
