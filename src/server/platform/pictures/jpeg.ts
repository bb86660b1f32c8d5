import type { Cleaned, Walk } from "./cleaned.ts";
import { orientationIn, orientationSegment, UPRIGHT } from "./exif.ts";

const [START, END, SCAN, COMMENT] = [0xd8, 0xd9, 0xda, 0xfe];
const [APP0, APP1, APP2, APP14, APP15] = [0xe0, 0xe1, 0xe2, 0xee, 0xef];
/** Markers that stand alone within a scan, and the zero that escapes a byte of it. */
const isWithinScan = (marker: number) => marker === 0 || (marker >= 0xd0 && marker <= 0xd7);

/**
 * Takes all out of a JPEG but the picture, its colours and its orientation: EXIF with the place and a small copy, XMP,
 * IPTC, comments, and all after its end. Phones put second pictures and short films there, with the place once more.
 */
export function* cleanJpeg(bytes: Buffer): Walk {
  const kept: Uint8Array[] = [bytes.subarray(0, 2)];
  let orientation = UPRIGHT;
  let scans = 0;
  let at = 2;
  /** Where the bytes begin that are kept as they are. */
  let from = at;
  const drop = (until: number) => {
    if (at > from) kept.push(bytes.subarray(from, at));
    at = until;
    from = until;
  };
  for (;;) {
    const found = bytes.indexOf(0xff, at);
    if (found < 0 || found + 1 >= bytes.length) break;
    const marker = bytes[found + 1] ?? 0;
    at = found;
    yield;
    if (marker === 0xff) {
      at = found + 1;
      continue;
    }
    if (isWithinScan(marker) || marker === START) {
      at = found + 2;
      continue;
    }
    if (marker === END) {
      kept.push(bytes.subarray(from, found + 2));
      return cleanedOf(kept, orientation, scans);
    }
    if (found + 4 > bytes.length) break;
    const end = found + 2 + bytes.readUInt16BE(found + 2);
    const content = bytes.subarray(found + 4, end);
    if (marker === APP1 && startsWith(content, "Exif\0\0") && orientation === UPRIGHT)
      orientation = orientationIn(content.subarray(6));
    if (isKept(marker, content)) at = end;
    else drop(end);
    if (marker === SCAN) scans++;
  }
  // A cut picture is kept to its last byte.
  if (from < bytes.length) kept.push(bytes.subarray(from));
  return cleanedOf(kept, orientation, scans);
}

function isKept(marker: number, content: Buffer): boolean {
  if (marker === COMMENT) return false;
  if (marker < APP0 || marker > APP15) return true;
  if (marker === APP0) return startsWith(content, "JFIF\0");
  if (marker === APP2) return startsWith(content, "ICC_PROFILE\0");
  return marker === APP14 && startsWith(content, "Adobe");
}

function cleanedOf(kept: Uint8Array[], orientation: number, scans: number): Cleaned {
  const [start = new Uint8Array(), ...rest] = kept;
  const parts = orientation === UPRIGHT ? kept : [start, orientationSegment(orientation), ...rest];
  return { parts, orientation, frames: 1, scans };
}

const startsWith = (content: Buffer, text: string) => content.toString("latin1", 0, text.length) === text;
