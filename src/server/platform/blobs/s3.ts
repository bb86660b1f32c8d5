import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { Slots } from "../../base/slots.ts";
import {
  type BlobBody,
  type BlobEntry,
  BlobFault,
  type BlobKey,
  type BlobStore,
  type ByteRange,
  isFull,
  type Patch,
  parseKey,
  partsOfKey,
} from "./blobs.ts";
import { joinedStream } from "./joined-stream.ts";
import { patchPart } from "./patches.ts";
import { inPieces } from "./pieces.ts";
import { offPath, parseSegment, pathTo, reachOf, type Segment, segmentName } from "./segments.ts";

/** A file is this many bytes to an object. An upload that goes on after a cut makes shorter ones. */
const SEGMENT_BYTES = 8 * 1024 * 1024;
/** The most objects that are written at once, each from memory. */
const WRITES_AT_ONCE = 3;
/** An S3 server that takes longer counts as away. */
const ANSWER_WITHIN_MS = 60_000;
/** The object that lists the segments of a finished file. */
const WHOLE = "whole";
const REMEMBERED = 2_000;

/**
 * Keeps bytes on an S3 server. A file is `KEY/START-END` for each segment, and `KEY/whole` with their names when it is
 * finished. S3 can't append, and a segment never replaces one of another length, so even two nodes that write the same
 * file do no harm. Segments are gathered on this node's disk first, because slow clients would fill its memory.
 */
export class S3Blobs implements BlobStore {
  private readonly wholes = new LRUCache<BlobKey, readonly Segment[]>({ max: REMEMBERED });
  private readonly writes = new Slots(WRITES_AT_ONCE);
  private readonly overwriting = new Slots(1);

  /** @param prefix ends with a slash, or is empty */
  constructor(
    private readonly client: Bun.S3Client,
    private readonly prefix: string,
    private readonly spool = tmpdir(),
  ) {}

  async put(key: BlobKey, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const segment = { start: 0, end: bytes.length };
    await this.write(key, segmentName(segment), bytes);
    await this.writeWhole(key, [segment]);
    await this.deleteAll(key, offPath(await this.segments(key), [segment]).map(segmentName));
  }

  async append(
    key: BlobKey,
    offset: number,
    source: AsyncIterable<Uint8Array>,
    saved: (length: number) => Promise<void> = async () => {},
  ): Promise<number> {
    await this.cutBack(key, offset);
    let durable = offset;
    const path = join(this.spool, `confab-${crypto.randomUUID()}`);
    const handle = await open(path, "wx+", 0o600);
    try {
      for await (const bytes of inPieces(source, handle, path, SEGMENT_BYTES)) {
        const segment = { start: durable, end: durable + bytes.size };
        // They may have been gathered for long, and somebody else may write the file by now.
        await saved(durable);
        await this.write(key, segmentName(segment), bytes);
        durable = segment.end;
        await saved(durable);
      }
      // Without an object an empty file would not be there.
      if (durable === 0) await this.write(key, segmentName({ start: 0, end: 0 }), new Uint8Array());
      return durable;
    } catch (error) {
      throw isFull(error) ? new BlobFault("full", durable, error) : withLength(error, durable);
    } finally {
      await handle.close();
      await rm(path, { force: true });
    }
  }

  async finish(key: BlobKey, bytes: number): Promise<void> {
    if (await this.whole(key)) return;
    const segments = await this.segments(key);
    const path = pathTo(segments, bytes);
    if (!path) throw new BlobFault("short", reachOf(segments));
    await this.writeWhole(key, path);
    await this.deleteAll(key, offPath(segments, path).map(segmentName));
  }

  async overwrite(key: BlobKey, patches: readonly Patch[]): Promise<void> {
    const segments = (await this.whole(key)) ?? [];
    for (const segment of segments) {
      const own = patches.filter(({ start, end }) => start < segment.end && end > segment.start);
      if (own.length === 0) continue;
      // One at a time is in memory, on this whole node.
      await this.overwriting.run(async () => {
        const object = this.client.file(this.nameOf(key, segmentName(segment)));
        const content = await this.ask(() => object.bytes());
        if (content.length !== segment.end - segment.start) throw new BlobFault("short", segment.start);
        patchPart(content, segment, own);
        await this.write(key, segmentName(segment), content);
      }, ANSWER_WITHIN_MS);
    }
  }

  async size(key: BlobKey): Promise<number | undefined> {
    const whole = await this.whole(key);
    if (whole) return whole.at(-1)?.end ?? 0;
    const segments = await this.segments(key);
    return segments.length === 0 ? undefined : reachOf(segments);
  }

  async read(key: BlobKey, range?: ByteRange): Promise<BlobBody | undefined> {
    const whole = await this.whole(key);
    if (!whole) return undefined;
    const { start, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY };
    const parts = whole
      .filter((segment) => segment.start < end && segment.end > start)
      .map((segment) => {
        const object = this.client.file(this.nameOf(key, segmentName(segment)));
        const from = Math.max(start, segment.start) - segment.start;
        const to = Math.min(end, segment.end) - segment.start;
        const isAll = to - from === segment.end - segment.start;
        return { from, length: to - from, open: () => (isAll ? object : object.slice(from, to)).stream() };
      });
    // A server that is away shows with the first bytes: later, the answer has begun.
    const { stream, begun } = joinedStream(parts);
    const isThere = await this.ask(() => begun).then(() => true, ignoreMissing);
    if (isThere) return stream;
    this.wholes.delete(key);
    return undefined;
  }

  async delete(key: BlobKey): Promise<void> {
    this.wholes.delete(key);
    const names = (await this.objects(`${this.prefix}${key}/`)).map(({ name }) =>
      name.slice(name.lastIndexOf("/") + 1),
    );
    // The list goes last: with it the rest is found again after a crash.
    await this.deleteAll(
      key,
      names.filter((name) => name !== WHOLE),
    );
    if (names.includes(WHOLE)) await this.deleteAll(key, [WHOLE]);
  }

  async *list(): AsyncIterable<BlobEntry> {
    let entry: BlobEntry | undefined;
    for await (const { name, bytes, changedMs } of this.pages(this.prefix)) {
      const parts = parseKey(name.slice(this.prefix.length, name.lastIndexOf("/")));
      if (!parts) continue;
      const key: BlobKey = `${parts.kind}/${parts.id}${parts.suffix}`;
      if (entry && entry.key !== key) yield entry;
      if (entry?.key !== key) entry = { key, bytes: 0, changedMs: 0 };
      if (!name.endsWith(`/${WHOLE}`)) entry.bytes += bytes;
      entry.changedMs = Math.max(entry.changedMs, changedMs);
    }
    if (entry) yield entry;
  }

  private nameOf(key: BlobKey, name: string): string {
    partsOfKey(key);
    return `${this.prefix}${key}/${name}`;
  }

  /** Removes what lies behind an offset. */
  private async cutBack(key: BlobKey, offset: number) {
    const segments = await this.segments(key);
    if (offset > 0 && !pathTo(segments, offset)) throw new BlobFault("short", reachOf(segments));
    await this.deleteAll(key, segments.filter(({ end }) => end > offset).map(segmentName));
  }

  private async segments(key: BlobKey): Promise<Segment[]> {
    const found = await this.objects(this.nameOf(key, ""));
    return found.flatMap(({ name }) => parseSegment(name.slice(name.lastIndexOf("/") + 1)) ?? []);
  }

  /** The segments of a finished file. They never change, so a node remembers them. */
  private async whole(key: BlobKey): Promise<readonly Segment[] | undefined> {
    const known = this.wholes.get(key);
    if (known) return known;
    const object = this.client.file(this.nameOf(key, WHOLE));
    const text = await this.ask(() => object.text()).catch(ignoreMissing);
    if (text === undefined) return undefined;
    const segments = text.split(",").flatMap((name) => parseSegment(name) ?? []);
    this.wholes.set(key, segments);
    return segments;
  }

  private async writeWhole(key: BlobKey, path: readonly Segment[]) {
    await this.write(key, WHOLE, new TextEncoder().encode(path.map(segmentName).join(",")));
    this.wholes.set(key, path);
  }

  private async write(key: BlobKey, name: string, bytes: Uint8Array<ArrayBuffer> | Blob) {
    const object = this.client.file(this.nameOf(key, name));
    const write = () => object.write(bytes, { partSize: 2 * SEGMENT_BYTES });
    await this.writes.run(() => this.ask(write), ANSWER_WITHIN_MS);
  }

  private async deleteAll(key: BlobKey, names: string[]) {
    const objects = names.map((name) => this.client.file(this.nameOf(key, name)));
    await Promise.all(objects.map((object) => this.ask(() => object.delete())));
  }

  private async objects(prefix: string) {
    const found: { name: string; bytes: number; changedMs: number }[] = [];
    for await (const object of this.pages(prefix)) found.push(object);
    return found;
  }

  private async *pages(prefix: string) {
    let startAfter: string | undefined;
    for (;;) {
      const page = await this.ask(() => this.client.list({ prefix, ...(startAfter && { startAfter }) }));
      for (const { key, size = 0, lastModified } of page.contents ?? []) {
        yield { name: key, bytes: size, changedMs: new Date(lastModified ?? 0).getTime() };
        startAfter = key;
      }
      if (!page.isTruncated) return;
    }
  }

  private async ask<T>(work: () => Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error("the S3 server does not answer")), ANSWER_WITHIN_MS);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      throw isMissing(error) ? error : new BlobFault("away", 0, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === "NoSuchKey";

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

const withLength = (error: unknown, durable: number) =>
  error instanceof BlobFault && error.fault === "away" ? new BlobFault("away", durable, error.cause) : error;
