import type { Erasure } from "./erasure.ts";
import { type Reader, Unfollowed } from "./reader.ts";

/** A box of an ISO base media file (ISO 14496-12), as MP4, MOV, HEIC and AVIF consist of. */
export interface Box {
  type: string;
  /** Where it begins, where its content begins, and where it ends. */
  start: number;
  content: number;
  end: number;
  /** Its content goes on behind the end of its parent: the file was cut. */
  isCut: boolean;
}

const HEADER_BYTES = 8;
/** A box with this size says it in eight bytes behind its type. */
const LARGE = 1;
/** A box with this size reaches to the end of the file. */
const OPEN = 0;

/** The boxes of a file or of a box. Ends where no further box begins. */
export async function* boxesIn(reader: Reader, start: number, end: number): AsyncGenerator<Box, number> {
  let at = start;
  while (at + HEADER_BYTES <= end) {
    reader.step();
    const box = await boxAt(reader, at, end);
    if (!box) break;
    yield box;
    at = box.end;
  }
  return at;
}

async function boxAt(reader: Reader, start: number, parentEnd: number): Promise<Box | undefined> {
  const header = await reader.read(start, Math.min(start + 16, parentEnd));
  const type = header.toString("latin1", 4, 8);
  const small = header.readUInt32BE(0);
  let content = start + HEADER_BYTES;
  let end = start + small;
  if (small === OPEN) {
    // Within another box it is padding, as the four zeros at the end of a list of QuickTime.
    if (parentEnd !== reader.size || !/^[ -~]{4}$/.test(type)) return undefined;
    end = parentEnd;
  } else if (small === LARGE) {
    if (header.length < 16) return undefined;
    content = start + 16;
    const large = header.readBigUInt64BE(8);
    end = large > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : start + Number(large);
  }
  if (end < content) return undefined;
  return { type, start, content, end: Math.min(end, parentEnd), isCut: end > parentEnd };
}

/** The first box of each type in a box. */
export async function childrenOf(reader: Reader, { content, end }: Box): Promise<Map<string, Box>> {
  const found = new Map<string, Box>();
  for await (const box of boxesIn(reader, content, end)) if (!found.has(box.type)) found.set(box.type, box);
  return found;
}

/** Reads the numbers of a box in their order. @throws Unfollowed behind its end */
export class Fields {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** A number of 0, 1, 2, 4 or 8 bytes. */
  number(length: number): number {
    const at = this.skip(length);
    if (length === 0) return 0;
    if (length === 8) return Number(this.bytes.readBigUInt64BE(at));
    if (length > 4) throw new Unfollowed(`a number of ${length} bytes`);
    return this.bytes.readUIntBE(at, length);
  }

  text(length: number): string {
    const at = this.skip(length);
    return this.bytes.toString("latin1", at, at + length);
  }

  /** Returns where the skipped bytes begin. */
  skip(length: number): number {
    const { at } = this;
    if (at + length > this.bytes.length) throw new Unfollowed("a box is shorter than its fields");
    this.at += length;
    return at;
  }
}

export const fieldsOf = async (reader: Reader, { content, end }: Pick<Box, "content" | "end">) =>
  new Fields(await reader.read(content, end));

/** Turns a box into free space of the same length, which programs skip. */
export function free(erasure: Erasure, { start, content, end }: Box): void {
  erasure.part(content, end);
  erasure.write(start + 4, Uint8Array.from(Buffer.from("free")));
}
