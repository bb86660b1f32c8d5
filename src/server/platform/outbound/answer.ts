import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { OutsideError } from "./error.ts";

/** The compressions that are asked for. */
export const ENCODINGS = "gzip, deflate, br";

/** The answer of another server. Read its body or close it: until then, its connection stays open. */
export interface OutsideAnswer {
  status: number;
  /** The address that answered, after all redirects. */
  url: string;
  headers: IncomingMessage["headers"];
  /** The bytes, unpacked. Throws OutsideError `too_large` in place of the byte after `maxBytes`. */
  body: AsyncGenerator<Uint8Array, void>;
  /** The whole body. */
  bytes(): Promise<Uint8Array>;
  /** Ends the call. The rest of the body is lost. */
  close(): void;
}

/**
 * Reads the body as long as its bytes are few enough, packed and unpacked.
 * @param close ends the call; runs when the body has ended, or is not read to its end
 */
export async function* bodyOf(
  message: IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
  close: () => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    signal.throwIfAborted();
    const unpacker = unpackerFor(message.headers["content-encoding"]);
    yield* limited(unpacker ? unpacked(message, unpacker, maxBytes) : message, maxBytes);
    // An answer without a length that is cut off looks like one that ended.
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OutsideError) throw error;
    throw new OutsideError("bad_answer", "the answer broke off", error);
  } finally {
    close();
  }
}

async function* limited(chunks: AsyncIterable<Uint8Array>, maxBytes: number) {
  let left = maxBytes;
  for await (const chunk of chunks) {
    if (chunk.length > left) {
      if (left > 0) yield chunk.subarray(0, left);
      throw new OutsideError("too_large", `the answer has more than ${maxBytes} bytes`);
    }
    left -= chunk.length;
    yield chunk;
  }
}

/** A few bytes may unpack to gigabytes, so they are unpacked piece by piece, as fast as they are read. */
async function* unpacked(message: IncomingMessage, unpacker: Transform, maxBytes: number) {
  const packed = limited(message, maxBytes);
  const feeding = (async () => {
    for await (const chunk of packed) {
      if (unpacker.write(chunk)) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      unpacker.once("drain", resolve).once("close", resolve);
      await promise;
      if (unpacker.destroyed) return;
    }
    unpacker.end();
  })().catch((error: unknown) => {
    unpacker.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of unpacker) yield chunk as Uint8Array;
  } finally {
    unpacker.destroy();
    message.destroy();
    await feeding;
  }
}

function unpackerFor(encoding: string | undefined): Transform | undefined {
  switch (encoding?.trim().toLowerCase() ?? "identity") {
    case "":
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      throw new OutsideError("bad_answer", `the answer is packed in a way that nobody asked for: ${encoding}`);
  }
}
