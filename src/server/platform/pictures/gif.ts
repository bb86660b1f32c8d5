import type { Walk } from "./cleaned.ts";
import { UPRIGHT } from "./exif.ts";

const HEADER_BYTES = 13;
const [EXTENSION, PICTURE, END] = [0x21, 0x2c, 0x3b];
const [COMMENT, APPLICATION] = [0xfe, 0xff];
/** Extensions that say how often the pictures repeat, and the colours. Another one, such as XMP, is dropped. */
const KEPT = new Set(["NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"]);

/** Takes comments and XMP out of a GIF, and all after its end. */
export function* cleanGif(bytes: Buffer): Walk {
  let at = HEADER_BYTES + tableBytes(bytes[10] ?? 0);
  const parts: Uint8Array[] = [bytes.subarray(0, at)];
  let frames = 0;
  while (at < bytes.length) {
    const from = at;
    const kind = bytes[at];
    let isKept = true;
    if (kind === PICTURE) {
      at += 10 + tableBytes(bytes[at + 9] ?? 0) + 1;
      frames = Math.min(frames + 1, 2);
    } else if (kind === EXTENSION) {
      const label = bytes[at + 1];
      isKept = label !== COMMENT && (label !== APPLICATION || KEPT.has(bytes.toString("latin1", at + 3, at + 14)));
      at += 2;
    } else {
      if (kind === END) parts.push(bytes.subarray(at, at + 1));
      break;
    }
    for (;;) {
      yield;
      const size = bytes[at] ?? 0;
      at += 1 + size;
      if (size === 0) break;
    }
    if (isKept) parts.push(bytes.subarray(from, at));
  }
  return { parts, orientation: UPRIGHT, frames: Math.max(frames, 1), scans: 1 };
}

/** How many bytes a table of colours has, by the flags of its header. */
const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
