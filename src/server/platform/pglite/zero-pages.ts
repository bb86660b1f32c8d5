import { dlopen, ptr } from "bun:ffi";

/** The part of the memory that PostgreSQL writes to when it starts. */
const START_BYTES = 64 * 1024 * 1024;
/** Memory is looked at and given back in pieces of this size: a few microseconds for each. */
const PIECE_BYTES = 64 * 1024;
/** Between two pieces statements have their turn, in ms. */
const PAUSE_MS = 5;
/** Of madvise(2) on Linux: pages come back as zeros when they are used. On macOS the number has another meaning. */
const MADV_DONTNEED = 4;
const C_LIBRARIES = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

/**
 * Gives pages of a memory back to the system that hold nothing but zeros. PostgreSQL writes zeros to all its shared
 * buffers when it starts, and an idle server would keep 16 MB for them. The content stays the same. MUST run in the only
 * thread that writes to the memory.
 * @param isOver whether the memory is no longer used
 */
export async function giveBackZeroPages(memory: Uint8Array, isOver: () => boolean): Promise<void> {
  const madvise = process.platform === "linux" ? findMadvise() : undefined;
  if (!madvise) return;
  const zeros = new Uint8Array(PIECE_BYTES);
  const end = Math.min(memory.length, START_BYTES);
  for (let at = 0; at < end && !isOver(); at += PIECE_BYTES) {
    // Nothing may run between the look and the call.
    if (Buffer.compare(memory.subarray(at, at + PIECE_BYTES), zeros) === 0)
      madvise(ptr(memory, at), PIECE_BYTES, MADV_DONTNEED);
    await Bun.sleep(PAUSE_MS);
  }
}

function findMadvise() {
  for (const library of C_LIBRARIES)
    try {
      return dlopen(library, { madvise: { args: ["ptr", "u64", "i32"], returns: "i32" } }).symbols.madvise;
    } catch {
      // Another C library.
    }
  return undefined;
}
