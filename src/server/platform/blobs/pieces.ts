import type { FileHandle } from "node:fs/promises";

/**
 * Gathers a source in a file, and gives it out in pieces of `size` bytes. The last one is shorter. A piece is read before
 * the next one is asked for.
 */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  path: string,
  size: number,
): AsyncGenerator<Blob> {
  let gathered = 0;
  for await (const chunk of untilCut(source))
    for (let rest = chunk; rest.length > 0; ) {
      const part = rest.subarray(0, size - gathered);
      rest = rest.subarray(part.length);
      await writeAll(handle, part, gathered);
      gathered += part.length;
      if (gathered < size) continue;
      yield Bun.file(path).slice(0, gathered);
      gathered = 0;
    }
  if (gathered > 0) yield Bun.file(path).slice(0, gathered);
}

/** Passes a source on. One that throws counts as ended: a client was cut off. */
export async function* untilCut(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of source) yield chunk;
  } catch {
    // Its bytes until then are there.
  }
}

/** A full disk takes a part of the bytes first. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
