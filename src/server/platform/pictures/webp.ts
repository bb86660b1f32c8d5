import type { Walk } from "./cleaned.ts";
import { orientationIn, UPRIGHT } from "./exif.ts";

/** `RIFF`, the length, `WEBP`. */
const HEADER_BYTES = 12;
const KEPT = new Set(["VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"]);
/** The bits of VP8X that announce EXIF and XMP. */
const METADATA_FLAGS = 0b1100;

/** Takes EXIF, XMP and unknown chunks out of a WebP, and all after its end. */
export function* cleanWebp(bytes: Buffer): Walk {
  const kept: Uint8Array[] = [];
  let orientation = UPRIGHT;
  let frames = 0;
  const length = Math.min(bytes.length, 8 + bytes.readUInt32LE(4));
  for (let at = HEADER_BYTES; at + 8 <= length; ) {
    yield;
    const size = bytes.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    const type = bytes.toString("latin1", at, at + 4);
    const content = bytes.subarray(at + 8, Math.min(at + 8 + size, length));
    if (type === "EXIF") orientation = orientationIn(withoutName(content));
    if (type === "ANMF") frames = Math.min(frames + 1, 2);
    if (type === "VP8X") kept.push(withoutFlags(bytes.subarray(at, Math.min(end, length))));
    else if (KEPT.has(type)) kept.push(bytes.subarray(at, Math.min(end, length)));
    at = end;
  }
  const header = Buffer.from(bytes.subarray(0, HEADER_BYTES));
  header.writeUInt32LE(4 + kept.reduce((sum, part) => sum + part.length, 0), 4);
  return { parts: [header, ...kept], orientation, frames: Math.max(frames, 1), scans: 1 };
}

/** Some programs begin the block as JPEG does. */
const withoutName = (exif: Buffer) => (exif.toString("latin1", 0, 4) === "Exif" ? exif.subarray(6) : exif);

function withoutFlags(chunk: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(chunk);
  copy[8] = (copy[8] ?? 0) & ~METADATA_FLAGS;
  return copy;
}
