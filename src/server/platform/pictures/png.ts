import type { Walk } from "./cleaned.ts";
import { orientationIn, UPRIGHT } from "./exif.ts";

const SIGNATURE_BYTES = 8;
/** The length, the type and the checksum of a chunk. */
const FRAME_BYTES = 12;
/** Chunks beside those that begin with a capital letter: colours, sizes, and the frames of a moving picture. */
const KEPT = new Set("tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs cICP mDCV cLLI acTL fcTL fdAT".split(" "));

/** Takes texts, EXIF, times and private chunks out of a PNG, and all after its end. */
export function* cleanPng(bytes: Buffer): Walk {
  const parts: Uint8Array[] = [bytes.subarray(0, SIGNATURE_BYTES)];
  let orientation = UPRIGHT;
  let frames = 1;
  for (let at = SIGNATURE_BYTES; at + 8 <= bytes.length; ) {
    yield;
    const end = at + FRAME_BYTES + bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const content = bytes.subarray(at + 8, Math.min(end - 4, bytes.length));
    if (type === "eXIf") orientation = orientationIn(content);
    if (type === "acTL" && content.length >= 4) frames = Math.min(content.readUInt32BE(0), 2);
    if (/^[A-Z]/.test(type) || KEPT.has(type)) parts.push(bytes.subarray(at, end));
    if (type === "IEND") break;
    at = end;
  }
  return { parts, orientation, frames, scans: 1 };
}
