import type { ByteRange, Patch } from "./blobs.ts";

const ZEROS = new Uint8Array(256 * 1024);

/** The bytes of a patch, in pieces of bounded length. */
export function* piecesOf({ start, end, bytes }: Patch): Generator<{ at: number; bytes: Uint8Array }> {
  if (bytes) yield { at: start, bytes };
  else
    for (let at = start; at < end; at += ZEROS.length)
      yield { at, bytes: ZEROS.subarray(0, Math.min(ZEROS.length, end - at)) };
}

/** Changes the bytes of one part of a file. @param part where it lies in the file */
export function patchPart(content: Uint8Array, part: ByteRange, patches: readonly Patch[]): void {
  for (const { start, end, bytes } of patches) {
    const [from, to] = [Math.max(start, part.start), Math.min(end, part.end)];
    if (from >= to) continue;
    if (bytes) content.set(bytes.subarray(from - start, to - start), from - part.start);
    else content.fill(0, from - part.start, to - part.start);
  }
}
