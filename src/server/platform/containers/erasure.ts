import type { Patch } from "../blobs/blobs.ts";

interface Range {
  start: number;
  end: number;
}

/**
 * Collects the parts of a file that are overwritten. No part moves, so all places that the file names stay right.
 * The order of the patches makes a repeat after a crash find what is left: contents go before the structure that leads to
 * them.
 */
export class Erasure {
  private readonly contents: Range[] = [];
  private readonly structure: Range[] = [];
  private readonly written: Patch[] = [];

  constructor(private readonly size: number) {}

  /** Makes zeros of bytes that the structure points to. */
  content(start: number, end: number): void {
    this.add(this.contents, start, end);
  }

  /** Makes zeros of a part of the structure. */
  part(start: number, end: number): void {
    this.add(this.structure, start, end);
  }

  /** Writes these bytes in the end, also over zeros. */
  write(start: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (start >= 0 && start + bytes.length <= this.size) this.written.push({ start, end: start + bytes.length, bytes });
  }

  patches(): Patch[] {
    return [...merged(this.contents), ...merged(this.structure), ...this.written];
  }

  private add(ranges: Range[], start: number, end: number) {
    const last = Math.min(end, this.size);
    if (Number.isSafeInteger(start) && start >= 0 && start < last) ranges.push({ start, end: last });
  }
}

/** Each byte once, however often a hostile file names it. */
function merged(ranges: readonly Range[]): Patch[] {
  const found: Range[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else found.push({ start, end });
  }
  return found;
}
